// SPDX-License-Identifier: Apache-2.0
export default {
  file: 'From {file}', no_file: 'There is no configuration file: all values are defaults.', key: 'Setting', value: 'Value', origin: 'From', default: 'default', line: 'line {n}', secret: 'set, secret', no_secret: 'not set',
  restart: 'needs a restart', filter: 'Find', only_file: 'Only what the file sets', shown: '{n} settings', none: 'No setting matches.',
};
