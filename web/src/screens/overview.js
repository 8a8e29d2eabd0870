// SPDX-License-Identifier: Apache-2.0
// Is all well, and what is to do. Every number leads to its list.
import {html, useEffect, useRef} from '../vendor.js';
import {now, useApi} from '../core/api.js';
import {age, bytes, moment, percent, span, tick} from '../core/format.js';
import {count, few, num, t, word} from '../core/lang.js';
import {useChanges} from '../core/live.js';
import {href} from '../core/router.js';
import {Bar, Empty, Facts, Fault, Iccid, levelOf, Panel, Spark, Title, Word} from '../core/ui.js';

const repairs = ['bom', 'leading-bytes', 'gb18030-text', 'invalid-utf8', 'trailing-bytes', 'trailing-comma', 'non-finite-number', 'missing-value', 'control-characters',
  'unquoted-iccid', 'trimmed', 'at-response', 'separators', 'lower-case', 'nibble-swapped', 'leading-filler', 'filler'];
const kinds = [['suspect', 'cloned'], ['suspect', 'moved'], ['outcome', 'device_has_other_card'], ['outcome', 'card_unknown'], ['outcome', 'wrong_platform'],
  ['outcome', 'iccid_ambiguous'], ['outcome', 'iccid_invalid']];
const reasons = ['terminated', 'not_found', 'expired', 'suspended', 'network_blocked', 'over_limit', 'imei_mismatch', 'expiring_soon', 'near_limit'];
const shapes = {crit: '◆', warn: '▲', well: '●', idle: '○'};

// A line of a panel: a count, what it counts, and its place.
const Line = ({n, lower, text, to, level}) => html`<a class="line ${level ?? ''}" href=${to} data-line=${text}><i aria-hidden="true">${level ? shapes[level] : ''}</i><span>${text}</span><b class="num">${count(n, lower)}</b></a>`;
const Lines = ({lines, empty}) => {
  const some = lines.filter((line) => line && line.n > 0);
  return some.length ? html`<div class="lines">${some.map((line) => html`<${Line} ...${line} />`)}</div>` : html`<p class="good">● ${empty}</p>`;
};
const total = (values = []) => values.reduce((sum, value) => sum + (value ?? 0), 0);

const Reports = ({series}) => {
  const data = series.answer?.data;
  const received = total(data?.series.received);
  const repaired = Math.max(0, ...repairs.map((name) => total(data?.series[`leniency.${name}`])));
  // Of the last whole hour; the running one is not over.
  const rate = data?.series.received.slice(-2, -1);
  const rejected = total(data?.series.rejected);
  return html`<${Panel} title=${t('overview.reports')} aside=${data && html`<b>${t('overview.per_hour', {n: total(rate)})}</b>`}>
    ${series.error ? html`<${Fault} error=${series.error} retry=${series.reload} />` : data && html`
      <${Spark} values=${data.series.received} label=${t('overview.spark', {n: num(received), from: moment(data.from)})} />
      <div class="ends"><small>${age(data.from)}</small><small>${t('just_now')}</small></div>
      <${Facts} rows=${[[t('overview.received'), html`<b>${num(received)}</b>`],
        [t('overview.accepted'), received ? percent(Math.floor(total(data.series.accepted) / received * 1e4) / 1e4, 2) : '–'],
        [t('overview.repaired'), received ? t('overview.at_least', {share: percent(repaired / received, 1)}) : '–'],
        [t('overview.rejected'), html`<a href=${href('/rejected', {since: '24h'})}>${num(rejected)}</a>${received > 0 && ` · ${percent(rejected / received, 2)}`}`]]} />`}
  <//>`;
};

