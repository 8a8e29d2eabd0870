// SPDX-License-Identifier: Apache-2.0
// The language: words from a table, and numbers and plurals by the browser. A table is made of areas
// (lang/en/AREA.js); t('AREA.KEY') looks there, t('KEY') in the area core. A text may be an object of
// plural forms, chosen by the parameter n.
import {atom, remember, remembered} from './store.js';

const tables = {en: () => import('../lang/en.js'), zh: () => import('../lang/zh.js')};
const tags = {en: 'en-GB', zh: 'zh-CN'};
let words = {};
let plural, number, compact;

export const language = atom('');
export const tag = () => tags[language.get()];

export const chooseLanguage = async (name) => {
  if (!tables[name]) {
    const wanted = remembered('language', '');
    name = tables[wanted] ? wanted
        : (navigator.languages ?? []).map((one) => one.slice(0, 2)).find((one) => tables[one]) ?? 'en';
  } else {
    remember('language', name);
  }
  words = (await tables[name]()).default;
  plural = new Intl.PluralRules(tags[name]);
  number = new Intl.NumberFormat(tags[name], {maximumFractionDigits: 2});
  compact = new Intl.NumberFormat(tags[name], {notation: 'compact', maximumFractionDigits: 1});
  document.documentElement.lang = tags[name];
  language.set(name);
};

const lookup = (key) => {
  const dot = key.indexOf('.');
  return words.core[key] ?? words[key.slice(0, dot)]?.[key.slice(dot + 1)];
};

export const has = (key) => lookup(key) !== undefined;

export const t = (key, params = {}) => {
  let text = lookup(key);
  if (text === undefined) return key;
  if (typeof text === 'object') text = text[plural.select(Number(params.n))] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (all, name) => {
    const value = params[name];
    return value === undefined ? all : typeof value === 'number' ? number.format(value) : value;
  });
};

// The text in pieces, with elements in place of its parameters.
export const pieces = (key, elements) => t(key).split(/\{(\w+)\}/).map((text, i) => (i % 2 ? elements[text] : text));

// The word for a value of the API, such as status.active; one without a word is shown as it is.
export const word = (kind, value) => (has(`${kind}.${value}`) ? t(`${kind}.${value}`) : String(value));

export const num = (value) => (value == null ? '–' : number.format(value));
export const few = (value) => (value < 10000 ? num(value) : compact.format(value));
export const count = (value, isLowerBound) => num(value) + (isLowerBound ? '+' : '');
