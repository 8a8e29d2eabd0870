// SPDX-License-Identifier: Apache-2.0
export default {
  none: '未配置卡平台。', how: '在 {file} 中用 {section} 配置。', 'state.well': '正常', 'state.failing': '故障', 'state.not_asked': '未查询', profile: '配置文件', no_profile: '无，不会查询',
  cards: '卡', unasked: '尚未查询', oldest: '最早的应答', last: '最近的应答', failures: '连续失败', next: '下次尝试', last_failure: '最近的失败', asked_by: '查询者',
  held: '{n} 张卡已查无，其状态保留。', since: '自',
  accept: '应用查无结果', accept_q: '{n} 张卡将变为“查无此卡”。', accepted: '{n} 张卡已变为查无此卡',
  test: '测试', test_q: '测试平台 {id}', iccid_hint: '留空则使用其中一张卡', took: '正常，{ms} 毫秒', bad: '不正常', secret: '不显示任何机密。',
};
