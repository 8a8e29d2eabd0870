// SPDX-License-Identifier: Apache-2.0
export default {
  pause: '暂停', go_on: '继续', none: '还没有事件。', older: '更早的事件', kinds: '类型', device: '设备', iccid: 'ICCID', device_hint: '1/METER07',
  'cat.binding': '绑定', 'cat.mismatch': '不匹配', 'cat.card': '卡', 'cat.report': '上报', 'cat.device': '设备',
  newest: '显示最新 {n} 条。', bound: '已绑定',
  gap: '此处缺少事件：{reason}', 'why.other_store': '服务使用了另一个数据库', 'why.restarted': '服务已重启', 'why.expired': '事件已过期', 'why.undefined': '连接中断',
  'kind.report.no_card': '上报无卡', 'kind.report.rejected': '无法读取的上报', 'kind.mismatch.iccid_invalid': 'ICCID 无法识别', 'kind.mismatch.iccid_ambiguous': '多卡匹配',
  'kind.mismatch.card_unknown': '未知卡', 'kind.mismatch.wrong_platform': '平台不符', 'kind.mismatch.device_has_other_card': '换卡', 'kind.mismatch.card_in_use': '卡已占用',
  'kind.mismatch.cleared': '不匹配结束', 'kind.binding.created': '已绑定', 'kind.binding.confirmed': '已确认', 'kind.binding.released': '已解绑',
  'kind.card.abnormal': '卡异常', 'kind.card.recovered': '卡恢复', 'kind.device.silent': '设备静默', 'kind.device.heard': '设备恢复上报',
};
