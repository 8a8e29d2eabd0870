// SPDX-License-Identifier: Apache-2.0
// What several screens of cards, devices and reports share.
import {html} from '../vendor.js';
import {api, post, useApi} from '../core/api.js';
import {act, ask} from '../core/dialog.js';
import {bytes} from '../core/format.js';
import {has, num, t, word} from '../core/lang.js';
import {href} from '../core/router.js';
import {Age, Bdi, Device, Empty, Iccid, Moment, Word} from '../core/ui.js';

export const field = (name) => word('field', name);
export const by = (name) => (has(`by.${name}`) ? t(`by.${name}`) : t('by', {name}));
// A value of a field that came as text.
export const value = (name, text) => (text == null ? '–' : /_bytes$/.test(name) ? bytes(Number(text)) : /_at$|^period/.test(name) ? html`<${Moment} time=${text} />`
    : html`<${Bdi}>${word(name, text)}<//>`);

// Rows that are all there; columns as of a list: {label, cell, num}.
export const Table = ({label, columns, rows, empty}) => (!rows?.length ? html`<${Empty}>${empty}<//>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table class="plain"><thead><tr>${columns.map(({label: text, num: right}) => html`<th scope="col" class=${right ? 'num' : ''}>${text}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${columns.map(({cell, num: right}) => html`<td class=${right ? 'num' : ''}>${cell(row)}</td>`)}</tr>`)}</tbody></table></div>`);

// Counts for the present filters; those of a field that is filtered itself are as if it were not.
export const useFacets = (path, filters, names) => {
  const set = names.filter((name) => filters[name] !== undefined || filters[`${name}Not`] !== undefined);
  const free = names.filter((name) => !set.includes(name));
  const all = [useApi(free.length > 0 && path, {...filters, facets: free.join()}), ...names.map((name) => {
    const {[name]: one, [`${name}Not`]: other, ...rest} = filters;
    return useApi(set.includes(name) && path, {...rest, facets: name});
  })];
  const of = Object.assign({}, ...all.map(({answer}) => answer?.data?.facets));
  return {of: (name) => (of[name] ?? []).filter(({value}) => value !== null), reload: () => all.forEach(({reload}) => reload())};
};
// Options of a filter, with counts; with not also everything else than a value. chosen is always one of them.
export const options = (facet, text = String, not, chosen = '') => [
  ...(not && chosen[0] === '!' && !facet.some(({value}) => `!${value}` === chosen) ? [[chosen, t('cards.not', {value: text(chosen.slice(1))})]] : []),
  ...facet.map(({value, count, isLowerBound}) => [value, `${text(value)} (${num(count)}${isLowerBound ? '+' : ''})`]),
  ...(not ? facet.map(({value}) => [`!${value}`, t('cards.not', {value: text(value)})]) : [])];
// status=!active of the place is statusNot=active of the API.
export const negate = (names) => (filters) => Object.fromEntries(Object.entries(filters).map(([name, value]) => (
  names.includes(name) && String(value)[0] === '!' ? [`${name}Not`, value.slice(1)] : [name, value])));

export const usePlatforms = () => {
  const names = Object.fromEntries((useApi('/platform/list').answer?.rows ?? []).map(({id, name}) => [id, name]));
  return (id) => (names[id] ? `${id} ${names[id]}` : String(id));
};

// What cannot be done, the first ones with their reason.
const Failed = ({failed}) => failed.length > 0 && html`<p>▲ ${t('cannot', {n: failed.length})}</p>
  <ul class="short">${failed.slice(0, 5).map(({iccid, reason}) => html`<li><bdi>${iccid}</bdi> <small lang="en">${reason}</small></li>`)}
  ${failed.length > 5 && html`<li>${t('cards.and_more', {n: failed.length - 5})}</li>`}</ul>`;

export const settable = ['plan', 'operator', 'platform', 'status', 'note', 'limit_bytes', 'expires_at', 'alert_percent',
  'msisdn', 'imsi', 'imei', 'access_number', 'network', 'usage_scope', 'opened_at', 'activated_at'];
export const statuses = ['unknown', 'inventory', 'testing', 'ready', 'active', 'suspended', 'terminated', 'not_found'];

