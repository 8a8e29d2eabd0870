// SPDX-License-Identifier: Apache-2.0
// One card: what its platform says beside what its device says, its history, and all that can be done.
import {html} from '../vendor.js';
import {api, now, post, useApi} from '../core/api.js';
import {act} from '../core/dialog.js';
import {bytes} from '../core/format.js';
import {t, word} from '../core/lang.js';
import {useChanges} from '../core/live.js';
import {go, href} from '../core/router.js';
import {Act, Age, Badge, Bdi, Copy, Day, Device, Digits, Empty, Facts, Iccid, Loaded, Moment, Panel, Steps, Title, Usage, Word} from '../core/ui.js';
import {Bindings, Contradictions, field, settable, statuses, Table, usePlatforms, value} from './parts.js';

const choices = {status: statuses, network: ['unknown', 'allowed', 'blocked'], usage_scope: ['card', 'pool']};
const input = (card) => (name) => ({name, label: field(name), value: String(card[name] ?? ''),
  ...(choices[name] && {options: choices[name].map((one) => [one, word(name, one)])}), ...(name === 'note' && {rows: 3})});
const changed = (card, values) => Object.fromEntries(settable.filter((name) => values[name] !== undefined && values[name] !== String(card[name] ?? ''))
    .map((name) => [name, values[name] || null]));

export const addCard = (then) => act({
  ask: {title: t('cards.add'), ok: t('cards.add'), fields: [{name: 'iccid', label: 'ICCID', required: true},
    ...['operator', 'platform', 'plan', 'status', 'limit_bytes', 'expires_at', 'note'].map(input({status: 'unknown'}))]},
  run: (values) => post('/card', {iccid: values.iccid, ...changed({}, values)}),
  said: () => t('cards.added'),
  undo: ({data}) => api(`/card/${data.iccid}`, {method: 'DELETE'}),
  then: (answer) => answer && then(answer.data.iccid),
});

const put = (iccid, body, version) => api(`/card/${iccid}`, {method: 'PUT', body, headers: {'If-Match': `"${version}"`}});
const edit = (card, then) => act({
  ask: {title: `${t('cards.edit')}: ${card.iccid}`, ok: t('save'), fields: settable.map(input(card))},
  run: async (values) => {
    const change = changed(card, values);
    if (!Object.keys(change).length) return {};
    // Somebody else was faster: show the card as it is now.
    return {...await put(card.iccid, change, card.updated_at).catch((error) => { then(); throw error; }), change};
  },
  said: ({change}) => change && t('cards.saved'),
  undo: ({change, data}) => change && put(card.iccid, Object.fromEntries(Object.keys(change).map((name) => [name, card[name]])), data.updated_at),
  then,
});

// refresh, suspend, resume: its platform does it, and answers at once or, while it is slow, later.
const opposite = {suspend: 'resume', resume: 'suspend'};
const carry = (action, iccid, then) => act({
  ask: opposite[action] && {title: t(`cards.${action}_q`), ok: t(`cards.${action}`), danger: action === 'suspend', body: t('cards.carrier', {iccid})},
  run: () => post(`/card/${iccid}/${action}`, opposite[action] && {confirm: true}),
  said: ({code, data}) => (code === 202 ? t('cards.pending') : t('cards.asked', {status: word('status', data.card?.status ?? data.status)})),
  undo: opposite[action] && (() => post(`/card/${iccid}/${opposite[action]}`, {confirm: true})),
  then,
});
const bind = (iccid, then) => act({
  ask: {title: t('cards.bind_to'), ok: t('cards.bind'), fields: [{name: 'device', label: `${field('product')}/${field('device')}`, required: true, placeholder: '1/METER07'},
    {name: 'force', label: t('cards.bind_force'), type: 'checkbox', value: false}]},
  run: ({device, force}) => {
    const [product, ...rest] = device.trim().split('/');
    return post(`/card/${iccid}/bind`, {product, device: rest.join('/'), force: Boolean(force)});
  },
  said: ({data}) => t('cards.bound', {device: `${data.product}/${data.device}`}),
  undo: () => post(`/card/${iccid}/unbind`, {}),
  canUndo: ({data}) => !data.released.length,  // what a forced one has ended would not come back
  then,
});
// Ends a binding; also from the device's screen.
export const unbind = ({iccid, product, device}, then) => act({
  ask: {title: t('cards.unbind'), ok: t('cards.unbind'), body: t('cards.unbind_q', {iccid, device: `${product}/${device}`})},
  run: () => post(`/card/${iccid}/unbind`, {}),
  said: () => t('cards.released', {device: `${product}/${device}`}),
  undo: () => post(`/card/${iccid}/bind`, {product, device}),
  then,
});
const remove = ({iccid, device}) => act({
  ask: {title: t('cards.remove'), ok: t('cards.remove'), danger: true, body: html`<p>${t('cards.remove_q')}</p><p><${Iccid} value=${iccid} plain copy=${false} /></p>`,
    fields: device ? [{name: 'force', label: t('cards.force'), type: 'checkbox', value: false}] : []},
  run: ({force}) => api(`/card/${iccid}`, {method: 'DELETE', query: {force: force || null}}),
  said: () => t('cards.removed'),
  then: () => go('/cards'),
});

