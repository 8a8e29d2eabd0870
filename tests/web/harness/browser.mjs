// SPDX-License-Identifier: Apache-2.0
// How Chromium is started. The sandbox wants a user of its own; what is tested is our own page.
export const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
