// SPDX-License-Identifier: Apache-2.0
// The card platforms: how each does, a test, and what it does not find any more.
import {html} from '../vendor.js';
import {post, useApi} from '../core/api.js';
import {act, ask} from '../core/dialog.js';
import {num, pieces, t} from '../core/lang.js';
import {useChanges} from '../core/live.js';
import {href} from '../core/router.js';
import {Act, Age, Badge, Bdi, Empty, Facts, Iccid, levelOf, Loaded, Moment, Panel, Title, Word} from '../core/ui.js';

const test = async (id, then) => {
  const given = await ask({title: t('platforms.test_q', {id}), ok: t('platforms.test'), fields: [{name: 'iccid', label: 'ICCID', hint: t('platforms.iccid_hint')}]});
  if (!given) return;
  await ask({
    title: t('platforms.test_q', {id}), cancel: false, ok: t('close'),
    preview: () => post(`/platform/${id}/test`, given.iccid ? {iccid: given.iccid.replace(/\s/g, '')} : {}),
    body: ({data}) => html`<p data-test=${data.ok}><${Badge} level=${data.ok ? 'well' : 'crit'}>${data.ok ? t('platforms.took', {ms: data.took_ms}) : t('platforms.bad')}<//></p>
      ${data.problem && html`<p lang="en"><${Bdi}>${data.problem}<//></p>`}
      <ol class="short">${data.steps.map(({name, ok, text}) => html`<li>${ok ? '●' : '◆'} <b>${name}</b> <pre lang="en" tabindex="0">${text}</pre></li>`)}</ol>
      ${data.result && html`<p lang="en"><${Bdi}>${data.result}<//></p>`}${data.card && html`<p>${data.card.iccid && html`<${Iccid} value=${data.card.iccid} copy=${false} />`} ${data.card.status && html`<${Word} kind="status" value=${data.card.status} />`}</p>`}<p class="muted">${t('platforms.secret')}</p>`,
  });
  then();
};
const accept = ({id, held_back: n}, then) => act({
  ask: {title: t('platforms.accept'), ok: t('platforms.accept'), danger: true, body: t('platforms.accept_q', {n}), confirm: n > 10 ? n : 0},
  run: () => post(`/platform/${id}/accept-not-found`, {}),
  said: ({data}) => t('platforms.accepted', {n: data.accepted}),
  then,
});

const One = ({it, reload}) => html`<${Panel} title=${html`${it.id} <bdi>${it.name ?? ''}</bdi>`} aside=${html`<${Badge} level=${it.state === 'not_asked' ? 'idle' : levelOf(it.state)}>${t(`platforms.state.${it.state}`)}<//>`}>
  <${Facts} rows=${[
    [t('platforms.profile'), it.profile ? html`<code>${it.profile}</code>` : t('platforms.no_profile')],
    [t('platforms.cards'), html`<a href=${href('/cards', {platform: it.id})}>${num(it.cards)}</a>`],
    [t('platforms.unasked'), it.profile && num(it.unasked)], [t('platforms.oldest'), it.oldest_answer && html`<${Age} time=${it.oldest_answer} />`], [t('platforms.last'), it.last_answer && html`<${Age} time=${it.last_answer} />`],
    [t('platforms.failures'), it.failures > 0 && num(it.failures)], [t('platforms.next'), it.next_try && html`<${Moment} time=${it.next_try} />`],
    [t('platforms.last_failure'), it.failure && html`<${Age} time=${it.last_failure} /> <small lang="en"><bdi>${it.failure}</bdi></small>`], [t('platforms.asked_by'), it.asked_by && html`<${Bdi}>${it.asked_by}<//>`]]} />
  ${it.held_back > 0 && html`<p>▲ ${t('platforms.held', {n: it.held_back})} ${it.held_back_since && html`<small>${t('platforms.since')} <${Moment} time=${it.held_back_since} /></small>`}</p>`}
  ${it.profile && html`<p class="row"><${Act} name="test" onClick=${() => test(it.id, reload)}>${t('platforms.test')}…<//>
    ${it.held_back > 0 && html`<${Act} name="accept-not-found" onClick=${() => accept(it, reload)}>${t('platforms.accept')}…<//>`}</p>`}<//>`;

export const Platforms = () => {
  const list = useApi('/platform/list');
  useChanges(({type}) => type.startsWith('card'), list.refresh);
  return html`<${Title}>${t('nav.platforms')}<//><${Loaded} from=${list}>${({rows}) => (!rows.length ? html`<${Empty}>${t('platforms.none')} ${pieces('platforms.how', {section: html`<code>[[platform]]</code>`, file: html`<code>iotcardd.toml</code>`})}<//>`
    : html`<div class="grid">${rows.map((it) => html`<${One} key=${it.id} it=${it} reload=${list.reload} />`)}</div>`)}<//>`;
};
