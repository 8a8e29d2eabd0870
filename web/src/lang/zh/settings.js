// SPDX-License-Identifier: Apache-2.0
export default {
  file: '来自 {file}', no_file: '没有配置文件，全部为默认值。', key: '设置', value: '值', origin: '来源', default: '默认', line: '第 {n} 行', secret: '已设置，机密', no_secret: '未设置',
  restart: '需重启', filter: '查找', only_file: '仅文件中的设置', shown: '{n} 项设置', none: '没有匹配的设置。',
};
