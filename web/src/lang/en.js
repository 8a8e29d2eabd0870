// SPDX-License-Identifier: Apache-2.0
// All words of the language, by area. Each area has the same keys in each language.
import core from './en/core.js';
import words from './en/words.js';
import overview from './en/overview.js';
import mismatches from './en/mismatches.js';
import sign_in from './en/sign_in.js';
import cards from './en/cards.js';
import devices from './en/devices.js';
import events from './en/events.js';
import import_ from './en/import.js';
import platforms from './en/platforms.js';
import rejected from './en/rejected.js';
import settings from './en/settings.js';
import terms from './en/terms.js';

export default {core: {...core, ...words}, overview, mismatches, sign_in, cards, devices, events, import: import_, platforms, rejected, settings, ...terms};
