// SPDX-License-Identifier: Apache-2.0
export default {
  iccid: 'ICCID', imsi: 'IMSI', msisdn: 'MSISDN', imei: 'IMEI', network_imei: '网络侧 IMEI',
  access_number: '接入号', operator: '运营商', platform: '卡平台', plan: '套餐', status: '状态',
  network: '网络', status_reason: '状态原因', raw_status: '原始状态', used_bytes: '已用',
  limit_bytes: '限额', remaining_bytes: '剩余', usage_scope: '限额范围', period_start: '周期开始',
  period_end: '周期结束', opened_at: '开卡', activated_at: '激活', expires_at: '到期',
  alert_percent: '告警百分比', note: '备注', refreshed_at: '平台查询', updated_at: '修改时间',
  created_at: '添加时间', device: '设备', product: '产品', bound_since: '绑定时间', luhn: '校验位',
  abnormal: '异常原因', outcome: '上次结果', firmware_version: '固件', rssi: 'RSSI',
  reports: '上报数', first_seen: '首次上报', last_seen: '最近上报', leniencies: '修复项', issues: '问题',
  reported_iccid: '上报的 ICCID', user_id: '用户', silent_since: '静默开始', holder: '持有设备',
};
