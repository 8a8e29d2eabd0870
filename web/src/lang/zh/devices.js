// SPDX-License-Identifier: Apache-2.0
export default {
  none: '还没有设备上报。', bound: '已绑定', unbound: '未绑定', silent: '静默', quick: '快捷筛选',
  text: '编号、ICCID、固件', seen_before: '未上报超过',
  last_report: '最近上报', no_report: '尚未上报。', its_card: '绑定的卡', no_card: '没有绑定卡。',
  iccid_at: '已标出 ICCID。', explain: '解析', topic: '主题', position: '位置', reported: '上报',
  ask: '请求上报', asked: '消息代理已收到请求：{topic}', ask_unheard: '该设备从未上报', had: '绑定记录',
  remove_q: '移除此设备及其历史和不匹配记录？', force: '设备已绑定，结束其绑定', removed: '已移除 {device}',
};
