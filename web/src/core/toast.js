// SPDX-License-Identifier: Apache-2.0
// Short notices at the bottom, with an undo where there is one: the button, or the key u.
import {html, useEffect, useRef} from '../vendor.js';
import {t} from './lang.js';
import {useKeys} from './keys.js';
import {atom, useAtom} from './store.js';

const toasts = atom([]);
let next = 0;
const drop = (id) => toasts.set(toasts.get().filter((one) => one.id !== id));
export const toast = (text, {undo, level = 'well'} = {}) => {
  // An older undo would be taken for that of the newest change.
  const kept = level === 'crit' ? toasts.get().slice(-3) : [];
  toasts.set([...kept, {id: ++next, text, undo, level}]);
};
// An error as a notice; what is no error of the daemon is a bug and is thrown.
export const complain = (error) => {
  if (!error?.text) throw error;
  toast(error.text + (error.detail ? ` (${error.detail})` : ''), {level: 'crit'});
};

const Toast = ({toast: {id, text, undo, level}}) => {
  const timer = useRef();
  const start = () => { timer.current = setTimeout(() => drop(id), undo || level !== 'well' ? 12000 : 4000); };
  const stop = () => clearTimeout(timer.current);
  useEffect(() => { start(); return stop; }, []);
  return html`<div class="toast ${level}" data-toast=${level} onMouseEnter=${stop} onMouseLeave=${start} onFocusIn=${stop} onFocusOut=${start}>
    <span>${text}</span>${undo && html`<button type="button" data-act="undo" onClick=${() => runUndo(id)}>${t('undo')} <kbd>u</kbd></button>`}
    <button type="button" class="bare" aria-label=${t('close')} onClick=${() => drop(id)}>✕</button></div>`;
};
const runUndo = async (id) => {
  const {undo} = toasts.get().find((one) => one.id === id);
  drop(id);
  try { await undo(); } catch (error) { complain(error); }
};
export const Toasts = () => {
  const all = useAtom(toasts);
  useKeys({u: () => { const last = [...all].reverse().find(({undo}) => undo); if (last) runUndo(last.id); }});
  return html`<div class="toasts" role="status" aria-live="polite">${all.map((one) => html`<${Toast} key=${one.id} toast=${one} />`)}</div>`;
};
