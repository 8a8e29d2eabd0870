// SPDX-License-Identifier: Apache-2.0
// Single keys. A component says which keys it handles while it is shown: useKeys({j: down, 'g m': …}).
// They are off in fields, in dialogs, and together with Ctrl, Alt or Meta.
import {useEffect, useRef} from '../vendor.js';

const handlers = [];
let first = '', timer;

export const useKeys = (map) => {
  const own = useRef();
  own.current = map;
  useEffect(() => {
    handlers.unshift(own);
    return () => { handlers.splice(handlers.indexOf(own), 1); };
  }, []);
};

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector('dialog[open]')) return;
  if (event.target.closest('input:not([type=checkbox]),textarea,select,[contenteditable]')) return;
  if (event.key === 'Enter' && event.target.closest('a,button,summary')) return;
  const key = first + event.key;
  first = '';
  clearTimeout(timer);
  const owner = handlers.find(({current}) => current[key]);
  if (owner) {
    event.preventDefault();
    owner.current[key](event);
  } else if (handlers.some(({current}) => Object.keys(current).some((one) => one.startsWith(`${event.key} `)))) {
    first = `${event.key} `;
    timer = setTimeout(() => { first = ''; }, 1500);
  }
});
