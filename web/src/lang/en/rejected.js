// SPDX-License-Identifier: Apache-2.0
export default {
  none: 'Every report could be read.', reasons: 'Why rejected', topic: 'Topic', size: 'Size', at: 'Came', device: 'Device', device_hint: '1/METER07',
  reason: 'Reason', offset: 'at byte {n} of {size}', explain: 'Explain', replay: 'Replay, trial', download: 'Bytes',
  would: 'It would be read now: {outcome}. Apply it?', would_not: 'It still cannot be read: {reason}', apply: 'Replay', applied: 'The report went in again: {outcome}',
  // The playground
  playground: 'Explain a payload', about: 'How the daemon would read and decide it. Nothing changes.', payload: 'Payload', hex: 'as hexadecimal', bad_hex: 'Hexadecimal digits come in pairs.',
  unread: 'Cannot be read: {reason}', no_iccid: 'It has no ICCID.', key: 'Found at', pattern: 'Topic pattern', match: 'Match', bound: 'The device is bound to', candidates: 'Cards that fit',
  writes: 'Would be written', events: 'Would be published', nothing: 'nothing', problem: 'Problem',
};
