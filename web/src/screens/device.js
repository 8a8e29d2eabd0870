// SPDX-License-Identifier: Apache-2.0
// One device: its card, its last report as it came, which cards it had, what contradicts it.
import {html} from '../vendor.js';
import {api, post, useApi} from '../core/api.js';
import {act} from '../core/dialog.js';
import {num, t, word} from '../core/lang.js';
import {useChanges} from '../core/live.js';
import {go, href} from '../core/router.js';
import {Act, Age, Bdi, Copy, Device as Link, Digits, Facts, Iccid, Loaded, Moment, Panel, Title, Usage, Word} from '../core/ui.js';
import {unbind} from './card.js';
import {Bindings, Contradictions, field} from './parts.js';
import {draft, octets, Payload, useExplanation} from './payload.js';

const remove = (path, {product, device, iccid}) => act({
  ask: {title: t('cards.remove'), ok: t('cards.remove'), danger: true, body: html`<p>${t('devices.remove_q')}</p><p><b><bdi>${product}/${device}</bdi></b></p>`,
    fields: iccid ? [{name: 'force', label: t('devices.force'), type: 'checkbox', value: false}] : []},
  run: ({force}) => api(path, {method: 'DELETE', query: {force: force || null}}),
  said: () => t('devices.removed', {device: `${product}/${device}`}),
  then: () => go('/devices'),
});

const Report = ({it}) => {
  const explanation = useExplanation(it.last_topic, it.last_payload);
  const show = () => { draft.set({topic: it.last_topic, octets: octets({payload: it.last_payload})}); go('/rejected'); };
  return html`<${Panel} title=${t('devices.last_report')} aside=${html`<small><${Age} time=${it.last_seen} /></small>`}>${!it.reports ? html`<p class="muted">${t('devices.no_report')}</p>` : html`<${Facts} rows=${[
    [field('outcome'), it.outcome && html`<${Word} kind="outcome" value=${it.outcome} />`],
    [field('reported_iccid'), it.reported_iccid && html`<${Iccid} value=${it.reported_iccid} other=${it.iccid} />`],
    [field('holder'), it.holder && html`<${Link} ...${it.holder} />`],
    [field('leniencies'), it.leniencies.map((name) => word('leniency', name)).join(', ')],
    [field('issues'), it.issues.length > 0 && html`<${Bdi}>${it.issues.join(', ')}<//>`],
    [field('firmware_version'), it.firmware_version && html`<${Bdi}>${it.firmware_version}<//>`], [field('rssi'), it.rssi], [field('status'), it.status],
    ['IMEI', it.imei && html`<${Digits} value=${it.imei} />`], [field('user_id'), it.user_id && html`<${Bdi}>${it.user_id}<//>`],
    [t('devices.position'), it.latitude != null && it.longitude != null && `${it.latitude}, ${it.longitude}`],
    [field('reports'), html`${num(it.reports)} <small><${Moment} time=${it.first_seen} /></small>`],
    [t('devices.topic'), it.last_topic && html`<code><bdi>${it.last_topic}</bdi></code>`]]} />
    ${it.last_payload != null && html`<${Payload} octets=${octets({payload: it.last_payload})} spans=${explanation?.spans} />
      <p class="row"><button type="button" data-act="explain" onClick=${show}>${t('devices.explain')}</button> ${explanation?.spans?.iccid && html`<small>${t('devices.iccid_at')}</small>`}</p>`}`}<//>`;
};

export const Device = ({parts: [product, number]}) => {
  const path = `/device/${encodeURIComponent(product)}/${encodeURIComponent(number)}`;
  const device = useApi(path);
  useChanges(({data}) => data?.device?.product === product && data.device.number === number, device.refresh);
  const data = device.answer?.data;
  const name = `${product}/${number}`;
  return html`<${Title} text=${name} actions=${data && html`<${Act} name="ask" why=${!data.reports && t('devices.ask_unheard')} onClick=${() => act({run: () => post(`${path}/ask`, {}), said: (answer) => t('devices.asked', {topic: answer.data.topic})})}>${t('devices.ask')}<//>
      ${data.iccid && html`<${Act} name="unbind" onClick=${() => unbind(data, device.reload)}>${t('cards.unbind')}…<//>`}<${Act} name="remove" onClick=${() => remove(path, data)}>${t('cards.remove')}…<//>`}><bdi>${name}</bdi><${Copy} text=${name} /><//>
    <${Loaded} from=${device}>${(it) => html`<div class="grid"><${Report} it=${it} />
      <${Panel} title=${t('devices.its_card')}>${!it.card ? html`<p class="muted">${t('devices.no_card')}</p>` : html`<${Facts} rows=${[
        ['ICCID', html`<${Iccid} value=${it.card.iccid} />`],
        [field('status'), html`<${Word} kind="status" value=${it.card.status} />${it.card.abnormal.filter((reason) => reason !== it.card.status).map((reason) => html` <${Word} kind="reason" value=${reason} />`)}`],
        [field('used_bytes'), html`<${Usage} used=${it.card.used_bytes} limit=${it.card.limit_bytes} />`], [field('plan'), it.card.plan && html`<${Bdi}>${it.card.plan}<//>`],
        [field('operator'), it.card.operator && html`<${Bdi}>${it.card.operator}<//>`], [field('bound_since'), html`<${Moment} time=${it.bound_since} />`],
        [field('silent_since'), it.silent_since && html`<${Moment} time=${it.silent_since} />`]]} />`}<//></div>
      <${Panel} title=${t('devices.had')}><${Bindings} rows=${it.bindings} /><//>
      <${Panel} title=${t('nav.mismatches')}><${Contradictions} rows=${it.mismatches} /><//>
      <p><a href=${href('/events', {device: name})}>${t('nav.events')}</a></p>`}<//>`;
};
