// SPDX-License-Identifier: Apache-2.0
export default {
  none: 'No platform is configured.', how: 'A section {section} of {file} names one.', 'state.well': 'well', 'state.failing': 'failing', 'state.not_asked': 'not asked', profile: 'Profile', no_profile: 'none: it is never asked',
  cards: 'Cards', unasked: 'Not asked yet', oldest: 'Oldest answer', last: 'Last answer', failures: 'Failures in a row', next: 'Next attempt', last_failure: 'Last failure', asked_by: 'Asked by',
  held: {one: '{n} card is not found any more; its state is kept.', other: '{n} cards are not found any more; their states are kept.'}, since: 'since',
  accept: 'Apply not found', accept_q: {one: '{n} card becomes “not found”.', other: '{n} cards become “not found”.'}, accepted: {one: '{n} card is not found now', other: '{n} cards are not found now'},
  test: 'Test', test_q: 'Test platform {id}', iccid_hint: 'Empty: one of its cards', took: 'It works; {ms} ms', bad: 'It does not work', secret: 'Nothing secret is shown.',
};
