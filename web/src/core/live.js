// SPDX-License-Identifier: Apache-2.0
// What happens now. A browser opens few connections to a host, so one tab reads the event stream for
// all of them: the one that holds a lock, always a tab that is seen. It hands events, and what it
// knows of the daemon, to the others by a channel. Read with fetch and not with EventSource, which
// hides the status of a refused request and names that it does not know.
import {useEffect, useRef} from '../vendor.js';
import {address, api, endSession, session} from './api.js';
import {atom} from './store.js';

// {link: 'live' | 'waiting' | 'away', since: ms, ready: true | false, reason}
export const live = atom({link: 'waiting', ready: true});
const listeners = new Set();
// Of this console: another one may be below another path of the same host.
const name = `iotcard.lead${new URL('.', document.baseURI).pathname}`;
const channel = 'BroadcastChannel' in self ? new BroadcastChannel(name) : null;
let last = '';  // the id of the last event that this tab has seen

// Calls on each event {id, type, time, data, …}, type without its prefix; 'gap' and 'resync' say that
// events were missed.
export const useEvents = (call) => {
  const own = useRef();
  own.current = call;
  useEffect(() => {
    const listener = (event) => own.current(event);
    listeners.add(listener);
    return () => { listeners.delete(listener); };
  }, []);
};

// Calls when an event of interest came, not sooner than after so many ms (pause answers them), and at once
// after events were missed.
export const useChanges = (fits, call, pause = () => 1500) => {
  const own = useRef({}).current;
  own.call = call;
  useEvents((event) => {
    if (event.type !== 'resync' && event.type !== 'gap' && !fits(event)) return;
    own.timer ??= setTimeout(() => { own.timer = null; own.call(); }, event.type === 'resync' ? 0 : pause());
  });
  useEffect(() => () => clearTimeout(own.timer), []);
};

const number = (id) => Number(id.split(':')[1]);
const take = (event) => {
  if (event.type === 'resync') dispatchEvent(new Event('resync'));
  if (event.id) {
    if (last && event.id.split(':')[0] === last.split(':')[0] && number(event.id) <= number(last)) return;
    last = event.id;
  }
  for (const listener of [...listeners]) listener(event);
};
const tell = (message) => { hear(message); channel?.postMessage(message); };
const hear = ({event, state}) => {
  if (event) take(event);
  if (state) {
    const before = live.get();
    const next = {...before, ...state};
    if (next.link !== before.link) next.since = Date.now();
    if (JSON.stringify(next) !== JSON.stringify(before)) live.set(next);
  }
};

// Parts a stream into its events.
const readEvents = async (body, each) => {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const event = {};
      for (const line of block.split('\n')) {
        const [, name, text] = line.match(/^(\w+): ?(.*)$/) ?? [];
        if (name) event[name] = event[name] === undefined ? text : `${event[name]}\n${text}`;
      }
      if (event.data) each(event);
    }
  }
};

const ready = async () => {
  try {
    await api('/readyz');
    tell({state: {ready: true, reason: null}});
  } catch (error) {
    if (error.status === 503) tell({state: {ready: false, reason: error.detail || error.message}});
    return error.status !== 0;
  }
  return true;
};

// Reads the stream until it ends; answers whether it was open.
const follow = async (signal) => {
  const response = await fetch(address('/event/stream'), {signal, credentials: 'same-origin', cache: 'no-store',
    headers: last ? {'Last-Event-ID': last} : {}});
  if (response.status === 401) endSession();
  if (!response.ok) return Number(response.headers.get('Retry-After')) || 10;
  const missed = live.get().link !== 'live' && live.get().since;
  tell({state: {link: 'live'}});
  if (missed) tell({event: {type: 'resync'}});
  await readEvents(response.body, ({id, event, data}) => {
    const content = JSON.parse(data);
    tell({event: event === 'gap' ? {type: 'gap', ...content} : {...content, id, type: event}});
  });
  return 0;
};

const lead = async (signal) => {
  let pause = 1;
  const poll = setInterval(ready, 15000);
  ready();
  try {
    while (!signal.aborted && session.get()) {
      let wait = pause;
      try {
        wait = await follow(signal) || pause;
      } catch { /* it broke off */ }
      if (signal.aborted) break;
      if (live.get().link === 'live') { pause = 1; wait = 1; }
      tell({state: {link: await ready() ? 'waiting' : 'away'}});
      pause = Math.min(pause * 2, 15);
      await new Promise((resolve) => { setTimeout(resolve, wait * 1000); signal.addEventListener('abort', resolve, {once: true}); });
    }
  } finally {
    clearInterval(poll);
  }
};

// On plain http a browser has no locks: then a lease in localStorage, renewed each two seconds.
const lease = (signal, run) => {
  const me = Math.random();
  let own;
  const hold = (until) => {
    try { localStorage.setItem(name, JSON.stringify({me, until})); } catch { /* alone */ }
  };
  const renew = () => {
    let held;
    try { held = JSON.parse(localStorage.getItem(name)); } catch { /* nobody */ }
    if (held && held.me !== me && held.until > Date.now()) {
      own?.abort();
      own = null;
      return;
    }
    hold(Date.now() + 6000);
    if (!own) run((own = new AbortController()).signal);
  };
  const timer = setInterval(renew, 2000);
  renew();
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    if (own) hold(0);
    own?.abort();
  });
};

let current;
const start = () => {
  current?.abort();
  current = null;
  if (document.hidden || !session.get()) return;
  current = new AbortController();
  const {signal} = current;
  if (navigator.locks) navigator.locks.request(name, {signal}, () => lead(signal)).catch(() => {});
  else lease(signal, lead);
};

export const startLive = () => {
  channel?.addEventListener('message', ({data}) => (data.ask ? channel.postMessage({state: live.get()}) : hear(data)));
  document.addEventListener('visibilitychange', () => {
    start();
    if (!document.hidden) take({type: 'resync'});
  });
  session.subscribe(start);
  start();
  channel?.postMessage({ask: true});
};
