// SPDX-License-Identifier: Apache-2.0
// All words of the language, by area. Each area has the same keys in each language.
import core from './zh/core.js';
import words from './zh/words.js';
import overview from './zh/overview.js';
import mismatches from './zh/mismatches.js';
import sign_in from './zh/sign_in.js';
import cards from './zh/cards.js';
import devices from './zh/devices.js';
import events from './zh/events.js';
import import_ from './zh/import.js';
import platforms from './zh/platforms.js';
import rejected from './zh/rejected.js';
import settings from './zh/settings.js';
import terms from './zh/terms.js';

export default {core: {...core, ...words}, overview, mismatches, sign_in, cards, devices, events, import: import_, platforms, rejected, settings, ...terms};
