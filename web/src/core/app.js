// SPDX-License-Identifier: Apache-2.0
// The frame around the screens: header with the search box and the state, banner, footer, dialogs.
import {Component, html, useEffect, useRef, useState} from '../vendor.js';
import {screens} from '../screens/screens.js';
import {loadSession, now, session, signOut, useApi} from './api.js';
import {ask, Dialogs} from './dialog.js';
import {chooseZone, clock, offset, zone} from './format.js';
import {useKeys} from './keys.js';
import {chooseLanguage, few, language, t} from './lang.js';
import {live, useEvents} from './live.js';
import {go, href, route} from './router.js';
import {Search} from './search.js';
import {remember, remembered, useAtom} from './store.js';
import {complain, toast, Toasts} from './toast.js';
import {Fault} from './ui.js';
import {SignIn} from '../screens/sign_in.js';

// Open mismatches, for the header: asked at most each five seconds.
const useOpen = () => {
  const counts = useApi(session.get() && '/mismatch/statistics');
  const [timer] = useState({});
  useEvents(({type}) => {
    if (/^(mismatch|binding|gap|resync)/.test(type)) timer.on ??= setTimeout(() => { timer.on = null; counts.reload(); }, 3000);
  });
  const open = counts.answer?.data.filter(({state}) => state === 'open') ?? [];
  return {n: open.reduce((sum, {count}) => sum + count, 0), lower: open.some((one) => one.count_is_lower_bound)};
};

const find = (parts) => screens.find(({path}) => path === (parts[0] ?? '')) ?? null;

const Nav = ({parts}) => {
  const open = useOpen();
  const here = find(parts);
  return html`<nav class="main" aria-label=${t('screens')}>${screens.filter(({nav}) => nav).map(({path, nav, count}) => html`<a href=${href(`/${path}`)}
    aria-current=${here && (here.path === path || here.under === path) ? 'page' : undefined} data-nav=${path}>${t(nav)}${count && open.n > 0 && html` <b>${few(open.n)}${open.lower ? '+' : ''}</b>`}</a>`)}</nav>`;
};

const dots = {live: ['●', 'well'], waiting: ['◐', 'warn'], away: ['○', 'crit']};
const State = () => {
  const {link, since} = useAtom(live);
  useAtom(zone);
  const text = link === 'live' ? t('live') : since ? t(`link.${link}`, {time: clock(since)}) : t('connecting');
  return html`<span class="state ${dots[link][1]}" role="status" data-link=${link}><i aria-hidden="true">${dots[link][0]}</i> ${text}</span>`;
};

const Banner = () => {
  const {link, since, ready, reason} = useAtom(live);
  const [late, setLate] = useState(false);  // a reconnection of a moment needs no banner
  useEffect(() => {
    const timer = setTimeout(() => setLate(link !== 'live'), link === 'live' ? 0 : 4000);
    return () => clearTimeout(timer);
  }, [link]);
  const text = link === 'away' && late ? t('banner.away', {time: clock(since)}) : !ready ? t('banner.not_ready')
      : late && link === 'waiting' ? t('banner.stream') : '';
  return html`<div role="alert" class="banners">${text && html`<div class="banner" data-banner>▲ <b>${text}</b>${!ready && link !== 'away' && reason && html` <span lang="en">${reason}</span>`}</div>`}</div>`;
};

const Account = ({me}) => html`<details class="menu" onClick=${(event) => { if (event.target.closest('button,a')) event.currentTarget.open = false; }}
  onKeyDown=${(event) => { if (event.key === 'Escape') event.currentTarget.open = false; }} onFocusOut=${(event) => { if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false; }}>
  <summary>${me.mode === 'open' ? t('open_mode') : html`<bdi>${me.name}</bdi> · ${t(`scope.${me.scope}`)}`}</summary>
  <div><a href=${href('/settings')}>${t('nav.settings')}</a><button type="button" onClick=${help}>${t('keys')} <kbd>?</kbd></button>
  ${me.mode !== 'open' && html`<button type="button" data-act="sign-out" onClick=${() => signOut().catch(complain)}>${t('sign_out')}</button>`}</div></details>`;

