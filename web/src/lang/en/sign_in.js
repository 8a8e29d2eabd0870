// SPDX-License-Identifier: Apache-2.0
export default {
  title: 'Sign in', token: 'Token', show: 'Show', hide: 'Hide', go: 'Sign in',
  about: 'A token of the file that {key} names. {command} makes one. The browser keeps a session only, never the token.',
};
