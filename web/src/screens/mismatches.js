// SPDX-License-Identifier: Apache-2.0
// The work list: what contradicts the store, what accepting it would do, and its end.
import {html, useState} from '../vendor.js';
import {post, useApi} from '../core/api.js';
import {act} from '../core/dialog.js';
import {visible} from '../core/format.js';
import {num, t, word} from '../core/lang.js';
import {List} from '../core/list.js';
import {amend, href, route} from '../core/router.js';
import {useAtom} from '../core/store.js';
import {Act, Age, Badge, Bdi, Device, Facts, Iccid, levelOf, Loaded, Moment, Title, Usage, Word} from '../core/ui.js';
import {accept, dismiss, many, reopen} from './mismatch_actions.js';

// The kinds of the chips, the worst first; the last two of card_in_use are told apart by the suspect.
const kinds = [{suspect: 'cloned'}, {suspect: 'moved'}, {kind: 'device_has_other_card'}, {kind: 'card_unknown'},
  {kind: 'wrong_platform'}, {kind: 'iccid_ambiguous'}, {kind: 'iccid_invalid'}];
const settled = 'accepted,followed,cleared';

export const Kind = ({mismatch: {outcome, suspect}}) => (suspect ? html`<${Word} kind="suspect" value=${suspect} />` : html`<${Word} kind="outcome" value=${outcome} />`);
// What was reported: an ICCID, or why it is none.
const Reported = ({mismatch: {outcome, reported, bound_iccid: bound}}) => (outcome.endsWith('iccid_invalid')
    ? html`<span class="muted">${word('problem', reported)}</span>` : html`<${Iccid} value=${reported} other=${bound} />`);

const AskDevice = ({mismatch: {product, device}}) => html`<${Act} name="ask" onClick=${() => act({
  run: () => post(`/device/${encodeURIComponent(product)}/${encodeURIComponent(device)}/ask`, {}),
  said: () => t('mismatches.asked', {device: `${product}/${device}`})})}>${t('mismatches.ask')}<//>`;

const Plan = ({plan}) => {
  const name = ({product, device}) => html`<bdi>${product}/${device}</bdi>`;
  return !plan.possible ? html`<p>${plan.choices.length ? t('mismatches.choose') : html`${t('mismatches.impossible')} <span lang="en">${plan.obstacle}</span>`}</p>`
    : html`<ul>${plan.card_added && html`<li>${t('mismatches.adds')} <${Iccid} value=${plan.iccid} plain /></li>`}
      ${plan.new_platform != null && html`<li>${t('mismatches.moves', {platform: plan.new_platform})}</li>`}
      ${plan.binding ? html`<li>${t('mismatches.binds')} ${name(plan.binding)} → <${Iccid} value=${plan.binding.iccid} plain /></li>` : html`<li>${t('mismatches.bound_already')}</li>`}
      ${plan.ended.map((one) => html`<li>${t('mismatches.ends_binding')} ${name(one)} – <${Iccid} value=${one.iccid} plain /></li>`)}</ul>`;
};

const CardLine = ({card}) => html`<div class="row"><${Iccid} value=${card.iccid} /> <${Word} kind="status" value=${card.status} /> <${Usage} used=${card.used_bytes} limit=${card.limit_bytes} />
  ${card.device != null && html`<span>${t('mismatches.bound_to')} <${Device} ...${card} /></span>`}</div>`;

