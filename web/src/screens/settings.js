// SPDX-License-Identifier: Apache-2.0
// The settings in force, with where each comes from. A secret's value never leaves the daemon.
import {html} from '../vendor.js';
import {useApi} from '../core/api.js';
import {Filters} from '../core/filters.js';
import {t} from '../core/lang.js';
import {route} from '../core/router.js';
import {useAtom} from '../core/store.js';
import {Badge, Bdi, Loaded, Title} from '../core/ui.js';
import {Table} from './parts.js';

export const Settings = () => {
  const {query} = useAtom(route);
  const all = useApi('/settings');
  const def = {filters: [{key: 'origin', type: 'chips', label: t('settings.origin'), options: [{value: 'file', label: t('settings.only_file')}]}, {key: 'text', label: t('settings.filter')}]};
  const fits = ({key, value, origin}) => (!query.origin || origin === query.origin) && `${key} ${value ?? ''}`.toLowerCase().includes((query.text ?? '').toLowerCase());
  return html`<${Title}>${t('nav.settings')}<//><${Filters} def=${def} filters=${query} query=${query} set=${Object.keys(query).length} />
    <${Loaded} from=${all}>${({file, settings}) => html`<p>${file ? html`<${Bdi}>${t('settings.file', {file})}<//>` : t('settings.no_file')} <small>${t('settings.shown', {n: settings.filter(fits).length})}</small></p>
      <${Table} label=${t('nav.settings')} rows=${settings.filter(fits)} empty=${t('settings.none')} columns=${[
        {label: t('settings.key'), cell: ({key}) => html`<code>${key}</code>`},
        {label: t('settings.value'), cell: ({value, secret, origin}) => (secret ? html`<${Badge}>${t(origin === 'default' ? 'settings.no_secret' : 'settings.secret')}<//>` : html`<code><bdi>${value ?? '–'}</bdi></code>`)},
        {label: t('settings.origin'), cell: ({origin, line}) => (origin === 'default' ? t('settings.default') : line ? t('settings.line', {n: line}) : origin)},
        {label: '', cell: ({restart}) => restart && html`<small>${t('settings.restart')}</small>`}]} />`}<//>`;
};
