// SPDX-License-Identifier: Apache-2.0
export default {
  field: {
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
  },
  leniency: {
    bom: '字节序标记', 'leading-bytes': '前置字节', 'gb18030-text': 'GB18030 文本', 'invalid-utf8': 'UTF-8 无效',
    'trailing-bytes': '尾部字节', 'trailing-comma': '多余逗号', 'non-finite-number': '非有限数值',
    'missing-value': '缺少值', 'control-characters': '控制字符', 'unquoted-iccid': 'ICCID 无引号', trimmed: '首尾空白',
    'at-response': 'AT 命令应答', separators: '分隔符', 'lower-case': '小写', 'nibble-swapped': '半字节交换',
    'leading-filler': '前置填充', filler: '填充 F',
  },
  by: {report: '由上报', policy: '由策略'},
  usage_scope: {card: '单卡', pool: '流量池'},
  request: {failed: '失败', done: '完成', pending: '进行中'},
};
