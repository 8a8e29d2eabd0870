// SPDX-License-Identifier: Apache-2.0
// Sign in: a token for a session. It is shown in place of the screen, so the place stays.
import {html, useEffect, useRef, useState} from '../vendor.js';
import {sessionEnded, signIn} from '../core/api.js';
import {pieces, t} from '../core/lang.js';
import {Fault, Title} from '../core/ui.js';

export const SignIn = () => {
  const [shown, setShown] = useState(false);
  const [error, setError] = useState();
  const [busy, setBusy] = useState(false);
  const field = useRef();
  useEffect(() => field.current.focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError();
    try {
      await signIn(field.current.value.trim());
    } catch (fault) {
      setError(fault);
      setBusy(false);
      field.current.select();
    }
  };
  return html`<main id="main" class="sign-in" data-screen="sign-in"><${Title}>${t('sign_in.title')}<//>
    ${sessionEnded() && !error && html`<p role="status">▲ ${t('error.session_ended')}</p>`}
    <form onSubmit=${submit}>
      <div class="field"><label for="token">${t('sign_in.token')}</label>
        <div class="row"><input id="token" ref=${field} type=${shown ? 'text' : 'password'} required autocomplete="current-password" spellcheck=${false} aria-describedby="about" aria-invalid=${error ? 'true' : undefined} />
        <button type="button" aria-pressed=${shown} onClick=${() => setShown(!shown)}>${t(shown ? 'sign_in.hide' : 'sign_in.show')}</button></div>
        <small id="about">${pieces('sign_in.about', {key: html`<code>api.token_file</code>`, command: html`<code>iotcardctl token add NAME</code>`})}</small></div>
      ${error && html`<${Fault} error=${error} />`}
      <button type="submit" class="main" disabled=${busy}>${t('sign_in.go')}</button>
    </form></main>`;
};