// Changes many cards: asks what, shows the exact effect of it, and does it. what is a list's selection:
// {ids, n}, or {filter, expected, n}.
export const batch = (action) => async (what, done) => {
  let change = {};
  if (action === 'set') {
    const chosen = await ask({title: t('cards.many.set', {n: what.n}), ok: t('cards.go_on'), fields: [
      {name: 'field', label: t('cards.field'), value: 'plan', options: settable.map((name) => [name, field(name)])},
      {name: 'value', label: t('cards.value'), hint: t('cards.value_hint')}]});
    if (!chosen) return;
    change = {[chosen.field]: chosen.value || null};
  }
  if (action === 'remove') change = {force: true};
  let iccids = what.ids;
  const send = (more) => post('/card/batch', {action, ...change, ...more, ...(iccids && {iccids})}, iccids ? undefined : what.filter);
  // The cards that are shown are those that are changed, as far as one request takes them.
  const preview = async () => {
    for (let cursor = ''; !what.ids && what.expected <= 1000 && cursor != null;) {
      const {rows, nextCursor} = await api('/card/list', {query: {...what.filter, pageSize: 500, cursor}});
      iccids = [...(cursor ? iccids : []), ...rows.map(({iccid}) => iccid)].slice(0, 1000);
      cursor = nextCursor;
    }
    return send({dryRun: true});
  };
  const asks = action !== 'set' && action !== 'remove';
  await act({
    ask: {
      title: t(`cards.many.${action}`, {n: what.n}), danger: action === 'remove' || action === 'suspend', ok: t(`cards.${action}`),
      preview,
      body: ({data}) => html`<p><b>${t(`cards.would.${action}`, {n: data.done,
        what: Object.entries(change).map(([name, text]) => `${field(name)} ${text ?? '–'}`).join()})}</b></p><${Failed} failed=${data.failed} />`,
      ready: ({data}) => data.done > 0,
      confirm: ({data}) => (data.done > 10 || action === 'remove' ? data.done : 0),
    },
    run: ({result}) => send(iccids ? {} : {expected: result.data.matching}),
    said: ({data}) => t(`cards.done.${asks ? 'ask' : action}`, {n: data.done}) + (data.failed.length ? ` · ${t('cards.failed', {n: data.failed.length})}` : ''),
    level: ({data}) => (data.failed.length ? 'warn' : 'well'),
    then: done,
  });
};
export const batches = ['set', 'refresh', 'suspend', 'resume', 'remove'];

// Who had which card, and what contradicts it. of leaves out the column that is the same in all rows.
export const Bindings = ({rows, of}) => html`<${Table} label=${t('cards.who')} rows=${rows} empty=${t('cards.no_device')} columns=${[
  of === 'card' ? {label: field('device'), cell: (row) => html`<${Device} ...${row} />`} : {label: 'ICCID', cell: ({iccid}) => html`<${Iccid} value=${iccid} />`},
  {label: t('cards.from'), cell: ({since, created_by}) => html`<${Moment} time=${since} /> <small><bdi>${by(created_by)}</bdi></small>`},
  {label: t('cards.until'), cell: ({until, ended_by}) => (until ? html`<${Moment} time=${until} /> <small><bdi>${ended_by && by(ended_by)}</bdi></small>` : html`<b>${t('cards.open')}</b>`)},
  {label: t('cards.match'), cell: ({match}) => word('match', match)},
  {label: field('last_seen'), cell: ({last_seen}) => html`<${Age} time=${last_seen} />`},
]} />`;
export const Contradictions = ({rows}) => html`<${Table} label=${t('nav.mismatches')} rows=${rows} empty=${t('cards.no_mismatch')} columns=${[
  {label: t('cards.kind'), cell: ({id, outcome, suspect, product, device}) => html`<a href=${href('/mismatches', {product, device, open: id})}><${Word} kind=${suspect ? 'suspect' : 'outcome'} value=${suspect ?? outcome} /></a>`},
  {label: field('device'), cell: (row) => html`<${Device} ...${row} />`},
  {label: field('reported_iccid'), cell: ({reported, reported_text, bound_iccid}) => (reported ? html`<${Iccid} value=${reported} other=${bound_iccid} />` : html`<bdi>${reported_text ?? '–'}</bdi>`)},
  {label: field('status'), cell: ({state}) => word('state', state)},
  {label: field('reports'), num: true, cell: ({count}) => num(count)},
  {label: field('last_seen'), cell: ({last_seen}) => html`<${Age} time=${last_seen} />`},
]} />`;
