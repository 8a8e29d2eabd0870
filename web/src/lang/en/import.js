// SPDX-License-Identifier: Apache-2.0
export default {
  step1: '1 · File', step2: '2 · What it would do', step3: '3 · Apply', file: 'A list of cards (CSV)', size: '{size}, at most {max}',
  too_large: 'The file has {size}; at most {max} can be imported here.', drop: 'Drop a file here or choose one. Nothing changes before step 3.',
  update: 'Change cards that are there', clear_empty: 'Empty cells clear the field', strict: 'All or nothing', trust_zeros: 'Trust ICCIDs that end in zeros',
  zone: 'Time zone of times', more: 'Mapping, encoding', map: 'Mapping', encoding: 'Encoding', delimiter: 'Delimiter', preview: 'Look what it would do', columns: 'Columns',
  required: 'required', column: 'Column', meaning: 'Meaning', example: 'Example',
  rows: 'Rows', added: 'Will be added', updated: 'Will be changed', unchanged: 'Stay as they are', refused: 'Refused', bound: 'Will be bound', settled: 'Mismatches settled',
  luhn: 'With a wrong check digit', of_stored: {one: '{n} refused card is in the store with other values: tick “Change cards that are there”.', other: '{n} refused cards are in the store with other values: tick “Change cards that are there”.'},
  withheld: 'A row is refused, so nothing will be imported.', first_refused: 'Refused rows', all_refused: 'All refused rows', line: 'Line', reason: 'Reason', card: 'Card', changes: 'Changes (the first)',
  unused: 'Not read: {columns}', doubt: 'It may be {encoding} instead: “{text}” would be “{other}”.', read_as: 'Read as {encoding}.',
  until: 'Kept until {time}', apply: {one: 'Apply {n} row', other: 'Apply {n} rows'}, nothing: 'There is nothing to apply.', holds: 'While it is applied, reports wait in the journal.',
  applying: '{done} of {rows} rows', done: 'Done: {added} added, {updated} changed, {refused} refused.', failed: 'The import failed.', again: 'Another file', see: 'Cards that need an eye',
};
