// SPDX-License-Identifier: Apache-2.0
// What a file of tests has: a broker, a daemon on a copy of the fleet, a browser. webTest() is a test
// with a page that fails on whatever a page must never do; see page.mjs.
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { flags } from './browser.mjs';
import { Daemon, folder, programs } from './daemon.mjs';
import { fleet } from './fleet.mjs';
import { Mosquitto } from './mosquitto.mjs';
import { Page } from './page.mjs';

export const world = {};

// Call it once in a file. options: {store: 'fleet' or 'empty', tokens, toml}.
export const useWorld = ({ store = 'fleet', ...options } = {}) => {
  before(async () => {
    const dir = world.dir = await folder();
    if (store === 'fleet') await cp(await fleet(), dir, { recursive: true });
    world.broker = await Mosquitto.start(dir);
    world.daemon = new Daemon({ dir, broker: world.broker.port, ...options });
    await world.daemon.configure();
    await world.daemon.start();
    world.url = world.daemon.url;
    world.browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: flags });
  });
  after(async () => {
    await world.browser?.close();
    await world.daemon?.stop();
    await world.broker?.stop();
    if (!world.failed) await rm(world.dir, { recursive: true, force: true });
    else console.log(`kept: ${world.dir}; screenshots: ${join(programs.work, 'failed')}`);
  });
};

// options: {user: 'ann' | 'rob' | null, context: of Playwright, url, expect: see Page}
export const webTest = (name, options, body) => {
  if (!body) [options, body] = [{}, options];
  const { user = 'ann', context: contextOptions = {}, url, expect, timeout = 120_000 } = options;
  test(name, { timeout }, async () => {
    const made = [];
    const open = async (more = {}) => {
      const page = await Page.open({ user, url: url?.() ?? world.url, expect, contextOptions, ...more });
      made.push(page);
      return page;
    };
    let page;
    try {
      page = await open();
      await body(page, open);
      for (const one of made) await one.check();
    } catch (error) {
      world.failed = true;
      const notes = [];
      const shots = join(programs.work, 'failed');
      await mkdir(shots, { recursive: true });
      for (const [i, one] of made.entries()) {
        const file = join(shots, `${name.replace(/[^a-z0-9]+/gi, '-').slice(0, 80)}-${i}.png`);
        await one.page.screenshot({ path: file, timeout: 5000 }).catch(() => {});
        notes.push(`${one.place()}: ${one.problems.join('\n') || 'no complaint of the page'}`);
      }
      // The runner prints the stack.
      error.stack = `${error.stack}\n${notes.join('\n')}\n-- iotcardd.log\n${await world.daemon.logTail()}`;
      throw error;
    } finally {
      for (const one of made) await one.close();
    }
  });
};