const SaysPlatform = ({card, name}) => html`<${Panel} title=${t(card.refreshed_at ? 'cards.says_platform' : 'cards.says_list')} aside=${html`<small><${Age} time=${card.refreshed_at} /></small>`}>
  ${!card.refreshed_at && html`<p class="muted">${t('cards.never_asked')}</p>`}
  <${Facts} rows=${[
    [field('platform'), card.platform && html`<a href=${href('/platforms')}><bdi>${name(card.platform)}</bdi></a>`],
    [field('status'), html`<${Word} kind="status" value=${card.status} /> ${card.raw_status && html`<small><bdi>${card.raw_status}</bdi></small>`}`],
    [field('status_reason'), card.status_reason && html`<${Bdi}>${card.status_reason}<//>`],
    [field('network'), html`<${Word} kind="network" value=${card.network} />`],
    [field('used_bytes'), card.used_bytes != null && html`<${Usage} used=${card.used_bytes} limit=${card.limit_bytes} /> ${card.limit_bytes && html`<small>${t('used_of', {used: bytes(card.used_bytes), limit: bytes(card.limit_bytes)})}</small>`}`],
    [field('usage_scope'), card.usage_scope === 'pool' && word('usage_scope', 'pool')],
    [field('remaining_bytes'), card.remaining_bytes != null && bytes(card.remaining_bytes)],
    [t('cards.period'), card.period_start && html`<${Moment} time=${card.period_start} /> – <${Moment} time=${card.period_end} />`],
  ]} /><//>`;

const SaysDevice = ({card}) => {
  const device = useApi(card.device && `/device/${encodeURIComponent(card.product)}/${encodeURIComponent(card.device)}`);
  return html`<${Panel} title=${t('cards.says_device')} aside=${device.answer && html`<small><${Age} time=${device.answer.data.last_seen} /></small>`}>${!card.device ? html`<p class="muted">${t('cards.no_device')}</p>`
    : html`<${Loaded} from=${device}>${(said) => html`${!said.reports && html`<p class="muted">${t('cards.no_report')}</p>`}<${Facts} rows=${[
      [field('device'), html`<${Device} ...${card} />`],
      [t('cards.sent'), said.reported_iccid && html`<${Iccid} value=${said.reported_iccid} other=${card.iccid} plain />`],
      [field('outcome'), said.outcome && html`<${Word} kind="outcome" value=${said.outcome} />`],
      [field('leniencies'), said.leniencies.map((name) => word('leniency', name)).join(', ')],
      [field('issues'), said.issues.length > 0 && html`<${Bdi}>${said.issues.join(', ')}<//>`],
      ['IMEI', said.imei && html`<${Digits} value=${said.imei} />`],
      [field('firmware_version'), said.firmware_version && html`<${Bdi}>${said.firmware_version}<//>`],
      [field('bound_since'), html`<${Moment} time=${card.bound_since} />`],
    ]} />`}<//>`}<//>`;
};

const days = 90;
const UsageLine = ({card}) => {
  const until = now(), from = until - days * 864e5;
  const points = card.usage.map(({day, used_bytes: value}) => ({at: Math.max(from, Date.parse(day)), value})).sort((a, b) => a.at - b.at);
  return html`<${Panel} title=${t('cards.usage', {n: days})}>${!points.length ? html`<${Empty}>${t('cards.no_usage')}<//>`
    : html`<${Steps} points=${points} from=${from} until=${until} limit=${card.limit_bytes} label=${`${t('cards.usage', {n: days})}: ${bytes(points[points.length - 1].value)}`}
      bands=${card.period_start ? [[Date.parse(card.period_start), Date.parse(card.period_end ?? new Date(until))]] : []} />`}<//>`;
};

