// SPDX-License-Identifier: Apache-2.0
// Requests to the daemon, relative to the page, so any path of a proxy works. A failure is an ApiError;
// 401 ends the session, which shows Sign in at the same place.
import {useEffect, useRef, useState} from '../vendor.js';
import {has, language, t} from './lang.js';
import {atom} from './store.js';

export const session = atom(undefined);  // undefined: not asked yet; null: signed out
export const mayWrite = () => session.get()?.scope === 'write';
// How far the daemon's clock is ahead of the browser's, in ms.
let ahead = 0;
export const now = () => Date.now() + ahead;

// The keys that stand for a status, for an error whose key the table does not know.
const general = {401: 'unauthorized', 403: 'forbidden', 404: 'not_found', 409: 'conflict', 412: 'changed_meanwhile', 413: 'too_large', 429: 'too_many_attempts', 503: 'store_unavailable'};

// Keys that say less than the daemon's sentence; so does an error without a key.
const vague = /^(undefined|invalid_|conflict|forbidden|internal|not_found|store_|too_large|platform_una|broker_|unknown_p)/;

export class ApiError extends Error {
  constructor(status, {msg, error} = {}, retryAfter = 0) {
    super(msg || `HTTP ${status}`);
    Object.assign(this, {status, key: error?.key, params: error?.params ?? {}, retryAfter});
  }
  // In the reader's language, if the table knows the key; else the daemon's own sentence.
  get text() {
    if (this.key && has(`error.${this.key}`)) return t(`error.${this.key}`, this.params);
    if (!this.status) return t('error.away');
    return language.get() === 'en' ? this.message : t(`error.${general[this.status] ?? (this.status < 500 ? 'invalid_request' : 'internal')}`);
  }
  // The daemon's sentence, where text says less.
  get detail() { return this.status && this.text !== this.message && vague.test(this.key) ? this.message : ''; }
}

export const address = (path, query = {}) => {
  // A browser takes these for folders, and would ask for something else.
  if (path.split('/').some((part) => part === '.' || part === '..')) throw new ApiError(400, {msg: 'a part of the path is . or ..', error: {key: 'not_found'}});
  const url = new URL(path.slice(1), document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value != null && value !== '') url.searchParams.set(name, value);
  }
  url.hash = '';
  return url.href;
};

// Answers the envelope. A body that is no Blob is sent as JSON.
export const api = async (path, {method = 'GET', query, body, headers = {}, signal} = {}) => {
  const raw = body instanceof Blob || typeof body === 'string';
  let response;
  try {
    response = await fetch(address(path, query), {
      method, signal, credentials: 'same-origin', cache: 'no-cache',
      headers: {...(body !== undefined && !raw && {'Content-Type': 'application/json'}), ...headers},
      body: body === undefined || raw ? body : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0);
  }
  const date = Date.parse(response.headers.get('Date'));
  if (date) ahead = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
  // A request that was given up has no answer; an empty one would be kept as if it had.
  const answer = await response.json().catch((error) => {
    if (error.name === 'AbortError') throw error;
    return {};
  });
  if (response.ok) return answer;
  if (response.status === 401 && path !== '/session') endSession();
  throw new ApiError(response.status, answer, Number(response.headers.get('Retry-After')) || 0);
};
export const post = (path, body, query) => api(path, {method: 'POST', body, query});

// What a GET answers, for a component: {answer, error, loading, reload}. The last answer stays while the
// next one is on its way. Without a path nothing is asked. A 503 that says when is asked again then, and each
// error once the daemon is back. refresh() asks again without giving up what is on its way; took(): ms of the last.
const answers = new Map();  // the last few, so that Back shows rows at once
export const useApi = (path, query) => {
  let url, refused;
  try { url = path && address(path, query); } catch (error) { refused = error; }
  const [, draw] = useState(0);
  const own = useRef({}).current;
  const load = async () => {
    own.stop?.abort();
    clearTimeout(own.timer);
    own.again = false;
    if (!url) return;
    const stop = own.stop = new AbortController();
    const begun = performance.now();
    own.loading = true;
    try {
      own.answer = await api(path, {query, signal: stop.signal});
      own.error = null;
      own.at = now();
      answers.delete(url);
      answers.set(url, own.answer);
      if (answers.size > 12) answers.delete(answers.keys().next().value);
    } catch (error) {
      if (error.name === 'AbortError') return;
      own.error = error;
      if (error.retryAfter) own.timer = setTimeout(load, error.retryAfter * 1000);
    }
    own.loading = false;
    own.took = performance.now() - begun;
    draw((n) => n + 1);
    if (own.again) load();
  };
  if (own.url !== url) {
    if (own.path !== path) own.answer = undefined;
    Object.assign(own, {url, path, error: null, loading: Boolean(url), answer: answers.get(url) ?? own.answer});
  }
  own.load = load;
  useEffect(() => { load(); }, [url]);
  useEffect(() => {
    const again = () => own.error && own.load();
    addEventListener('resync', again);
    return () => { removeEventListener('resync', again); own.stop?.abort(); clearTimeout(own.timer); };
  }, []);
  return {answer: own.answer, error: refused ?? own.error, loading: own.loading, at: own.at, reload: () => own.load(),
    refresh: () => { if (own.loading) own.again = true; else own.load(); }, took: () => own.took ?? 0};
};

let ended = false;
export const sessionEnded = () => ended;
export const endSession = () => {
  ended ||= Boolean(session.get());
  session.set(null);
};
// Whoever signs in in one tab is signed in in all of them.
const signed = 'iotcard.signed';
addEventListener('storage', ({key}) => { if (key === signed && !session.get()) loadSession().catch(() => {}); });

export const loadSession = async () => {
  try {
    session.set((await api('/session')).data);
  } catch (error) {
    if (error.status === 401) session.set(null);
    else throw error;
  }
};
export const signIn = async (token) => {
  session.set((await post('/session', {token})).data);
  ended = false;
  try { localStorage.setItem(signed, String(Date.now())); } catch { /* alone */ }
};
export const signOut = async () => {
  await api('/session', {method: 'DELETE'});
  answers.clear();
  session.set(null);
};
