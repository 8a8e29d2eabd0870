// SPDX-License-Identifier: Apache-2.0
// The small parts that every screen is made of.
import {html, useEffect, useRef, useState} from '../vendor.js';
import {age, bytes, day, moment, percent, span, tick, zone} from './format.js';
import {has, num, t, word} from './lang.js';
import {href} from './router.js';
import {useAtom} from './store.js';
import {mayWrite, now} from './api.js';
import {ask} from './dialog.js';
import {toast} from './toast.js';

const icons = {
  copy: 'M5 1h8v9h-2M3 5h8v10H3z', close: 'M3 3l10 10M13 3L3 13', search: 'M11 11l4 4M12 7A5 5 0 112 7a5 5 0 0110 0z',
  down: 'M8 1v9M4 7l4 4 4-4M2 15h12', check: 'M2 9l4 4 8-10', refresh: 'M14 3v4h-4M14 7a6 6 0 10-1 5',
  left: 'M10 2L4 8l6 6', right: 'M6 2l6 6-6 6', plus: 'M8 2v12M2 8h12', more: 'M3 8h.1M8 8h.1M13 8h.1',
};
export const Icon = ({name}) => html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${icons[name]} /></svg>`;

// Severity is a shape and a fill, not only a colour: level is crit, warn, well or idle.
const shapes = {crit: '◆', warn: '▲', well: '●', idle: '○', info: '●'};
export const Badge = ({level = 'idle', children, title}) => html`<span class="badge ${level}" title=${title}><i aria-hidden="true">${shapes[level]}</i>${children}</span>`;

// How bad a value is, by the kind of value.
const levels = {
  crit: 'terminated expired over_limit cloned not_found failing failed refused error',
  warn: `suspended near_limit expiring_soon network_blocked imei_mismatch moved device_has_other_card card_unknown
    wrong_platform card_in_use iccid_ambiguous blocked degraded warning unfinished rejected abnormal`,
  well: 'active well confirmed created ok online allowed accepted done valid recovered heard live',
};
export const levelOf = (value) => Object.keys(levels).find((level) => levels[level].split(/\s+/).includes(value)) ?? 'idle';
// The badge of a value of the API: kind is the area of its word (status, reason, outcome, suspect …).
export const Word = ({kind, value, level}) => (value == null ? '–'
    : html`<${Badge} level=${level ?? levelOf(value.replace(/^.*\./, ''))}>${word(kind, value.replace(/^(mismatch|binding|report)\./, ''))}<//>`);

// Text that a device or a person made, in its own direction.
export const Bdi = ({children}) => html`<bdi>${children ?? '–'}</bdi>`;
export const Device = ({product, device}) => (device == null ? '–'
    : html`<a class="device" title=${`${product}/${device}`} href=${href(['device', product, device])}><bdi>${product}/${device}</bdi></a>`);

