// SPDX-License-Identifier: Apache-2.0
export default {
  none: '所有上报均可读取。', reasons: '拒绝原因', topic: '主题', size: '大小', at: '收到', device: '设备', device_hint: '1/METER07',
  reason: '原因', offset: '第 {n} 字节，共 {size}', explain: '解析', replay: '试重放', download: '原始字节',
  would: '现在可以读取：{outcome}。是否执行？', would_not: '仍然无法读取：{reason}', apply: '重放', applied: '已重放该上报：{outcome}',
  playground: '解析报文', about: '服务将如何读取和判定，不会更改任何数据。', payload: '报文', hex: '十六进制', bad_hex: '十六进制数字必须成对。',
  unread: '无法读取：{reason}', no_iccid: '其中没有 ICCID。', key: '所在键', pattern: '主题模式', match: '匹配', bound: '设备已绑定', candidates: '匹配的卡',
  writes: '将写入', events: '将发布', nothing: '无', problem: '问题',
};
