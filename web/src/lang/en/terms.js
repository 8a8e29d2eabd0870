// SPDX-License-Identifier: Apache-2.0
// Names of fields, and values that only some screens show; each member is an area.
export default {
  field: {
    iccid: 'ICCID', imsi: 'IMSI', msisdn: 'MSISDN', imei: 'IMEI', network_imei: 'IMEI in the network',
    access_number: 'Access number', operator: 'Operator', platform: 'Platform', plan: 'Plan', status: 'Status',
    network: 'Network', status_reason: 'Reason of the status', raw_status: 'Status as sent', used_bytes: 'Used',
    limit_bytes: 'Limit', remaining_bytes: 'Left', usage_scope: 'Limit of', period_start: 'Period from',
    period_end: 'Period until', opened_at: 'Opened', activated_at: 'Activated', expires_at: 'Expires',
    alert_percent: 'Alert at %', note: 'Note', refreshed_at: 'Platform asked', updated_at: 'Changed',
    created_at: 'Added', device: 'Device', product: 'Product', bound_since: 'Bound since', luhn: 'Check digit',
    abnormal: 'Why abnormal', outcome: 'Last outcome', firmware_version: 'Firmware', rssi: 'RSSI',
    reports: 'Reports', first_seen: 'First seen', last_seen: 'Last seen', leniencies: 'Repairs', issues: 'Issues',
    reported_iccid: 'Reported ICCID', user_id: 'User', silent_since: 'Silent since', holder: 'Holder',
  },
  leniency: {
    bom: 'byte order mark', 'leading-bytes': 'bytes before it', 'gb18030-text': 'GB18030 text', 'invalid-utf8': 'invalid UTF-8',
    'trailing-bytes': 'bytes behind it', 'trailing-comma': 'trailing comma', 'non-finite-number': 'NaN or infinity',
    'missing-value': 'missing value', 'control-characters': 'control characters', 'unquoted-iccid': 'unquoted ICCID', trimmed: 'blanks around it',
    'at-response': 'answer of an AT command', separators: 'separators', 'lower-case': 'lower case', 'nibble-swapped': 'swapped digits',
    'leading-filler': 'leading filler', filler: 'filler F',
  },
  by: {report: 'by report', policy: 'by policy'},
  usage_scope: {card: 'the card', pool: 'a pool'},
  request: {failed: 'failed', done: 'done', pending: 'under way'},
};