// Copies text. On plain http there is no clipboard: a selected field and Ctrl+C.
export const copyText = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    toast(t('copied', {text}));
    return true;
  } catch {
    await ask({title: t('copy_by_hand'), fields: [{name: 'text', label: t('copy_keys'), value: text, readOnly: true}], cancel: false, ok: t('close')});
    return false;
  }
};
export const Copy = ({text}) => {
  const [done, setDone] = useState(false);
  useEffect(() => {
    const timer = done && setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return html`<button type="button" class="copy" title=${t('copy')} aria-label=${t('copy_what', {text})}
    onClick=${async (event) => { event.stopPropagation(); setDone(await copyText(text)); }}><${Icon} name=${done ? 'check' : 'copy'} /></button>`;
};

// An ICCID in fours. The gaps are margins, so what is copied is bare. With other, the digits that
// differ from it are underlined. Links to its card, unless plain.
export const Iccid = ({value, other, plain, copy = true}) => {
  if (!value) return '–';
  const groups = value.match(/.{1,4}/g);
  const marked = (group, at) => (!other ? group
      : [...group].map((digit, i) => (digit === other[at * 4 + i] ? digit : html`<u>${digit}</u>`)));
  const text = groups.map((group, at) => html`<span>${marked(group, at)}</span>`);
  return html`<span class="iccid" translate=${false} title=${value} data-iccid=${value}>${plain ? text
      : html`<a href=${href(['card', value])}>${text}</a>`}${copy && html`<${Copy} text=${value} />`}</span>`;
};
// A number of a phone or a SIM that can be copied.
export const Digits = ({value}) => (value == null ? '–' : html`<span class="digits" translate=${false}><bdi>${value}</bdi><${Copy} text=${value} /></span>`);

export const Age = ({time, live}) => {
  useAtom(tick);
  useAtom(zone);
  return html`<time datetime=${time} title=${time && `${moment(time, false)}\n${moment(time, true)}`}>${live ?? age(time)}</time>`;
};
export const Moment = ({time}) => {
  useAtom(zone);
  return html`<time datetime=${time} title=${time && `${moment(time, true)} · ${age(time)}`}>${moment(time)}</time>`;
};
// A date with the time that is left.
export const Day = ({time}) => {
  useAtom(zone);
  const left = time && Date.parse(time) - now();
  return !time ? '–' : html`<time datetime=${time} title=${moment(time)}>${day(time)} <small>${left < 0 ? t('over_since', {span: span(left)}) : t('left', {span: span(left)})}</small></time>`;
};

// A share of a limit: the bar ends at 100 %, the number goes on.
export const Bar = ({share, level}) => {
  const width = Math.max(0, Math.min(100, share * 100 || 0));
  return html`<svg class="bar ${level ?? (share >= 1 ? 'crit' : share >= 0.9 ? 'warn' : 'well')}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="8" /><rect width=${width} height="8" /></svg>`;
};
export const Usage = ({used, limit}) => (used == null ? '–' : !limit ? bytes(used)
    : html`<span class="usage" title=${t('used_of', {used: bytes(used), limit: bytes(limit)})}><${Bar} share=${used / limit} /> ${percent(used / limit)}</span>`);

// Numbers over time as a line of bars; null is a gap. label says it in words.
export const Spark = ({values, label, height = 40}) => {
  const top = Math.max(1, ...values.filter((value) => value != null));
  return html`<svg class="spark" viewBox="0 0 ${values.length} ${height}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${values.map((value, at) => value != null && html`<rect x=${at + 0.1} width="0.8" y=${height - Math.max(1, value / top * height)} height=${Math.max(1, value / top * height)} />`)}
  </svg>`;
};
// Steps: points [{at, value}] in ms, from, until; limit as a dashed line, marked periods as bands.
export const Steps = ({points, from, until, limit, bands = [], label, format = bytes}) => {
  const width = 600, height = 120;
  const top = Math.max(limit || 0, ...points.map(({value}) => value), 1) * 1.1;
  const x = (at) => ((at - from) / (until - from) * width).toFixed(1);
  const y = (value) => (height - value / top * height).toFixed(1);
  const line = points.map(({at, value}, i) => (i ? `H${x(at)}V${y(value)}` : `M${x(at)} ${y(value)}`)).join('') + (points.length ? `H${width}` : '');
  return html`<figure class="steps"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${bands.map(([begin, end]) => html`<rect class="band" x=${x(Math.max(begin, from))} width=${Math.max(0, x(Math.min(end, until)) - x(Math.max(begin, from)))} height=${height} />`)}
    <path d=${line} />
    ${limit && html`<path class="limit" d=${`M0 ${y(limit)}H${width}`} />`}
  </svg><figcaption><span>${day(from)}</span>${limit && html`<span>${t('limit')} ${format(limit)}</span>`}<span>${day(until)}</span></figcaption></figure>`;
};

// A description list: rows [label, content]; empty ones are left out.
export const Facts = ({rows}) => html`<dl class="facts">${rows.map((row) => row && (row[1] || row[1] === 0)
    && html`<div><dt>${row[0]}</dt><dd>${row[1]}</dd></div>`)}</dl>`;
export const Panel = ({title, children, aside}) => html`<section class="panel">${title && html`<header><h2>${title}</h2>${aside}</header>`}${children}</section>`;

// A button that changes something: disabled with the reason for a read token, or where why says one.
export const Act = ({onClick, children, why, kind = '', name}) => {
  const no = mayWrite() ? why : t('read_only');
  return html`<button type="button" class=${kind} data-act=${name} aria-disabled=${no ? 'true' : undefined} title=${no || undefined}
    onClick=${(event) => (no ? toast(no, {level: 'warn'}) : onClick(event))}>${children}</button>`;
};

export const Fault = ({error, retry}) => {
  const [left, setLeft] = useState(error.retryAfter);
  useEffect(() => {
    setLeft(error.retryAfter);
    const timer = error.retryAfter && setInterval(() => setLeft((n) => Math.max(0, n - 1)), 1000);
    return () => clearInterval(timer);
  }, [error]);
  return html`<div class="fault" role="alert"><b>▲ ${error.text}</b>${error.detail && html` <small lang="en">${error.detail}</small>`}
    ${left > 0 && html` <span>${t('retry_in', {n: left})}</span>`} ${retry && html`<button type="button" onClick=${retry}>${t('retry')}</button>`}</div>`;
};
// What a useApi() has: its error, a thin bar while nothing is there, else the content.
export const Loaded = ({from, children}) => html`${from.error && html`<${Fault} error=${from.error} retry=${from.reload} />`}
  ${from.answer ? html`<div class=${from.loading ? 'dim' : ''}>${children(from.answer.data ?? from.answer)}</div>` : from.loading && html`<div class="wait" role="status" aria-label=${t('loading')}></div>`}`;
export const Empty = ({children}) => html`<p class="empty">${children}</p>`;

// The title of a screen, also of the window; the heading takes the focus when the place changes.
export const Title = ({children, text, actions}) => {
  const own = useRef();
  useEffect(() => { document.title = `${text ?? children} · iotcardd`; }, [text ?? children]);
  return html`<div class="title"><h1 ref=${own} tabindex="-1">${children}</h1>${actions && html`<div class="acts">${actions}</div>`}</div>`;
};
export {has, num};
