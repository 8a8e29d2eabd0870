// SPDX-License-Identifier: Apache-2.0
import {html} from '../vendor.js';
import {t} from '../core/lang.js';
import {Title} from '../core/ui.js';

export const Settings = () => html`<${Title}>${t('nav.settings')}<//>`;