const Drawer = ({row, reload}) => {
  const details = useApi(`/mismatch/${row.id}`);
  const [reason, setReason] = useState('');
  const [card, setCard] = useState('');
  const again = () => { reload(); details.reload(); };
  return html`<${Loaded} from=${details}>${(mismatch) => {
    const {accept_would: plan, state} = mismatch;
    const open = state === 'open' || state === 'dismissed';
    const why = !plan.possible && !card ? (plan.choices.length ? t('mismatches.choose') : plan.obstacle ?? t('mismatches.impossible')) : null;
    return html`<div class="grid"><section><h3>${t('mismatches.says')}</h3><${Facts} rows=${[
        [t('mismatches.reported'), html`<code translate=${false}><bdi>${visible(mismatch.reported_text ?? '–')}</bdi></code>`],
        mismatch.outcome.endsWith('iccid_invalid') && [t('mismatches.problem'), word('problem', mismatch.reported)],
        [t('mismatches.repairs'), mismatch.leniencies.join(', ')],
        [t('mismatches.topic'), mismatch.last_topic && html`<code><bdi>${visible(mismatch.last_topic)}</bdi></code>`],
        [t('mismatches.first'), html`<${Moment} time=${mismatch.first_seen} />`], [t('mismatches.last'), html`<${Moment} time=${mismatch.last_report} />`],
      ]} /><pre tabindex="0" aria-label=${t('mismatches.payload')}>${mismatch.last_payload != null ? visible(mismatch.last_payload) : `base64: ${mismatch.last_payload_base64}`}</pre></section>
      <section><h3>${t('mismatches.knows')}</h3><${Facts} rows=${[
        [t('mismatches.device'), html`<${Device} ...${mismatch} />`],
        [t('mismatches.its_card'), mismatch.bound_card ? html`<${CardLine} card=${{...mismatch.bound_card, device: null}} />` : t('none')],
        [t('mismatches.fitting'), mismatch.cards.length ? mismatch.cards.map((one) => html`<${CardLine} card=${one} />`) : t('none')],
        [t('mismatches.holder'), mismatch.holder && html`<${Device} ...${mismatch.holder} />`],
        [t('mismatches.platform'), mismatch.card_platform && t('mismatches.platforms', {card: mismatch.card_platform, said: mismatch.platform ?? '–'})],
        mismatch.dismissed && [t('mismatches.dismissed_by'), html`<bdi>${mismatch.dismissed_by}</bdi> · <${Moment} time=${mismatch.dismissed} />`],
        mismatch.ended && [word('state', state), html`<bdi>${mismatch.ended_by ?? ''}</bdi> · <${Moment} time=${mismatch.ended} />`],
        [t('mismatches.reason'), mismatch.reason && html`<bdi>${mismatch.reason}</bdi>`],
      ]} /></section>
      ${open && html`<section><h3>${t('mismatches.would')}</h3><${Plan} plan=${plan} />
        ${plan.choices.length > 0 && html`<fieldset><legend>${t('mismatches.choices')}</legend>${plan.choices.map((one) => html`<label class="row"><input type="radio" name="card" checked=${card === one} onChange=${() => setCard(one)} /> <${Iccid} value=${one} plain /></label>`)}</fieldset>`}
        <div class="field"><label for="reason">${t('reason_label')}</label><input id="reason" maxlength="500" value=${reason} onInput=${(event) => setReason(event.target.value)} /></div>
        <div class="row acts-row"><${Act} name="accept-one" kind="main" why=${why} onClick=${() => accept(mismatch, again, {card, reason})}>${t('mismatches.accept_one')} <kbd>a</kbd><//>
        ${state === 'open' ? html`<${Act} name="dismiss-one" onClick=${() => dismiss(mismatch, again, {reason})}>${t('mismatches.dismiss_one')} <kbd>d</kbd><//>`
          : html`<${Act} name="reopen-one" onClick=${() => reopen(mismatch, again)}>${t('mismatches.reopen_one')}<//>`}
        <${AskDevice} mismatch=${mismatch} /></div></section>`}</div>`;
  }}<//>`;
};

