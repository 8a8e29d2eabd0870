// SPDX-License-Identifier: Apache-2.0
export default {
  step1: '1 · 文件', step2: '2 · 预检', step3: '3 · 执行', file: '卡列表 (CSV)', size: '{size}，最多 {max}',
  too_large: '文件大小 {size}，这里最多导入 {max}。', drop: '拖入或选择文件。第 3 步之前不会更改任何数据。',
  update: '修改已有的卡', clear_empty: '空单元格清除字段', strict: '全部或全不', trust_zeros: '信任以零结尾的 ICCID',
  zone: '时间的时区', more: '映射、编码', map: '映射', encoding: '编码', delimiter: '分隔符', preview: '预检', columns: '列说明',
  required: '必填', column: '列', meaning: '含义', example: '示例',
  rows: '行数', added: '将添加', updated: '将修改', unchanged: '不变', refused: '拒绝', bound: '将绑定', settled: '将消除的不匹配',
  luhn: '校验位错误', of_stored: '{n} 张被拒绝的卡在库中有不同的值：请勾选“修改已有的卡”。',
  withheld: '有一行被拒绝，因此不会导入任何数据。', first_refused: '被拒绝的行', all_refused: '全部被拒绝的行', line: '行', reason: '原因', card: '卡', changes: '修改（前几条）',
  unused: '未读取的列：{columns}', doubt: '编码也可能是 {encoding}：“{text}” 将成为 “{other}”。', read_as: '按 {encoding} 读取。',
  until: '保留至 {time}', apply: '执行 {n} 行', nothing: '没有可执行的内容。', holds: '执行期间，上报在日志中等待。',
  applying: '{done} / {rows} 行', done: '完成：添加 {added}，修改 {updated}，拒绝 {refused}。', failed: '导入失败。', again: '另一个文件', see: '需要关注的卡',
};
