// SPDX-License-Identifier: Apache-2.0
// The start of the console.
import {html, render} from './vendor.js';
import {App} from './core/app.js';
import {chooseLanguage} from './core/lang.js';
import {startLive} from './core/live.js';
import {startRouter} from './core/router.js';

await chooseLanguage();
startRouter();
startLive();
render(html`<${App} />`, document.getElementById('app'));