export const Mismatches = () => {
  const {query} = useAtom(route);
  const counts = useApi('/mismatch/statistics');
  const platforms = useApi('/card/statistics', {top: 0});
  const state = query.state ?? 'open';
  const sum = (fits) => {
    const rows = (counts.answer?.data ?? []).filter(fits);
    return {count: rows.reduce((n, one) => n + one.count, 0), lower: rows.some((one) => one.count_is_lower_bound)};
  };
  const inState = (one) => state.split(',').includes(one.state);
  const standing = state === 'open' || state === 'dismissed';
  const def = {
    path: '/mismatch/list', csv: '/mismatch/export', label: t('nav.mismatches'), base: {state: 'open'}, also: ['kind', 'suspect', 'device', 'until', 'iccid'],
    order: 'first_seen', asc: 'desc', rowKey: (row) => row.id, one: (row) => `/mismatch/${row.id}`, name: (row) => `${row.product}/${row.device}`,
    filters: [
      {type: 'chips', key: 'state', label: t('mismatches.state'), options: ['open', 'dismissed', settled].map((value) => ({value, label: value === settled ? t('mismatches.settled') : word('state', value),
        on: state === value, set: {state: value === 'open' ? null : value}, ...(counts.answer && sum((one) => value.split(',').includes(one.state)))}))},
      {type: 'chips', key: 'kind', label: t('mismatches.kind'), options: kinds.map(({kind, suspect}) => {
        const on = suspect ? query.suspect === suspect : query.kind === kind;
        const n = counts.answer && sum((one) => inState(one) && (suspect ? one.suspect === suspect : one.outcome.endsWith(kind)));
        return (on || n?.count > 0) && {value: suspect ?? kind, label: suspect ? word('suspect', suspect) : word('outcome', kind), level: levelOf(suspect ?? kind), on,
          set: {kind: on ? null : kind ?? null, suspect: on ? null : suspect ?? null}, ...n};
      })},
      {key: 'platform', label: t('mismatches.platform'), options: Object.keys(platforms.answer?.data.by_platform ?? {}).map((id) => [id, id])},
      {key: 'product', label: t('mismatches.product'), type: 'text'},
      {key: 'since', label: t('mismatches.since'), options: ['1h', '24h', '7d', '30d'].map((span) => [span, t(`mismatches.last_${span}`)])},
      {key: 'text', label: t('mismatches.text'), min: 3, placeholder: t('mismatches.text_hint')},
    ],
    columns: [
      {label: t('mismatches.kind'), m: 'a', cell: (row) => html`<${Kind} mismatch=${row} />`},
      {label: t('mismatches.device'), m: 'b', cell: (row) => html`<${Device} ...${row} />`},
      {label: t('mismatches.reported'), m: 'c', cell: (row) => html`<${Reported} mismatch=${row} />`},
      {label: t('mismatches.bound'), p: 2, cell: (row) => html`<${Iccid} value=${row.bound_iccid} other=${row.outcome.endsWith('device_has_other_card') && row.reported} />`},
      {label: t('mismatches.holder'), p: 3, cell: (row) => (row.holder ? html`<${Device} ...${row.holder} />` : '–')},
      state !== 'open' && {label: t('mismatches.by'), p: 1, cell: (row) => html`<bdi title=${row.reason}>${row.ended_by ?? row.dismissed_by ?? '–'}</bdi>${row.reason && html` <small><bdi>${row.reason}</bdi></small>`}`},
      {label: t('mismatches.reports'), num: true, p: 1, order: standing ? 'count' : null, cell: (row) => num(row.count)},
      {label: t('mismatches.since_column'), p: 2, order: 'first_seen', cell: (row) => html`<${Age} time=${row.first_seen} />`},
      {label: t('mismatches.last'), m: 'd', order: standing ? 'last_seen' : null, cell: (row) => html`${row.state !== 'open' && state === 'open' ? html`<${Badge} level="well">${word('state', row.state)}<//> ` : ''}<${Age} time=${row.last_seen} />`},
    ],
    detail: (row, reload) => html`<${Drawer} key=${row.id} row=${row} reload=${reload} />`,
    actions: [
      {id: 'accept', key: 'a', main: true, label: 'mismatches.accept', many: many('accept'), shown: () => standing,
        one: (row, then) => (row.outcome.endsWith('iccid_ambiguous') || row.outcome.endsWith('iccid_invalid') ? amend({open: row.id}, {replace: true}) : accept(row, then))},
      {id: 'dismiss', key: 'd', label: 'mismatches.dismiss', many: many('dismiss'), one: dismiss, why: (row) => (row.state === 'open' ? null : word('state', row.state)), shown: () => state === 'open'},
      {id: 'reopen', label: 'mismatches.reopen', many: many('reopen'), one: reopen, shown: () => state === 'dismissed'},
    ],
    live: (type) => /^(mismatch|binding\.[cr]e)/.test(type), reload: counts.reload,
    empty: html`<p>${t(state === 'open' ? 'mismatches.none_open' : 'mismatches.none')}</p>${state === 'open' && sum((one) => one.state === 'dismissed').count > 0
        && html`<a class="button" href=${href('/mismatches', {state: 'dismissed'})}>${t('mismatches.see_dismissed', {n: sum((one) => one.state === 'dismissed').count})}</a>`}`,
  };
  return html`<${Title}>${t('nav.mismatches')}<//><${List} def=${def} />`;
};
