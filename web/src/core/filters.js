// SPDX-License-Identifier: Apache-2.0
// The filters of a list: chips with counts, fields, and what is set with one way to clear it. Under
// 640 px the fields fold into a sheet.
import {html, useEffect, useState} from '../vendor.js';
import {num, t} from './lang.js';
import {amend, href, route} from './router.js';
import {Icon} from './ui.js';

// A text that goes into the URL when the reader stops typing.
const Text = ({filter: {key, label, min = 0, type = 'search', placeholder}, value = ''}) => {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    const ready = text !== value && (!text || text.length >= min);
    const timer = ready && setTimeout(() => amend({[key]: text || null, page: null, cursor: null, open: null}, {replace: Boolean(value)}), 350);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<label class="text"><span>${label}</span><input type=${type} name=${key} value=${text} placeholder=${placeholder} spellcheck=${false} autocomplete="off" onInput=${(event) => setText(event.target.value)} />
    ${text && text.length < min && html`<small>${t('min_length', {n: min})}</small>`}</label>`;
};

const Chips = ({filter, filters, base}) => {
  const {path, query} = route.get();
  const {key, options, multi, label, value: given} = filter;
  const chosen = (given ?? filters[key] ?? '').toString().split(',').filter(Boolean);
  return html`<div class="chips" role="group" aria-label=${label}>${options.filter(Boolean).map(({value, label: text, count, lower, set, level, on}) => {
    const pressed = on ?? chosen.includes(value);
    const next = multi ? (pressed ? chosen.filter((one) => one !== value) : [...chosen, value]).join(',') : pressed && !base?.[key] ? '' : value;
    const changes = set ?? {[key]: next || null};
    return html`<a class="chip ${level ?? ''}" href=${href(path, {...query, page: null, cursor: null, open: null, ...changes})} data-chip=${`${key}=${value}`} aria-current=${pressed ? 'true' : undefined}>${level && html`<i aria-hidden="true">${{crit: '◆', warn: '▲', idle: '○', well: '●'}[level]}</i>`}${text}${count != null && html` <b>${num(count)}${lower ? '+' : ''}</b>`}</a>`;
  })}</div>`;
};

const Select = ({filter: {key, label, options}, value = ''}) => html`<label><span>${label}</span><select name=${key} value=${value}
  onChange=${(event) => amend({[key]: event.target.value || null, page: null, cursor: null, open: null})}>
  <option value="">${t('any')}</option>${value && !options.some(([one]) => String(one) === value) && html`<option value=${value} selected>${value}</option>`}
  ${options.map(([one, text]) => html`<option value=${one} selected=${String(one) === value}>${text}</option>`)}</select></label>`;

export const Filters = ({def, filters, query, set, csv, total}) => {
  const [open, setOpen] = useState(false);
  const all = def.filters ?? [];
  const fields = all.filter(({type}) => type !== 'chips' && type !== 'hidden');
  return html`<div class="filters">
    ${all.filter(({type}) => type === 'chips').map((filter) => html`<${Chips} filter=${filter} filters=${{...def.base, ...query}} base=${def.base} />`)}
    <div class="fields ${open ? 'open' : ''}">
      ${fields.length > 0 && html`<button type="button" class="sheet" aria-expanded=${open} onClick=${() => setOpen(!open)}>${t('filters')}</button>`}
      ${fields.map((filter) => (filter.options ? html`<${Select} filter=${filter} value=${query[filter.key]} />` : html`<${Text} filter=${filter} value=${query[filter.key]} />`))}
      <span class="grow"></span>
      ${set > 0 && html`<a class="clear" data-clear href=${href(route.get().path)}>${t('clear_filters', {n: set})}</a>`}
      ${def.tools}
      ${csv && html`<a class="button" href=${csv} download data-csv title=${t('csv_of', {n: total ?? ''})}><${Icon} name="down" /> CSV</a>`}
    </div></div>`;
};
