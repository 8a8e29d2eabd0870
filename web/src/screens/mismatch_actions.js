// SPDX-License-Identifier: Apache-2.0
// Accept, dismiss, reopen: one with an undo, many with a preview of the exact effect.
import {html} from '../vendor.js';
import {api, post} from '../core/api.js';
import {act, ask} from '../core/dialog.js';
import {count, t} from '../core/lang.js';
import {Iccid} from '../core/ui.js';

const nameOf = ({product, device}) => `${product}/${device}`;

// Gives back what an acceptance changed, if nobody has changed it since: the new binding ends, those that
// it ended are made again, a card that it added is removed, and one that it moved to another platform
// moves back.
const takeBack = async (mismatch, {card_added: added, bound, binding, released}) => {
  const path = `/card/${binding.iccid}`;
  const {data: card} = await api(path);
  if (nameOf(card) !== nameOf(binding) || (bound && card.bound_since !== binding.since)) throw {text: t('mismatches.changed_since')};
  if (bound) await post(`${path}/unbind`, {});
  for (const {iccid, product, device} of released) await post(`/card/${iccid}/bind`, {product, device});
  if (added) await api(path, {method: 'DELETE'});
  else if (mismatch.card_platform) await api(path, {method: 'PUT', body: {platform: mismatch.card_platform}});
};

export const accept = (mismatch, then, {card, reason} = {}) => act({
  run: async () => (await post(`/mismatch/${mismatch.id}/accept`, {card: card || null, reason: reason || null})).data,
  said: ({binding, bound}) => t(bound ? 'mismatches.accepted_one' : 'mismatches.moved_one', {device: nameOf(binding), iccid: binding.iccid}),
  undo: (answer) => takeBack(mismatch, answer), undone: t('mismatches.taken_back'), then,
});
export const dismiss = (mismatch, then, {reason} = {}) => act({
  run: () => post(`/mismatch/${mismatch.id}/dismiss`, {reason: reason || null}),
  said: () => t('mismatches.dismissed_one', {device: nameOf(mismatch)}),
  undo: () => post(`/mismatch/${mismatch.id}/reopen`, {}), then,
});
export const reopen = (mismatch, then) => act({
  run: () => post(`/mismatch/${mismatch.id}/reopen`, {}),
  said: () => t('mismatches.reopened_one', {device: nameOf(mismatch)}),
  undo: () => post(`/mismatch/${mismatch.id}/dismiss`, {reason: mismatch.reason}), then,
});

// What could not be done, and why.
const Failed = ({failed}) => failed.length > 0 && html`<p><b>▲ ${t('cannot', {n: failed.length})}</b></p><ul>${failed.slice(0, 100).map(({id, reason}) => html`<li>#${id} <span lang="en">${reason}</span></li>`)}</ul>`;

// What a batch will do, in sentences.
const Effect = ({verb, result: {done, bound, ended, cards_added: added, failed, accepted}}) => html`
  ${verb === 'accept' ? html`<ul>${[['made', bound], ['ended', ended], ['added', added], ['moved', accepted.filter((one) => !one.bound).length]]
    .map(([name, n]) => n > 0 && html`<li>${t(`mismatches.${name}`, {n})}</li>`)}</ul>`
    : html`<p>${t(`mismatches.effect_${verb}`, {n: done})}</p>`}
  ${verb === 'accept' && accepted.length > 0 && html`<details><summary>${t('details')}</summary><ul>${accepted.slice(0, 100).map(({binding, released}) => html`<li><bdi>${nameOf(binding)}</bdi> → <${Iccid} value=${binding.iccid} plain copy=${false} />${
    released.map((one) => html` <small>${t('mismatches.ends', {device: nameOf(one), iccid: one.iccid})}</small>`)}</li>`)}</ul></details>`}
  <${Failed} failed=${failed} />${verb === 'accept' && html`<p class="muted">${t('mismatches.no_undo')}</p>`}`;

// what: {ids, n} or {filter, expected, n}. What the preview showed is what is done: its ids are sent, as far
// as one request takes them. Of more than that, the number that was seen must still hold.
const most = 500;
export const many = (verb) => (what, then) => {
  const send = (more, ids = what.ids) => post(`/mismatch/${verb}`, {...(ids ? {ids} : {expected: what.expected}), ...more}, ids ? undefined : what.filter).then(({data}) => data);
  const seen = ({matching, accepted, settled}) => (matching > most ? what.ids
      : [...accepted.map(({mismatch}) => mismatch), ...settled.map(({id}) => id)]);
  return act({
    ask: {title: t(`mismatches.${verb}_title`, {n: what.n}), ok: t(`mismatches.${verb}`, {n: what.n}),
      preview: () => send({dryRun: true}), ready: ({done}) => done > 0, confirm: what.n > 10 ? what.n : 0,
      body: (result) => html`<${Effect} verb=${verb} result=${result} />`,
      fields: verb === 'reopen' ? [] : [{name: 'reason', label: t('reason_label')}]},
    run: ({reason, result}) => send(reason ? {reason} : {}, seen(result)),
    said: ({done, failed}) => t(`mismatches.${verb}_done`, {n: count(done), failed: failed.length ? ` ${t('mismatches.failed', {n: failed.length})}` : ''}),
    level: ({failed}) => (failed.length ? 'warn' : 'well'),
    undo: verb === 'accept' || what.n > most ? undefined
        : ({settled}) => post(`/mismatch/${verb === 'dismiss' ? 'reopen' : 'dismiss'}`, {ids: settled.map(({id}) => id)}),
    then: (answer) => {
      then?.();
      if (answer?.failed.length) ask({title: t('mismatches.failed', {n: answer.failed.length}), cancel: false, ok: t('close'), body: html`<${Failed} failed=${answer.failed} />`});
    },
  });
};