export const Overview = () => {
  const own = useRef({}).current;
  const cards = useApi('/card/statistics', {top: 5});
  const counts = useApi('/mismatch/statistics');
  const status = useApi('/status');
  const platforms = useApi('/platform/list');
  const series = useApi('/statistics/series', {metric: ['received', 'accepted', 'rejected', ...repairs.map((name) => `leniency.${name}`)].join(), since: '24h', step: '1h'});
  const all = [cards, counts, status, platforms, series];
  const reload = () => all.forEach((one) => one.refresh());
  own.reload = reload;
  useChanges(() => true, reload, () => 3000);
  useEffect(() => tick.subscribe((n) => n % 2 && own.reload()), []);
  const s = cards.answer?.data, now_ = status.answer?.data;
  const found = counts.answer?.data ?? [];
  const mismatches = (fits) => ({n: found.filter(fits).reduce((sum, one) => sum + one.count, 0), lower: found.some((one) => fits(one) && one.count_is_lower_bound)});
  const sums = repairs.map((name) => [name, total(series.answer?.data.series[`leniency.${name}`])]).filter(([, n]) => n).sort(([, a], [, b]) => b - a);
  const fault = all.find(({error}) => error && error !== series.error);
  const top = s?.top_usage.filter(({used_bytes: used, limit_bytes: limit}) => used && limit) ?? [];
  const since = (time) => time && t('overview.oldest', {span: span(now() - Date.parse(time))});
  if (s && !s.cards && !s.devices) {
    return html`<${Title}>${t('nav.overview')}<//><${Empty}>${t('overview.nothing')} <a class="button" href=${href('/import')}>${t('overview.import')}</a><//>`;
  }
  return html`<${Title}>${t('nav.overview')}<//>${fault && html`<${Fault} error=${fault.error} retry=${reload} />`}
    ${!s && !fault && html`<div class="wait" role="status" aria-label=${t('loading')}></div>`}
    <div class="grid">
    ${counts.answer && s && html`<${Panel} title=${t('overview.to_look_at')}><${Lines} empty=${t(Object.values(s.by_reason).some(Boolean) ? 'overview.only_abnormal' : 'overview.all_well')} lines=${[
      ...kinds.map(([kind, value]) => ({...mismatches((one) => one.state === 'open' && (kind === 'suspect' ? one.suspect === value : one.outcome.endsWith(value))), text: word(kind, value), level: levelOf(value),
        to: href('/mismatches', {[kind === 'suspect' ? 'suspect' : 'kind']: value})})),
      ...(now_ ? [{n: Object.values(now_.rejected_last_day).reduce((a, b) => a + b, 0), text: t('overview.rejected_day'), level: 'warn', to: href('/rejected', {since: '24h'})},
        {n: now_.store.silent_devices, text: t('overview.silent'), level: 'warn', to: href('/devices', {silent: 'true'})},
        {n: now_.platforms_failing.length, text: t('overview.failing'), level: 'crit', to: href('/platforms')},
        {n: now_.store.quarantined, text: t('overview.quarantined'), level: 'warn', to: href('/events')},
        {n: now_.unfinished_imports, text: t('overview.imports'), level: 'warn', to: href('/import')}] : []),
      {...mismatches((one) => one.state === 'dismissed'), text: word('state', 'dismissed'), level: 'idle', to: href('/mismatches', {state: 'dismissed'})},
    ]} />${now_?.daemon?.warnings?.map((warning) => html`<p>▲ <span lang="en">${warning}</span></p>`)}<//>`}
    <${Reports} series=${series} />
    ${s && html`<${Panel} title=${t('nav.cards')} aside=${html`<a href=${href('/cards')}><b>${num(s.cards)}</b></a>`}>
      <div class="lines"><${Line} n=${s.bound} text=${`${t('overview.bound')} · ${percent(s.cards ? s.bound / s.cards : 0)}`} to=${href('/cards', {bound: 'true'})} />
      ${Object.entries(s.by_status).sort(([, a], [, b]) => b - a).filter(([, n]) => n).map(([value, n]) => html`<${Line} n=${n} text=${word('status', value)} level=${levelOf(value)} to=${href('/cards', {status: value})} />`)}
      <${Line} n=${s.devices} text=${t('nav.devices')} to=${href('/devices')} /></div><//>
    <${Panel} title=${t('overview.abnormal')}><${Lines} empty=${t('overview.none_abnormal')} lines=${reasons.map((reason) => ({n: s.by_reason[reason] ?? 0, text: word('reason', reason), level: levelOf(reason), to: href('/cards', {reason})}))} /><//>`}
    ${top.length > 0 && html`<${Panel} title=${t('overview.most_used')}><div class="lines">${top.map((card) => html`<div class="line"><${Iccid} value=${card.iccid} copy=${false} /><${Bar} share=${card.used_bytes / card.limit_bytes} /> <b class="num">${percent(card.used_bytes / card.limit_bytes)}</b></div>`)}</div><//>`}
    ${sums.length > 0 && html`<${Panel} title=${t('overview.repairs')}><div class="lines">${sums.slice(0, 8).map(([name, n]) => html`<${Line} n=${n} text=${word('leniency', name)} to=${href('/devices', {leniency: name})} />`)}</div><//>`}
    ${platforms.answer?.rows.length > 0 && html`<${Panel} title=${t('nav.platforms')}><div class="lines">${platforms.answer.rows.map((one) => html`<a class="line" href=${href('/platforms')}><span><bdi>${one.id} ${one.name ?? ''}</bdi> <small>${few(one.cards)}</small></span><${Word} kind="platform_state" value=${one.state} /></a>`)}</div><//>`}
    ${now_ && html`<${Panel} title=${t('overview.backlog')}><${Facts} rows=${[
      [t('overview.broker'), html`<${Word} kind="overview" value=${now_.broker.connected ? 'connected' : 'disconnected'} level=${now_.broker.connected ? 'well' : 'crit'} />`],
      [t('overview.journal'), html`${bytes(now_.backlog.journal_bytes)} <small>${since(now_.backlog.journal_oldest)}</small>`],
      [t('overview.deferred'), html`${num(now_.store.deferred)} <small>${since(now_.backlog.deferred_oldest)}</small>`],
      [t('overview.outbox'), html`${num(now_.store.outbox)} <small>${since(now_.backlog.outbox_oldest)}</small>`],
      [t('overview.store'), bytes(now_.store.bytes)],
      ...now_.disks.slice(0, 2).map(({path, free_bytes: free, total_bytes: size}) => [html`${t('overview.free')} <small><bdi>${path}</bdi></small>`, `${bytes(free)} · ${percent(free / size)}`]),
      now_.started_at && [t('overview.up'), span(now() - Date.parse(now_.started_at))]]} />
      ${now_.webhooks.filter(({state}) => state === 'failing' || state === 'open').map(({name, failure}) => html`<p>▲ ${t('overview.webhook', {name})} <span lang="en">${failure}</span></p>`)}<//>`}
    </div>`;
};
