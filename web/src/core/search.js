// SPDX-License-Identifier: Apache-2.0
// The search box: cards and devices at once, by any part of a number, with the keyboard.
import {html, useEffect, useRef, useState} from '../vendor.js';
import {useApi} from './api.js';
import {useKeys} from './keys.js';
import {t} from './lang.js';
import {go, href, route} from './router.js';
import {useAtom} from './store.js';
import {Icon, Word} from './ui.js';

export const Search = () => {
  const own = useRef();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState('');
  const [at, setAt] = useState(-1);
  const [inside, setInside] = useState(false);
  const {path} = useAtom(route);
  useKeys({'/': () => own.current.querySelector('input').focus()});
  useEffect(() => { setText(''); setAsked(''); }, [path]);
  useEffect(() => {
    const timer = setTimeout(() => { setAsked(text.trim().length > 1 ? text.trim().slice(0, 64) : ''); setAt(-1); }, 200);
    return () => clearTimeout(timer);
  }, [text]);
  const {answer, error, loading} = useApi(asked && '/search', {q: asked});
  // Enter opens no hit of what was typed before.
  const found = asked && asked === text.trim() && !loading && answer?.data;
  const hits = !found ? [] : [
    ...found.cards.map((card) => ({to: href(['card', card.iccid]), view: html`<span class="iccid" translate=${false}>${card.iccid.match(/.{1,4}/g).map((group) => html`<span>${group}</span>`)}</span> <${Word} kind="status" value=${card.status} />`})),
    found.more_cards && asked.length > 2 && {to: href('/cards', {text: asked}), view: t('more_cards')},
    ...found.devices.map(({product, device}) => ({to: href(['device', product, device]), view: html`<bdi>${product}/${device}</bdi>`})),
    found.more_devices && asked.length > 2 && {to: href('/devices', {text: asked}), view: t('more_devices')},
  ].filter(Boolean);
  const keys = (event) => {
    const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (by) { event.preventDefault(); setAt(Math.max(-1, Math.min(hits.length - 1, at + by))); }
    if (event.key === 'Enter' && hits.length) { event.preventDefault(); go(...toPlace(hits[Math.max(0, at)].to)); own.current.querySelector('input').blur(); }
    if (event.key === 'Escape') { setText(''); event.target.blur(); }
  };
  const open = inside && asked && (found || error);
  return html`<search ref=${own} class="search" onFocusIn=${() => setInside(true)} onFocusOut=${(event) => setInside(own.current.contains(event.relatedTarget))}><${Icon} name="search" /><input type="search" role="combobox" aria-label=${t('search')} placeholder=${t('search_hint')} autocomplete="off" spellcheck=${false}
    aria-expanded=${Boolean(open)} aria-controls="hits" aria-autocomplete="list" aria-activedescendant=${at < 0 ? undefined : `hit${at}`} maxlength="64" value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${keys} /><kbd>/</kbd>
    <div id="hits" role="listbox" aria-label=${t('search')} hidden=${!open}>${error ? html`<p role="option">${error.text}</p>` : hits.length ? hits.map(({to, view}, i) => html`<a role="option" id=${`hit${i}`} tabindex="-1" aria-selected=${i === at} href=${to}>${view}</a>`) : found && html`<p role="option" aria-selected="false">${t(found.partial ? 'found_partly' : 'nothing_found')}</p>`}</div></search>`;
};
const toPlace = (link) => {
  const [path, query] = link.slice(1).split('?');
  return [path, Object.fromEntries(new URLSearchParams(query))];
};
