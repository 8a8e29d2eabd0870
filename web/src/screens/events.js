// SPDX-License-Identifier: Apache-2.0
// What happens: the last events, and each new one on top. While the reader is further down, or has
// paused, new ones wait behind a button, so that nothing moves under the eyes.
import {html, useEffect, useRef, useState} from '../vendor.js';
import {api, useApi} from '../core/api.js';
import {Filters} from '../core/filters.js';
import {clock, day, visible, zone} from '../core/format.js';
import {t, word} from '../core/lang.js';
import {useEvents} from '../core/live.js';
import {route} from '../core/router.js';
import {useAtom} from '../core/store.js';
import {Badge, Bdi, Device, Empty, Fault, Iccid, levelOf, Moment, Title} from '../core/ui.js';
import {by} from './parts.js';
import {complain} from '../core/toast.js';

const most = 500;
const kinds = ['binding', 'mismatch', 'card', 'device', 'report'];
const short = (type) => type.replace(/^iotcard\./, '');
const level = (type, {suspect}) => (type === 'mismatch.cleared' ? 'well' : levelOf(suspect ?? type.replace(/^.*\./, '')));
const cardOf = ({iccid, reported, card}) => iccid ?? card?.iccid ?? reported?.iccid ?? (typeof reported === 'string' ? reported : null);

const fits = ({type, data = {}}, {kind, device, iccid}) => (!kind || kind.split(',').some((one) => type === one || type.startsWith(`${one}.`)))
    && (!device || `${data.device?.product}/${data.device?.number}` === device) && (!iccid || JSON.stringify(data).includes(`"${iccid}"`));

const Row = ({event}) => {
  const {type, data = {}, time} = event;
  const iccid = cardOf(data);
  const other = data.bound_iccid && data.bound_iccid !== iccid ? data.bound_iccid : null;
  return html`<li data-event=${event.id}><span class="when"><time datetime=${time} title=${day(time)}>${clock(time)}</time></span>
    <span><${Badge} level=${level(type, data)}>${word('events', `kind.${type}`).replace(/^kind\./, '')}<//></span>
    <span>${data.device && html`<${Device} product=${data.device.product} device=${data.device.number} />`}</span>
    <span class="what">${iccid && (iccid.length > 22 ? html`<code class="clip" translate="no">${visible(iccid.slice(0, 60))}</code>` : html`<${Iccid} value=${iccid} other=${other} copy=${false} />`)}${other && html` <small>${t('events.bound')}</small> <${Iccid} value=${other} copy=${false} />`}
      ${data.suspect && html` ${word('suspect', data.suspect)}`}${data.reason && html` ${word('rejection', data.reason)}`}
      ${[data.abnormal, data.card?.abnormal].find(Array.isArray)?.map((reason) => html` <small>${word('reason', reason)}</small>`)}${data.by && html` <small><${Bdi}>${by(data.by)}<//></small>`}</span>
    <details><summary aria-label="JSON">{…}</summary><p><${Moment} time=${time} /></p><pre tabindex="0" translate="no">${JSON.stringify({...event, type: `iotcard.${type}`}, null, 2)}</pre></details></li>`;
};

export const Events = () => {
  const {query} = useAtom(route);
  useAtom(zone);
  const {kind, device, iccid} = query;
  const filters = {kind, device: /^[^/]+\/[^/]+$/.test(device ?? '') ? device : undefined, iccid};
  const list = useApi('/event/list', {...filters, limit: 200});
  const [fresh, setFresh] = useState([]);    // shown, on top of the list's
  const [held, setHeld] = useState([]);      // wait behind the button
  const [older, setOlder] = useState(null);  // {rows, cursor}
  const [paused, setPaused] = useState(false);
  const where = JSON.stringify(filters);
  const asked = useRef();
  asked.current = where;
  useEffect(() => { setFresh([]); setHeld([]); setOlder(null); }, [where]);
  useEvents((event) => {
    if (event.type === 'resync') return list.reload();
    if (event.type !== 'gap' && !fits({...event, type: short(event.type)}, filters)) return;
    (paused || scrollY > 120 ? setHeld : setFresh)((rows) => [{...event, at: Date.now()}, ...rows].slice(0, most));
  });
  const show = () => { setFresh([...held, ...fresh].slice(0, most)); setHeld([]); setPaused(false); scrollTo(0, 0); };
  const more = async () => {
    try {
      const {rows, nextCursor} = await api('/event/list', {query: {...filters, limit: 200, cursor: older?.cursor ?? list.answer.nextCursor}});
      if (where === asked.current) setOlder({rows: [...(older?.rows ?? []), ...rows], cursor: nextCursor});
    } catch (error) { complain(error); }
  };
  const seen = new Set();
  const waiting = new Set(held.map(({id}) => id));
  const rows = [...fresh, ...(list.answer?.rows ?? []), ...(older?.rows ?? [])].filter(({type, id}) => type === 'gap' || (!seen.has(id) && !waiting.has(id) && seen.add(id))).slice(0, most);
  const cursor = older ? older.cursor : list.answer?.nextCursor;
  const set = Object.values(query).filter(Boolean).length;
  const def = {filters: [{key: 'kind', type: 'chips', multi: true, label: t('events.kinds'), options: kinds.map((value) => ({value, label: t(`events.cat.${value}`)}))},
    {key: 'device', label: t('events.device'), placeholder: t('events.device_hint'), min: 3}, {key: 'iccid', label: t('events.iccid'), min: 18}]};
  return html`<${Title} actions=${html`<button type="button" data-act="pause" aria-pressed=${paused} onClick=${() => (paused ? show() : setPaused(true))}>${t(paused ? 'events.go_on' : 'events.pause')}</button>`}>${t('nav.events')}<//>
    <${Filters} def=${def} filters=${filters} query=${query} set=${set} />
    ${list.error && html`<${Fault} error=${list.error} retry=${list.reload} />`}
    ${held.length > 0 && html`<button type="button" class="news" data-news=${held.length} onClick=${show}>${t('new_rows', {n: held.length})} ▲</button>`}
    ${rows.length > 0 ? html`<ol class="events" aria-label=${t('nav.events')}>${rows.map((event) => (event.type === 'gap'
      ? html`<li class="gap" key=${`gap${event.at}`}>${t('events.gap', {reason: t(`events.why.${event.reason}`)})}</li>` : html`<${Row} key=${event.id} event=${{...event, type: short(event.type)}} />`))}</ol>`
      : list.answer && html`<${Empty}>${set ? t('no_hit') : t('events.none')}<//>`}
    ${list.loading && !list.answer && html`<div class="wait" role="status" aria-label=${t('loading')}></div>`}
    <p class="row">${cursor && rows.length < most && html`<button type="button" data-act="older" onClick=${more}>${t('events.older')}</button>`}
      ${rows.length === most && html`<small>${t('events.newest', {n: most})}</small>`}</p>`;
};
