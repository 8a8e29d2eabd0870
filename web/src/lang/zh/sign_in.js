// SPDX-License-Identifier: Apache-2.0
export default {
  title: '登录', token: '令牌', show: '显示', hide: '隐藏', go: '登录',
  about: '{key} 所指文件中的令牌，可用 {command} 生成。浏览器只保存会话，不保存令牌。',
};
