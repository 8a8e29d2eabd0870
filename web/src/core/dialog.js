// SPDX-License-Identifier: Apache-2.0
// Questions. ask() shows one and answers its fields, or null if it was cancelled. act() is the way of
// every change: a preview of the exact effect where there is one, a reason, the change, a notice.
import {html, useEffect, useLayoutEffect, useRef, useState} from '../vendor.js';
import {num, t} from './lang.js';
import {atom, useAtom} from './store.js';
import {complain, toast} from './toast.js';
import {Fault} from './ui.js';

const current = atom(null);

// {title, body, preview, fields, ok, cancel, danger, confirm}
//   body      what is drawn above the fields
//   preview   async () => result: asked first; body then is a function of the result, which may answer
//             null in ok to say that there is nothing to do
//   fields    [{name, label, value, type, options, hint, placeholder, required, readOnly, rows}]
//   confirm   a number that must be typed
//   ready     (result) => whether OK is possible
//   submit    async (values) => done: run at OK; the dialog stays with what was typed if it fails, and
//             answers {done} if not
export const ask = (question) => new Promise((answer) => current.set({...question, answer}));

const Field = ({field, value, set}) => {
  const {name, label, type = 'text', options, hint, rows, required, readOnly, placeholder} = field;
  const common = {id: `f-${name}`, name, required, readOnly, placeholder, value, onInput: (event) => set(type === 'checkbox' ? event.target.checked : event.target.value),
    'aria-describedby': hint && `h-${name}`};
  return html`<div class="field ${type}"><label for=${common.id}>${label}</label>
    ${options ? html`<select ...${common}>${options.map(([key, text]) => html`<option value=${key} selected=${key === value}>${text}</option>`)}</select>`
      : rows ? html`<textarea ...${common} rows=${rows}></textarea>`
      : html`<input ...${common} type=${type} checked=${value === true} ref=${(e) => { if (e && readOnly && !e.done) { e.done = true; setTimeout(() => e.select()); } }} autocomplete="off" spellcheck=${false} />`}
    ${hint && html`<small id=${common['aria-describedby']}>${hint}</small>`}</div>`;
};

const Question = ({question}) => {
  const {title, body, preview, fields = [], ok, cancel = true, danger, confirm, ready, submit, answer} = question;
  const own = useRef();
  const [values, setValues] = useState(() => Object.fromEntries(fields.map(({name, value = ''}) => [name, value])));
  const [result, setResult] = useState();
  const [error, setError] = useState();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState();
  useLayoutEffect(() => {
    const opener = document.activeElement;
    own.current.showModal();
    const dialog = own.current;
    // Focus goes back to what opened the dialog, or, if that is gone, to the heading.
    return () => {
      dialog.close();
      (opener?.isConnected ? opener : document.querySelector('h1'))?.focus({preventScroll: true});
    };
  }, []);
  const look = () => { setError(); preview?.().then(setResult, setError); };
  useEffect(look, []);
  const close = (value) => { current.set(null); answer(value); };
  const go = async () => {
    if (!submit) return close({...values, result});
    setBusy(true);
    setRefused();
    try {
      close({done: await submit({...values, result})});
    } catch (fault) {
      setBusy(false);
      setRefused(fault);
    }
  };
  const number = typeof confirm === 'function' ? result && confirm(result) : confirm;
  const can = (!preview || (result && (!ready || ready(result)))) && (!number || Number(typed) === number);
  return html`<dialog ref=${own} aria-labelledby="ask" onCancel=${(event) => { event.preventDefault(); close(null); }}>
    <form onSubmit=${(event) => { event.preventDefault(); if (can && !busy) go(); }}>
      <h2 id="ask">${typeof title === 'function' ? title(result) : title}</h2>
      <div class="body">${error ? html`<${Fault} error=${error} retry=${look} />`
        : preview && !result ? html`<div class="wait" role="status" aria-label=${t('loading')}></div>`
        : typeof body === 'function' ? body(result, values) : body}</div>
      ${fields.map((field) => html`<${Field} field=${field} value=${values[field.name]} set=${(value) => setValues((all) => ({...all, [field.name]: value}))} />`)}
      ${number > 0 && html`<${Field} field=${{name: 'confirm', label: t('type_number', {n: number}), placeholder: String(number)}} value=${typed} set=${setTyped} />`}
      ${refused && html`<${Fault} error=${refused} />`}
      <footer>${cancel && html`<button type="button" onClick=${() => close(null)}>${t('cancel')}</button>`}
        <button type="submit" class=${danger ? 'danger' : 'main'} disabled=${!can || busy}>${ok ?? t('ok')}</button></footer>
    </form></dialog>`;
};
export const Dialogs = () => {
  const question = useAtom(current);
  return question && html`<${Question} key=${question.title} question=${question} />`;
};

// {ask: question or null, run: async (values) => answer, said: (answer) => text, undo: (answer) => …,
// canUndo: (answer) => boolean, undone: text in place of "Undone.", then}
export const act = async ({ask: question, run, said, undo, canUndo, undone, then, level}) => {
  try {
    const asked = question ? await ask({...question, submit: run}) : {done: await run({})};
    if (!asked) return null;
    const answer = asked.done;
    const text = said?.(answer);
    if (text) toast(text, {level: level?.(answer), undo: undo && (canUndo?.(answer) ?? true) && (async () => { await undo(answer); toast(undone ?? t('undone')); then?.(); })});
    then?.(answer);
    return answer;
  } catch (error) {
    complain(error);
    return null;
  }
};
export {num};