const help = () => ask({title: t('keys'), cancel: false, ok: t('close'), body: html`<table class="keys"><tbody>${
  [['/', 'search'], ['j k', 'row'], ['x', 'tick'], ['Enter', 'open'], ['a', 'accept'], ['d', 'dismiss'], ['u', 'undo'], ['Esc', 'close'],
    ...screens.filter(({key}) => key).map(({key, nav}) => [`g ${key}`, nav])].map(([key, text]) => html`<tr><td>${key.split(' ').map((one) => html`<kbd>${one}</kbd> `)}</td><td>${t(text.startsWith('nav.') ? text : `key.${text}`)}</td></tr>`)}</tbody></table>`});

const Language = () => html`<button type="button" class="link" lang=${language.get() === 'zh' ? 'en' : 'zh-CN'} data-act="language"
  onClick=${() => chooseLanguage(language.get() === 'zh' ? 'en' : 'zh')}>${language.get() === 'zh' ? 'English' : '中文'}</button>`;
const Zone = () => {
  const utc = useAtom(zone) === 'utc';
  return html`<button type="button" class="link" data-act="zone" aria-pressed=${utc} onClick=${() => chooseZone(utc ? 'local' : 'utc')}>${utc ? t('zone.utc') : `${t('zone.local')} (${offset(now(), false)})`}</button>`;
};

// A bug in a screen leaves the rest of the page alive.
class Guard extends Component {
  componentDidCatch(error) { console.error(error); this.setState({error}); }
  render({children}, {error}) {
    return error ? html`<div class="fault" role="alert"><b>▲ ${t('bug')}</b> <small lang="en">${String(error)}</small> <button type="button" onClick=${() => this.setState({error: null})}>${t('retry')}</button></div>` : children;
  }
}

const Page = () => {
  const {path, parts} = useAtom(route);
  const screen = find(parts);
  const first = useRef(true);
  // Where the focus was is gone with the last screen: the next Tab goes on from the heading.
  useEffect(() => {
    if (!first.current && document.activeElement === document.body) document.querySelector('h1')?.focus({preventScroll: true});
    first.current = false;
  }, [path]);
  useKeys(Object.fromEntries(screens.filter(({key}) => key).map(({key, path: to}) => [`g ${key}`, () => go(`/${to}`)])));
  useKeys({'?': help});
  return html`<main id="main" tabindex="-1" class=${screen?.narrow ? 'narrow' : ''} data-screen=${screen?.path ?? 'none'}><${Guard} key=${path}>
    ${screen ? html`<${screen.view} parts=${parts.slice(1)} />` : html`<h1>${t('no_screen')}</h1><p><a href=${href('/')}>${t('nav.overview')}</a></p>`}<//></main>`;
};

export const App = () => {
  useAtom(language);
  const me = useAtom(session);
  const {parts} = useAtom(route);
  const [error, setError] = useState();
  const load = () => { setError(); loadSession().catch((fault) => { setError(fault); setTimeout(load, 1000 * (fault.retryAfter || 5)); }); };
  useEffect(load, []);
  useEffect(() => {
    if (me?.mode !== 'open' || remembered('open_told', '')) return;
    remember('open_told', '1');
    toast(t('open_told'), {level: 'warn'});
  }, [me?.mode]);
  const body = error ? html`<main><${Fault} error=${error} retry=${load} /></main>`
      : me === undefined ? html`<main></main>` : me === null ? html`<${SignIn} />` : html`<${Page} />`;
  return html`<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>${t('skip')}</a>
    <header class="top"><a class="brand" href=${href('/')}>iotcardd</a>${me && html`<${Nav} parts=${parts} /><${Search} /><${State} /><${Account} me=${me} />`}</header>
    ${me && html`<${Banner} />`}${body}
    <footer class="page"><${Zone} /> <${Language} />${me?.version && html` <span>iotcardd ${me.version}</span>`}</footer>
    <${Toasts} /><${Dialogs} />`;
};
