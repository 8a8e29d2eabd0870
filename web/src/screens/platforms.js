// SPDX-License-Identifier: Apache-2.0
import {html} from '../vendor.js';
import {t} from '../core/lang.js';
import {Title} from '../core/ui.js';

export const Platforms = () => html`<${Title}>${t('nav.platforms')}<//>`;
