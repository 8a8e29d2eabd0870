// SPDX-License-Identifier: Apache-2.0
// The place in the console: #/path?query. All that a list shows (filters, order, page, open row) is in
// it, so a reload, a bookmark and Back show the same. Positions of the scroll are kept by history entry.
import {atom} from './store.js';

const read = () => {
  const [path, query = ''] = decodeHash().split(/\?(.*)/s);
  return {path, parts: path.split('/').filter(Boolean).map(decode), query: Object.fromEntries(new URLSearchParams(query))};
};
// location.hash, but as it was written.
const decodeHash = () => location.href.split('#')[1] || '/';
const decode = (part) => {
  try { return decodeURIComponent(part); } catch { return part; }
};

export const route = atom(read());

// A link to a place; empty values of the query are left out. Parts of a path come as an array.
export const href = (path, query = {}) => {
  if (Array.isArray(path)) path = '/' + path.map(encodeURIComponent).join('/');
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value != null && value !== '')).toString();
  return `#${path}${text && '?' + text}`;
};

// Goes to a place. With replace the present entry of the history becomes it.
export const go = (path, query, {replace} = {}) => {
  const to = href(path, query);
  if (to === `#${decodeHash()}`) return;
  keepScroll();
  history[replace ? 'replaceState' : 'pushState']({key: replace ? key() : Date.now()}, '', to);
  route.set(read());
};
// Changes the query of the present place: a value of null leaves it out.
export const amend = (changes, options) => {
  const {path, query} = route.get();
  go(path, {...query, ...changes}, options);
};

const key = () => history.state?.key ?? 0;
// The entry that Back has reached and whose content is not there yet: its scroll is not the reader's.
let awaited = null;
const keepScroll = () => {
  if (awaited === key()) return;
  try { sessionStorage.setItem(`scroll.${key()}`, String(Math.round(scrollY))); } catch { /* no memory */ }
};
// Called by a screen when its content is there: where the reader was, or the top of a new place.
let restored = null;
export const restoreScroll = () => {
  awaited = null;
  if (restored === key()) return;
  restored = key();
  let y = 0;
  try { y = Number(sessionStorage.getItem(`scroll.${key()}`)); } catch { /* no memory */ }
  scrollTo(0, y);
};

export const startRouter = () => {
  history.scrollRestoration = 'manual';
  if (!history.state?.key) history.replaceState({key: Date.now()}, '');
  addEventListener('popstate', () => {
    restored = null;
    awaited = history.state?.key ?? null;
    if (!history.state?.key) history.replaceState({key: Date.now()}, '');
    route.set(read());
  });
  let timer;
  addEventListener('scroll', () => {
    clearTimeout(timer);
    timer = setTimeout(keepScroll, 100);
  }, {passive: true});
};
