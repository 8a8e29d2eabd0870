// SPDX-License-Identifier: Apache-2.0
// The cards: quick filters with counts, filters, columns of one's choice, changes of many, a pasted list.
import {html} from '../vendor.js';
import {post, session, useApi} from '../core/api.js';
import {ask} from '../core/dialog.js';
import {num, t, word} from '../core/lang.js';
import {List, listQuery} from '../core/list.js';
import {go, href, route} from '../core/router.js';
import {atom, remember, remembered, useAtom} from '../core/store.js';
import {complain} from '../core/toast.js';
import {Act, Age, Bdi, Day, Device, Digits, Iccid, Title, Usage, Word} from '../core/ui.js';
import {addCard} from './card.js';
import {batch, batches, field, negate, options, useFacets, usePlatforms} from './parts.js';

const text = (name) => ({cell: (row) => html`<${Bdi}>${row[name]}<//>`});
const age = (name) => ({cell: (row) => html`<${Age} time=${row[name]} />`});
const digits = (name) => ({cell: (row) => html`<${Digits} value=${row[name]} />`});
const cells = {
  status: {order: 'status', m: 'a', cell: ({status, abnormal}) => html`<${Word} kind="status" value=${status} />${
    abnormal.filter((reason) => reason !== status).map((reason) => html` <${Word} kind="reason" value=${reason} />`)}`},
  device: {m: 'b', cell: (row) => html`<${Device} ...${row} />`},
  plan: {p: 2, ...text('plan')},
  used_bytes: {order: 'used_share', m: 'd', num: true, cell: (row) => html`<${Usage} used=${row.used_bytes} limit=${row.usage_scope === 'card' && row.limit_bytes} />`},
  expires_at: {order: 'expires_at', p: 1, cell: (row) => html`<${Day} time=${row.expires_at} />`},
  platform: {order: 'platform', p: 3, cell: ({platform}) => platform ?? '–'},
  operator: {order: 'operator', p: 3, ...text('operator')},
  refreshed_at: age('refreshed_at'), updated_at: age('updated_at'), bound_since: age('bound_since'), activated_at: age('activated_at'),
  msisdn: digits('msisdn'), imsi: digits('imsi'), imei: digits('imei'), raw_status: text('raw_status'), note: text('note'),
  network: {cell: ({network}) => html`<${Word} kind="network" value=${network} />`},
};
const usual = 'status,device,plan,used_bytes,expires_at,platform,operator';
const chosen = atom(remembered('columns', usual));
const choose = (name, on) => {
  const names = Object.keys(cells).filter((one) => (one === name ? on : chosen.get().split(',').includes(one))).join();
  remember('columns', names);
  chosen.set(names);
};

const Columns = () => html`<details class="menu columns"><summary class="button">${t('cards.columns')}</summary><div>${Object.keys(cells).map((name) => html`<label><input type="checkbox"
  checked=${chosen.get().split(',').includes(name)} onChange=${(event) => choose(name, event.target.checked)} /> ${field(name)}</label>`)}</div></details>`;

