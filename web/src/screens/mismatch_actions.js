// SPDX-License-Identifier: Apache-2.0
// Accept, dismiss, reopen: one with an undo, many with a preview of the exact effect.
import {html} from '../vendor.js';
import {api, post} from '../core/api.js';
import {act} from '../core/dialog.js';
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
  said: ({binding}) => t('mismatches.accepted_one', {device: nameOf(binding), iccid: binding.iccid}),
  undo: (answer) => takeBack(mismatch, answer), then,
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

// What a batch will do, or has done, in sentences.
const Effect = ({verb, result: {done, bound, ended, cards_added: added, failed, accepted}}) => html`
  ${verb === 'accept' ? html`<ul><li>${t('mismatches.made', {n: bound})}</li><li>${t('mismatches.ended', {n: ended})}</li><li>${t('mismatches.added', {n: added})}</li></ul>`
    : html`<p>${t(`mismatches.effect_${verb}`, {n: done})}</p>`}
  ${verb === 'accept' && accepted.length > 0 && html`<details><summary>${t('details')}</summary><ul>${accepted.slice(0, 100).map(({binding, released}) => html`<li><bdi>${nameOf(binding)}</bdi> → <${Iccid} value=${binding.iccid} plain copy=${false} />${
    released.map((one) => html` <small>${t('mismatches.ends', {device: nameOf(one), iccid: one.iccid})}</small>`)}</li>`)}</ul></details>`}
  ${failed.length > 0 && html`<p><b>▲ ${t('cannot', {n: failed.length})}</b></p><ul>${failed.slice(0, 100).map(({id, reason}) => html`<li>#${id} <span lang="en">${reason}</span></li>`)}</ul>`}`;

// what: {ids, n} or {filter, expected, n}. With a filter, the number that was seen must still hold.
export const many = (verb) => (what, then) => {
  const send = (more) => post(`/mismatch/${verb}`, {...(what.ids ? {ids: what.ids} : {expected: what.expected}), ...more}, what.filter).then(({data}) => data);
  return act({
    ask: {title: t(`mismatches.${verb}_title`, {n: what.n}), ok: t(`mismatches.${verb}`, {n: what.n}),
      preview: () => send({dryRun: true}), ready: ({done}) => done > 0, confirm: what.n > 10 ? what.n : 0,
      body: (result) => html`<${Effect} verb=${verb} result=${result} />`,
      fields: verb === 'reopen' ? [] : [{name: 'reason', label: t('reason_label')}]},
    run: ({reason}) => send(reason ? {reason} : {}),
    said: ({done, failed}) => t(`mismatches.${verb}_done`, {n: count(done), failed: failed.length ? ` ${t('mismatches.failed', {n: failed.length})}` : ''}),
    level: ({failed}) => (failed.length ? 'warn' : 'well'),
    undo: verb === 'accept' || what.n > 500 ? undefined
        : ({settled}) => post(`/mismatch/${verb === 'dismiss' ? 'reopen' : 'dismiss'}`, {ids: settled.map(({id}) => id)}),
    then,
  });
};
