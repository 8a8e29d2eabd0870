// SPDX-License-Identifier: Apache-2.0
// All screens. path is the first part of the place, nav the key of its word in the header, key the
// second key of "g …", under the screen that the header marks instead; view draws it.
import {Card} from './card.js';
import {Cards} from './cards.js';
import {Device} from './device.js';
import {Devices} from './devices.js';
import {Events} from './events.js';
import {Import} from './import.js';
import {Mismatches} from './mismatches.js';
import {Overview} from './overview.js';
import {Platforms} from './platforms.js';
import {Rejected} from './rejected.js';
import {Settings} from './settings.js';

export const screens = [
  {path: '', nav: 'nav.overview', key: 'o', view: Overview},
  {path: 'mismatches', nav: 'nav.mismatches', key: 'm', count: true, view: Mismatches},
  {path: 'cards', nav: 'nav.cards', key: 'c', view: Cards},
  {path: 'devices', nav: 'nav.devices', key: 'd', view: Devices},
  {path: 'events', nav: 'nav.events', key: 'e', view: Events},
  {path: 'rejected', nav: 'nav.rejected', key: 'r', view: Rejected},
  {path: 'platforms', nav: 'nav.platforms', key: 'p', view: Platforms},
  {path: 'card', under: 'cards', narrow: true, view: Card},
  {path: 'device', under: 'devices', narrow: true, view: Device},
  {path: 'import', under: 'cards', narrow: true, view: Import},
  {path: 'settings', view: Settings},
];
