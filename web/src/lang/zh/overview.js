// SPDX-License-Identifier: Apache-2.0
export default {
  to_look_at: '待处理', only_abnormal: '仅有异常卡，见下方。', all_well: '没有需要处理的事项。', reports: '上报，24 小时', per_hour: '每小时 {n} 条', spark: '自 {from} 起共 {n} 条上报，按小时统计',
  received: '收到', accepted: '接受', repaired: '修复', at_least: '至少 {share}', rejected: '拒收', rejected_day: '24 小时内拒收的上报',
  broker: '消息代理', connected: '已连接', disconnected: '未连接', silent: '静默设备', failing: '异常平台', quarantined: '隔离的事件', imports: '未完成的导入',
  bound: '已绑定', abnormal: '异常卡', none_abnormal: '没有异常卡。', most_used: '用量最高', repairs: '各修复项，24 小时',
  backlog: '积压与空间', journal: '日志', deferred: '延后', outbox: '待发布事件', oldest: '最早 {span}前', store: '数据库', free: '剩余空间', up: '已运行',
  webhook: 'Webhook {name} 异常：', nothing: '还没有卡和设备。', import: '导入列表',
};
