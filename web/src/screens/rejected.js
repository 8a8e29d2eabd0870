// SPDX-License-Identifier: Apache-2.0
// Reports that could not be read, and a playground that explains any payload.
import {html, useEffect, useState} from '../vendor.js';
import {address, mayWrite, post, useApi} from '../core/api.js';
import {act, ask} from '../core/dialog.js';
import {bytes} from '../core/format.js';
import {t, word} from '../core/lang.js';
import {List} from '../core/list.js';
import {useAtom} from '../core/store.js';
import {complain} from '../core/toast.js';
import {Age, Badge, Bdi, Device, Facts, Fault, Icon, Iccid, Panel, Title, Word} from '../core/ui.js';
import {field} from './parts.js';
import {draft, explain, octets, Payload, text} from './payload.js';

const outcome = (name) => name && html`<${Word} kind="outcome" value=${name} />`;
const rejection = ({reason, offset}, size) => `${word('rejection', reason)}, ${t('rejected.offset', {n: offset, size})}`;

// In steps: how it was read, which card it is, what is decided, and what follows.
const Explained = ({it, all}) => html`<div data-explained=${it.accepted}>
  <p>${!it.accepted ? html`<${Badge} level="crit">${t('rejected.unread', {reason: rejection(it.rejection, all.length)})}<//>` : html`${outcome(it.outcome)} ${it.suspect && html`<${Word} kind="suspect" value=${it.suspect} />`}`}</p>
  <${Payload} octets=${all} spans=${it.spans} />
  <${Facts} rows=${[
    ['ICCID', it.iccid ? html`<${Iccid} value=${it.iccid} other=${it.bound_iccid} />` : it.accepted && t('rejected.no_iccid')],
    [t('rejected.problem'), it.iccid_problem && word('problem', it.iccid_problem)],
    [field('leniencies'), it.leniencies.map((name) => word('leniency', name)).join(', ')], [field('issues'), it.issues.length > 0 && html`<${Bdi}>${it.issues.join(', ')}<//>`],
    [t('rejected.key'), it.iccid_key && html`<code>${it.iccid_key}</code>`], [t('rejected.pattern'), it.topic_pattern && html`<code>${it.topic_pattern}</code>`],
    [t('rejected.match'), it.match && word('match', it.match)], [field('luhn'), it.iccid && word('luhn', it.luhn)], [field('platform'), it.platform],
    [t('rejected.bound'), it.bound_iccid && html`<${Iccid} value=${it.bound_iccid} other=${it.iccid} />`], [field('holder'), it.holder && html`<${Bdi}>${it.holder}<//>`],
    [t('rejected.candidates'), it.candidates?.length > 0 && it.candidates.map((iccid) => html`<${Iccid} value=${iccid} /> `)],
    [t('rejected.writes'), it.writes && (it.writes.length ? html`<ul class="short">${it.writes.map(({kind, device, iccid}) => html`<li>${word('events', `kind.${kind}`).replace(/^kind\./, '')} <bdi>${device ?? ''}</bdi> ${iccid && html`<${Iccid} value=${iccid} copy=${false} />`}</li>`)}</ul>` : t('rejected.nothing'))],
    [t('rejected.events'), it.events && (it.events.length ? it.events.map(({type, data}) => html`<details><summary>${word('events', `kind.${type.replace(/^iotcard\./, '')}`).replace(/^kind\./, '')}</summary><pre tabindex="0" translate="no">${JSON.stringify(data, null, 2)}</pre></details>`) : t('rejected.nothing'))],
  ]} /></div>`;

const hexOf = (all) => [...all].map((one) => one.toString(16).padStart(2, '0')).join(' ');
const fromHex = (typed) => {
  const digits = typed.replace(/\s/g, '');
  return /^([0-9a-f]{2})*$/i.test(digits) ? Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16)) : null;
};

const Playground = () => {
  const given = useAtom(draft);
  const [topic, setTopic] = useState('');
  const [typed, setTyped] = useState('');
  const [hex, setHex] = useState(false);
  const [answer, setAnswer] = useState(null);  // {it, all}
  const [error, setError] = useState(null);
  const run = async (to, all) => {
    setError(null);
    try { setAnswer({it: (await explain(to, all)).data, all}); } catch (fault) { setError(fault); setAnswer(null); }
  };
  const octetsOf = () => (hex ? fromHex(typed) : new TextEncoder().encode(typed));
  useEffect(() => {
    if (!given) return;
    // Octets that are no text are shown as hexadecimal, so that they stay what they were.
    const exact = new TextDecoder('utf-8', {ignoreBOM: true}).decode(given.octets);
    const clean = !/[\ufffd\0-\x08\x0b-\x1f]/.test(exact);
    setHex(!clean);
    setTyped(clean ? exact : hexOf(given.octets));
    setTopic(given.topic ?? '');
    run(given.topic, given.octets);
    document.getElementById('playground')?.scrollIntoView({block: 'nearest'});
  }, [given]);
  const swap = () => { const all = octetsOf(); if (!all) return; setTyped(hex ? new TextDecoder().decode(all) : hexOf(all)); setHex(!hex); };
  const bad = hex && !fromHex(typed);
  return html`<div id="playground"><${Panel} title=${t('rejected.playground')}><p class="muted">${t('rejected.about')}</p>
    <form onSubmit=${(event) => { event.preventDefault(); if (!bad) run(topic, octetsOf()); }}>
      <div class="field"><label for="topic">${t('rejected.topic')}</label><input id="topic" value=${topic} placeholder="/1/METER07/info/post" spellcheck=${false} onInput=${(event) => setTopic(event.target.value)} /></div>
      <div class="field"><label for="payload">${t('rejected.payload')}</label><textarea id="payload" rows="6" value=${typed} spellcheck=${false} placeholder=${'{"iccid":"898604293620C0000970"}'} onInput=${(event) => setTyped(event.target.value)} aria-invalid=${bad || undefined}></textarea>
        <label><input type="checkbox" checked=${hex} onChange=${swap} /> ${t('rejected.hex')}</label>${bad && html`<small>▲ ${t('rejected.bad_hex')}</small>`}</div>
      <p><button type="submit" class="main" data-act="run" disabled=${bad || !typed}>${t('rejected.explain')}</button></p></form>
    ${error && html`<${Fault} error=${error} />`}${answer && html`<${Explained} ...${answer} />`}<//></div>`;
};

