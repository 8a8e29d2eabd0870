// SPDX-License-Identifier: Apache-2.0
// Names of the fields of cards and devices.
export default {
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
};
