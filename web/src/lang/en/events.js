// SPDX-License-Identifier: Apache-2.0
export default {
  pause: 'Pause', go_on: 'Continue', none: 'No event yet.', older: 'Older events', kinds: 'Kinds', device: 'Device', iccid: 'ICCID', device_hint: '1/METER07',
  'cat.binding': 'Bindings', 'cat.mismatch': 'Mismatches', 'cat.card': 'Cards', 'cat.report': 'Reports', 'cat.device': 'Devices',
  newest: 'The newest {n} are shown.', bound: 'bound',
  gap: 'Events were missed here: {reason}', 'why.other_store': 'the daemon has another store', 'why.restarted': 'the daemon restarted', 'why.expired': 'they are too old', 'why.undefined': 'the connection was interrupted',
  'kind.report.no_card': 'report without a card', 'kind.report.rejected': 'report rejected', 'kind.mismatch.iccid_invalid': 'unreadable ICCID', 'kind.mismatch.iccid_ambiguous': 'several cards fit',
  'kind.mismatch.card_unknown': 'unknown card', 'kind.mismatch.wrong_platform': 'wrong platform', 'kind.mismatch.device_has_other_card': 'SIM swapped', 'kind.mismatch.card_in_use': 'card in use',
  'kind.mismatch.cleared': 'mismatch ended', 'kind.binding.created': 'bound', 'kind.binding.confirmed': 'confirmed', 'kind.binding.released': 'unbound',
  'kind.card.abnormal': 'card abnormal', 'kind.card.recovered': 'card recovered', 'kind.device.silent': 'device silent', 'kind.device.heard': 'device heard again',
};
