// SPDX-License-Identifier: Apache-2.0
// The devices, with what their last reports said.
import {html} from '../vendor.js';
import {session, useApi} from '../core/api.js';
import {num, t, word} from '../core/lang.js';
import {List, listQuery} from '../core/list.js';
import {route} from '../core/router.js';
import {useAtom} from '../core/store.js';
import {Age, Bdi, Device, Iccid, Title, Word} from '../core/ui.js';
import {field, options, useFacets} from './parts.js';

const columns = () => [
  {label: field('device'), order: 'device', m: 'a', cell: (row) => html`<${Device} ...${row} />`},
  {label: 'ICCID', order: 'iccid', m: 'c', cell: ({iccid}) => html`<${Iccid} value=${iccid} />`},
  {label: field('outcome'), m: 'b', cell: ({outcome}) => html`<${Word} kind="outcome" value=${outcome} />`},
  {label: t('devices.reported'), p: 2, cell: ({reported_iccid, iccid}) => (reported_iccid === iccid ? '–' : html`<${Iccid} value=${reported_iccid} other=${iccid} />`)},
  {label: field('leniencies'), p: 3, cell: ({leniencies, issues}) => [...leniencies.map((name) => word('leniency', name)), ...issues].join(', ') || '–'},
  {label: field('firmware_version'), p: 2, cell: ({firmware_version}) => html`<${Bdi}>${firmware_version}<//>`},
  {label: field('rssi'), p: 3, num: true, cell: ({rssi}) => rssi ?? '–'},
  {label: field('reports'), p: 1, num: true, cell: ({reports}) => num(reports)},
  {label: field('last_seen'), order: 'seen_day', m: 'd', cell: ({last_seen, silent_since}) => html`<${Age} time=${last_seen} />${silent_since && html` <${Word} kind="devices" value="silent" level="warn" />`}`},
];
const fields = ['outcome', 'leniency', 'issue', 'firmware', 'product', 'lastSeenBefore', 'text'];
const show = {outcome: (value) => word('outcome', value.replace(/^\w+\./, '')), leniency: (value) => word('leniency', value)};
const labels = {leniency: 'leniencies', issue: 'issues', firmware: 'firmware_version'};

export const Devices = () => {
  const {query} = useAtom(route);
  const {filters} = listQuery({also: ['bound', 'silent', ...fields]}, query);
  const facets = useFacets('/device/facets', filters, ['outcome', 'leniency', 'issue', 'firmware', 'product']);
  const counts = useApi('/card/statistics', {top: 0});
  const all = counts.answer?.data;
  const quick = (value, label, count, set) => ({value, label, count, set: {bound: null, silent: null, ...set}, on: (query.bound ?? '') === (set.bound ?? '') && (query.silent ?? '') === (set.silent ?? '')});
  const def = {
    path: '/device/list', csv: '/device/export', label: t('nav.devices'), columns: columns(), also: ['bound', 'silent', 'iccid', 'device', 'lastSeenAfter', 'rssiBelow'],
    rowKey: ({product, device}) => `${product}/${device}`, href: ({product, device}) => ['device', product, device],
    live: (type) => /^(binding|device|mismatch|report)/.test(type), empty: t('devices.none'),
    reload: () => { counts.reload(); facets.reload(); },
    filters: [
      {key: 'quick', type: 'chips', label: t('devices.quick'), options: [quick('all', t('all'), all?.devices, {}), quick('bound', t('devices.bound'), null, {bound: 'true'}),
        quick('unbound', t('devices.unbound'), null, {bound: 'false'}),
        session.get().thresholds?.device_silent_seconds > 0 && quick('silent', t('devices.silent'), all?.silent_devices, {silent: 'true'})]},
      ...['outcome', 'leniency', 'issue', 'firmware', 'product'].map((key) => ({key, label: field(labels[key] ?? key), options: options(facets.of(key), show[key])})),
      {key: 'lastSeenBefore', label: t('devices.seen_before'), options: [['1h', '1 h'], ['1d', '1 d'], ['7d', '7 d'], ['30d', '30 d']]},
      {key: 'text', label: t('devices.text'), min: 3}],
  };
  return html`<${Title}>${t('nav.devices')}<//><${List} def=${def} />`;
};
