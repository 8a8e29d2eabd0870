// SPDX-License-Identifier: Apache-2.0
// Devices, and one device.
export default {
  none: 'No device has reported yet.', bound: 'Bound', unbound: 'Unbound', silent: 'Silent', quick: 'Quick filters',
  text: 'Number, ICCID, firmware', seen_before: 'Not seen for',
  last_report: 'Last report', no_report: 'It has not reported yet.', its_card: 'Its card', no_card: 'No card is bound to it.',
  iccid_at: 'The ICCID is marked.', explain: 'Explain', topic: 'Topic', position: 'Position', reported: 'Reported',
  ask: 'Ask for a report', asked: 'The broker has the request: {topic}', ask_unheard: 'It has never reported', had: 'Which cards it had',
  remove_q: 'Remove this device with its history and its mismatches?', force: 'It is bound; end the binding', removed: '{device} is removed',
};