export const Card = ({parts: [iccid]}) => {
  const card = useApi(`/card/${encodeURIComponent(iccid)}`);
  const name = usePlatforms();
  useChanges((event) => JSON.stringify(event.data ?? '').includes(iccid), card.refresh);
  const data = card.answer?.data;
  const why = data && !data.platform && t('cards.no_profile');
  const carryOut = (action) => html`<${Act} name=${action} why=${why} onClick=${() => carry(action, iccid, card.reload)}>${t(`cards.${action}`)}${opposite[action] ? '…' : ''}<//>`;
  return html`<${Title} text=${iccid} actions=${data && html`${carryOut('refresh')}${data.status === 'suspended' ? carryOut('resume') : carryOut('suspend')}
      ${data.device ? html`<${Act} name="unbind" onClick=${() => unbind(data, card.reload)}>${t('cards.unbind')}…<//>` : html`<${Act} name="bind" onClick=${() => bind(iccid, card.reload)}>${t('cards.bind')}…<//>`}
      <${Act} name="edit" onClick=${() => edit(data, card.reload)}>${t('cards.edit')}…<//><${Act} name="remove" onClick=${() => remove(data)}>${t('cards.remove')}…<//>`}>
      <${Iccid} value=${iccid} plain copy=${false} /><${Copy} text=${iccid} /><//>
    <${Loaded} from=${card}>${(it) => html`
      <p class="row"><${Word} kind="status" value=${it.status} />${it.abnormal.filter((reason) => reason !== it.status).map((reason) => html`<${Word} kind="reason" value=${reason} />`)}
        ${it.luhn === 'invalid' && html`<${Badge} level="warn">${field('luhn')} ${word('luhn', it.luhn)}<//>`}</p>
      <div class="grid"><${SaysPlatform} card=${it} name=${name} /><${SaysDevice} card=${it} /></div>
      <div class="grid"><${Panel}><${Facts} rows=${[
        ['MSISDN', it.msisdn && html`<${Digits} value=${it.msisdn} />`], ['IMSI', it.imsi && html`<${Digits} value=${it.imsi} />`], ['IMEI', it.imei && html`<${Digits} value=${it.imei} />`],
        ...['access_number', 'operator', 'plan'].map((key) => [field(key), it[key] && html`<${Bdi}>${it[key]}<//>`])]} /><//>
      <${Panel}><${Facts} rows=${[...['opened_at', 'activated_at', 'expires_at'].map((key) => [field(key), it[key] && html`<${Day} time=${it[key]} />`]),
        [field('alert_percent'), it.alert_percent], [field('created_at'), html`<${Moment} time=${it.created_at} />`], [field('updated_at'), html`<${Moment} time=${it.updated_at} />`],
        [field('note'), it.note && html`<${Bdi}>${it.note}<//>`]]} /><//></div>
      <${UsageLine} card=${it} />
      <${Panel} title=${t('cards.who')}><${Bindings} rows=${it.bindings} of="card" /><//>
      <${Panel} title=${t('nav.mismatches')}><${Contradictions} rows=${it.mismatches} /><//>
      <${Panel} title=${t('cards.requests')}><${Table} label=${t('cards.requests')} rows=${it.requests} empty=${t('cards.no_request')} columns=${[
        {label: t('cards.when'), cell: ({requested_at}) => html`<${Age} time=${requested_at} />`}, {label: t('cards.what'), cell: ({kind}) => t(`cards.kind.${kind}`)},
        {label: t('cards.by'), cell: ({requested_by}) => html`<${Bdi}>${requested_by}<//>`},
        {label: field('status'), cell: ({done_at, failure, status}) => (failure ? html`<${Word} kind="request" value="failed" /> <small lang="en">${failure}</small>`
          : done_at ? html`<${Word} kind="request" value="done" /> ${status && html`<small>${word('status', status)}</small>`}` : html`<${Word} kind="request" value="pending" />`)}]} /><//>
      <${Panel} title=${t('cards.changes')}><${Table} label=${t('cards.changes')} rows=${it.changes.slice(0, 50)} empty="–" columns=${[
        {label: t('cards.when'), cell: ({at}) => html`<${Age} time=${at} />`}, {label: t('cards.by'), cell: ({by}) => html`<${Bdi}>${by}<//>`},
        {label: t('cards.what'), cell: ({kind, field: key}) => (key ? field(key) : t(`cards.kind.${kind}`))},
        {label: t('cards.before'), cell: ({field: key, before}) => value(key, before)}, {label: t('cards.after'), cell: ({field: key, after}) => value(key, after)}]} /><//>`}<//>`;
};