// A list from a mail or a spreadsheet: which of these cards the store has, and what to do with them.
const paste = async () => {
  const max = session.get().limits?.lookup ?? 1000;
  const given = await ask({title: t('cards.paste'), ok: t('cards.look_up'), fields: [
    {name: 'iccids', label: t('cards.iccids'), rows: 10, required: true, hint: t('cards.paste_hint', {max})}]});
  const iccids = [...new Set((given?.iccids ?? '').split(/[\n,;\t]+/).map((one) => one.replace(/[\s"'-]/g, '')).filter(Boolean))].slice(0, max);
  if (!iccids.length) return;
  let answer;
  try { answer = (await post('/card/lookup', {iccids})).data; } catch (error) { return complain(error); }
  const {found, near, unknown, invalid} = answer;
  const ids = [...found, ...near.flatMap(({cards}) => (cards.length === 1 ? cards : []))].map(({iccid}) => iccid);
  const Some = ({title, rows, cell}) => rows.length > 0 && html`<details><summary>${title} · ${num(rows.length)}</summary><ul>${rows.map((row) => html`<li>${cell(row)}</li>`)}</ul></details>`;
  const next = await ask({
    title: t('cards.found', {n: ids.length}), ok: t('ok'),
    body: html`<${Some} title=${t('cards.found', {n: found.length})} rows=${found} cell=${({iccid, status}) => html`<${Iccid} value=${iccid} copy=${false} /> <${Word} kind="status" value=${status} />`} />
      <${Some} title=${t('cards.near')} rows=${near} cell=${({iccid, cards}) => html`<bdi>${iccid}</bdi> → ${cards.map((card) => html`<${Iccid} value=${card.iccid} copy=${false} /> `)}`} />
      <${Some} title=${t('cards.unknown')} rows=${unknown} cell=${(iccid) => html`<${Iccid} value=${iccid} plain copy=${false} />`} />
      <${Some} title=${t('cards.invalid')} rows=${invalid} cell=${({iccid, reason}) => html`<bdi>${iccid}</bdi> <small lang="en">${reason}</small>`} />`,
    fields: ids.length > 0 && session.get().scope === 'write' ? [{name: 'then', label: t('cards.then'), value: '',
      options: [['', t('cards.nothing')], ...batches.map((name) => [name, t(`cards.many.${name}`, {n: ids.length})])]}] : [],
  });
  if (next?.then) await batch(next.then)({ids, n: ids.length});
};

export const Cards = () => {
  const {query} = useAtom(route);
  const shown = useAtom(chosen).split(',');
  const {expiring_within_days: days = 30, near_limit_percent: percent = 90} = session.get().thresholds ?? {};
  const statistics = useApi('/card/statistics', {top: 0});
  const abnormal = useApi('/card/list', {abnormal: true, pageSize: 1});
  const platform = usePlatforms();
  const counts = statistics.answer?.data;
  const reasons = counts?.by_reason ?? {};
  const none = {abnormal: null, bound: null, reason: null};
  const quick = (value, label, count, set) => ({value, label, count, set: {...none, ...set},
    on: Object.keys(none).every((key) => (set[key] ?? '') === (query[key] ?? ''))});
  const def = {
    path: '/card/list', label: t('nav.cards'), rowKey: ({iccid}) => iccid, name: ({iccid}) => iccid, href: ({iccid}) => ['card', iccid],
    csv: `/card/export?columns=${['iccid', ...shown].join().replace('device', 'product,device')}`, csvOrder: false,
    live: (type) => /^(card|binding\.[cr]e)/.test(type), also: ['expiringWithin', 'over', 'expiresBefore', 'updatedSince', 'iccid', 'product', 'device'],
    toApi: negate(['status', 'platform', 'operator']),
    empty: html`${t('cards.none')} <a class="button" href=${href('/import')}>${t('cards.import')}</a>`,
    tools: html`<${Columns} />`,
    columns: [{label: 'ICCID', order: 'iccid', m: 'c', cell: ({iccid}) => html`<${Iccid} value=${iccid} />`},
      ...shown.filter((name) => cells[name]).map((name) => ({label: field(name), ...cells[name]}))],
    actions: batches.map((name) => ({id: name, label: `cards.many.${name}`, main: name === 'refresh', many: batch(name)})),
  };
  const filter = (key, label, facet, show, not) => ({key, label, options: options(facet, show, not, query[key])});
  def.filters = [
    {key: 'quick', type: 'chips', label: t('cards.quick'), options: [quick('all', t('all'), counts?.cards, {}),
      quick('abnormal', t('cards.abnormal'), abnormal.answer?.total, {abnormal: 'true'}),
      quick('expiring', t('cards.expiring', {n: days}), reasons.expiring_soon, {reason: 'expiring_soon'}),
      quick('over', t('cards.over', {n: percent}), counts && reasons.near_limit + reasons.over_limit, {reason: 'near_limit,over_limit'}),
      quick('unbound', t('cards.unbound'), counts && counts.cards - counts.bound, {bound: 'false'})]},
    {key: 'abnormal', type: 'hidden'}, {key: 'bound', type: 'hidden'}];
  const {filters} = listQuery({...def, filters: [...def.filters, ...['reason', 'status', 'platform', 'operator', 'refreshedBefore', 'text'].map((key) => ({key}))]}, query);
  delete filters.quick;
  const facets = useFacets('/card/facets', filters, ['status', 'platform', 'operator', 'reason']);
  def.filters.push(
    {key: 'reason', type: 'chips', multi: true, label: t('cards.reasons'), options: facets.of('reason').map(({value, count, isLowerBound}) => ({value, label: word('reason', value), count, lower: isLowerBound}))},
    filter('status', field('status'), facets.of('status'), (value) => word('status', value), true),
    filter('platform', field('platform'), facets.of('platform'), platform, true),
    filter('operator', field('operator'), facets.of('operator'), String, true),
    {key: 'refreshedBefore', label: t('cards.asked_before'), options: [['1d', '1 d'], ['7d', '7 d'], ['30d', '30 d']]},
    {key: 'text', label: t('cards.text'), min: 3});
  def.reload = () => { statistics.reload(); abnormal.reload(); facets.reload(); };
  return html`<${Title} actions=${html`<button type="button" data-act="paste" onClick=${paste}>${t('cards.paste')}…</button>
    <a class="button" href=${href('/import')}>${t('nav.import')}</a><${Act} name="add" onClick=${() => addCard((iccid) => go(['card', iccid]))}>${t('cards.add')}…<//>`}>${t('nav.cards')}<//>
    <${List} def=${def} />`;
};