// First what would come of it, then, if it can be read, whether it goes in again.
const replay = async ({id, size}, then) => {
  let trial;
  try { trial = (await post(`/rejected/${id}/replay`, undefined, {dryRun: true})).data; } catch (error) { return complain(error); }
  const name = (result) => word('outcome', (result.outcome ?? '').replace(/^\w+\./, ''));
  if (!trial.accepted) {
    return ask({title: t('rejected.replay'), cancel: false, body: t('rejected.would_not', {reason: trial.rejection ? rejection(trial.rejection, size) : '–'})});
  }
  return act({
    ask: {title: t('rejected.replay'), ok: mayWrite() ? t('rejected.apply') : t('ok'), body: t('rejected.would', {outcome: name(trial)})},
    run: () => (mayWrite() ? post(`/rejected/${id}/replay`) : null),
    said: (answer) => answer && t('rejected.applied', {outcome: name(answer.data)}),
    then,
  });
};

const Detail = ({row, reload}) => {
  const all = octets(row);
  return html`<${Payload} octets=${all} spans=${{error: {offset: row.offset, length: 1}}} />
    <p class="row"><button type="button" data-act="explain" onClick=${() => draft.set({topic: row.topic, octets: all})}>${t('rejected.explain')}</button>
    <button type="button" data-act="replay" onClick=${() => replay(row, reload)}>${t('rejected.replay')}</button>
    <a class="button" download href=${address(`/rejected/${row.id}/payload`)}><${Icon} name="down" /> ${t('rejected.download')}</a>
    <small>${rejection(row, row.size)}</small></p>`;
};

// /1/METER07/info/post is of the device 1/METER07; other patterns are shown as they are.
const Topic = ({topic}) => {
  const [, product, device] = topic.match(/^\/([^/]+)\/([^/]+)\/info\/post$/) ?? [];
  return device ? html`<${Device} product=${product} device=${device} />` : html`<${Bdi}>${topic}<//>`;
};

export const Rejected = () => {
  const counts = useApi('/rejected/statistics');
  const reasons = counts.answer?.data.by_reason ?? [];
  const def = {
    path: '/rejected/list', label: t('nav.rejected'), rowKey: ({id}) => id, name: ({topic}) => topic, empty: t('rejected.none'),
    also: ['topic', 'since', 'until'], live: (type) => type === 'report.rejected', reload: counts.reload,
    filters: [{key: 'reason', type: 'chips', multi: true, label: t('rejected.reasons'), options: reasons.map(({reason, count}) => ({value: reason, label: word('rejection', reason), count}))},
      {key: 'device', label: t('rejected.device'), placeholder: t('rejected.device_hint'), min: 3}],
    columns: [{label: t('rejected.at'), m: 'b', cell: ({at}) => html`<${Age} time=${at} />`}, {label: t('rejected.topic'), m: 'a', cell: ({topic}) => html`<${Topic} topic=${topic} />`},
      {label: t('rejected.reason'), m: 'c', cell: ({reason}) => html`<${Badge} level="warn">${word('rejection', reason)}<//>`},
      {label: t('rejected.size'), num: true, m: 'd', cell: ({size}) => bytes(size)},
      {label: t('rejected.payload'), p: 2, cell: (row) => html`<code class="clip" translate="no">${text(octets(row).slice(0, 60))}</code>`}],
    detail: (row, reload) => html`<${Detail} row=${row} reload=${reload} />`,
  };
  return html`<${Title}>${t('nav.rejected')}<//><div class="beside"><${List} def=${def} /><${Playground} /></div>`;
};
