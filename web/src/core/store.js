// SPDX-License-Identifier: Apache-2.0
// Values that several parts of the page show: an atom tells its subscribers when it changes.
import {useEffect, useState} from '../vendor.js';

export const atom = (value) => {
  const subscribers = new Set();
  return {
    get: () => value,
    set(next) {
      if (next === value) return;
      value = next;
      for (const tell of [...subscribers]) tell(value);
    },
    subscribe(tell) {
      subscribers.add(tell);
      return () => subscribers.delete(tell);
    },
  };
};

// The value of an atom; the component is drawn again when it changes.
export const useAtom = (source) => {
  const [, draw] = useState(0);
  useEffect(() => source.subscribe(() => draw((n) => n + 1)), [source]);
  return source.get();
};

// localStorage, which a browser may refuse.
export const remembered = (key, fallback) => {
  try { return localStorage.getItem(`iotcard.${key}`) ?? fallback; } catch { return fallback; }
};
export const remember = (key, value) => {
  try { localStorage.setItem(`iotcard.${key}`, value); } catch { /* it is forgotten */ }
};
