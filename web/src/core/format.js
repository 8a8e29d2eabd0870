// SPDX-License-Identifier: Apache-2.0
// Times, sizes and shares as text. Times of lists are ages; the moment with its zone is in the title.
import {now} from './api.js';
import {language, tag, t} from './lang.js';
import {atom, remember, remembered} from './store.js';

export const zone = atom(remembered('zone', 'local'));
export const chooseZone = (name) => { remember('zone', name); zone.set(name); };
// Every half minute, for ages.
export const tick = atom(0);
setInterval(() => { if (!document.hidden) tick.set(tick.get() + 1); }, 30000);

const two = (n) => String(n).padStart(2, '0');
const parts = (time, utc) => {
  const d = new Date(time);
  const of = (name) => d[`get${utc ? 'UTC' : ''}${name}`]();
  return [`${of('FullYear')}-${two(of('Month') + 1)}-${two(of('Date'))}`, `${two(of('Hours'))}:${two(of('Minutes'))}:${two(of('Seconds'))}`];
};
// The name of the zone at that time: UTC, or UTC+8.
export const offset = (time, utc) => {
  const minutes = utc ? 0 : -new Date(time).getTimezoneOffset();
  const size = Math.abs(minutes);
  return 'UTC' + (minutes ? (minutes < 0 ? '−' : '+') + Math.floor(size / 60) + (size % 60 ? `:${two(size % 60)}` : '') : '');
};
// A midnight of UTC is what a list or a carrier gives for a date.
export const day = (time) => (time ? parts(time, zone.get() === 'utc' || /T00:00:00(\.0+)?Z$/.test(time))[0] : '–');
export const clock = (time) => parts(time, zone.get() === 'utc')[1];
export const moment = (time, utc = zone.get() === 'utc') => (time ? `${parts(time, utc).join(' ')} ${offset(time, utc)}` : '–');

const units = [['second', 60], ['minute', 60], ['hour', 24], ['day', 365], ['year', 1e9]];
// A span of ms in its largest unit: 12 min.
export const span = (ms) => {
  let value = Math.abs(ms) / 1000;
  for (const [unit, size] of units) {
    if (value < size || unit === 'year') {
      return new Intl.NumberFormat(language.get(), {style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0}).format(Math.floor(value));
    }
    value /= size;
  }
};
export const age = (time) => {
  if (!time) return '–';
  const ms = now() - Date.parse(time);
  return ms < -60000 ? t('in_time', {span: span(ms)}) : ms < 5000 ? t('just_now') : span(ms);
};

export const bytes = (value) => {
  if (value == null) return '–';
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  while (value >= 1024 && power < 4) { value /= 1024; ++power; }
  return `${new Intl.NumberFormat(tag(), {maximumFractionDigits: value < 10 && power ? 1 : 0}).format(value)} ${names[power]}`;
};
export const percent = (share, digits = 0) => (Number.isFinite(share)
    ? new Intl.NumberFormat(tag(), {style: 'percent', maximumFractionDigits: digits}).format(share) : '–');

// Control and bidi characters of a text that a device made, as symbols that can be seen.
export const visible = (text) => text.replace(/[\0-\x08\x0b-\x1f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/\x7f/g, '␡')
    .replace(/[\x80-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/gu,
             (c) => `⟨${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
