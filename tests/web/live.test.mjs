// SPDX-License-Identifier: Apache-2.0
// What happens is seen without a reload, and nothing jumps: events, a daemon that goes and comes, a
// broker that is away, seven tabs.
import assert from 'node:assert/strict';
import * as fleet from './harness/fleet.mjs';
import { eventually } from './harness/processes.mjs';
import { useWorld, webTest, world } from './harness/world.mjs';

useWorld();

const report = (device, number) => world.broker.publish(`/1/${device}/info/post`, JSON.stringify({ rssi: -60, iccid: number }));

webTest('an event arrives in the open list of events', async (page) => {
  await page.go('/events');
  await page.link('live').waitFor();
  await report('LIVE1', fleet.unknown(500));
  await page.page.getByText('1/LIVE1').first().waitFor();
});

webTest('new rows of the work list are announced, and come when they are asked for', async (page) => {
  await page.go('/mismatches');
  await page.link('live').waitFor();
  const before = await page.keys();
  for (let i = 0; i < 12; ++i) await report(`FRESH${i}`, fleet.unknown(600 + i));
  const news = page.page.locator('[data-news="12"]');
  await news.waitFor();
  assert.deepEqual(await page.keys(), before, 'no row moves');
  await news.click();
  await page.page.waitForFunction((old) => document.querySelector('[data-row]').dataset.row !== old, before[0]);
  assert.equal((await page.keys()).filter((key) => !before.includes(key)).length, 12);
});

webTest('a row that somebody else settles changes in place and keeps its place', async (page) => {
  await page.go('/mismatches?kind=device_has_other_card');
  await page.link('live').waitFor();
  const keys = await page.keys();
  await page.row(keys[1]).locator('input[type=checkbox]').check();
  await world.daemon.fetch(`mismatch/${keys[0]}/accept`, { method: 'POST' });
  await page.page.waitForFunction((key) => document.querySelector(`[data-row="${key}"]`)?.classList.contains('gone'), keys[0]);
  assert.deepEqual(await page.keys(), keys);
  assert.equal(await page.row(keys[1]).locator('input[type=checkbox]').isChecked(), true);
});

webTest('a daemon that ends and comes back under an open page: said, caught up, no reload',
  { expect: [/ERR_CONNECTION_REFUSED/, /ERR_INCOMPLETE_CHUNKED_ENCODING/, /ERR_EMPTY_RESPONSE/, /ERR_CONNECTION_RESET/, /status of 401/, /ERR_NETWORK/, /status of 503/] },
  async (page) => {
    await page.go('/mismatches?kind=card_unknown');
    await page.link('live').waitFor();
    await page.page.evaluate(() => { self.sameDocument = true; });
    await world.daemon.stop();
    await page.link('away').waitFor({ timeout: 30_000 });
    await page.banner().waitFor();
    await world.broker.publish('/1/WHILE/info/post', JSON.stringify({ iccid: fleet.unknown(700) }));
    await world.daemon.start();
    // A session ends with the daemon.
    await page.screen('sign-in').waitFor({ timeout: 40_000 });
    await page.page.locator('#token').fill(world.daemon.tokens.ann);
    await page.page.locator('form button[type=submit]').click();
    await page.link('live').waitFor();
    await page.banner().waitFor({ state: 'detached' });
    assert.match(page.place(), /kind=card_unknown/);
    assert.equal(await page.page.evaluate(() => self.sameDocument), true);
    await report('AFTER', fleet.unknown(701));
    await page.page.locator('[data-news]').waitFor();
  });

webTest('a broker that is away is said by a banner, which goes by itself', { expect: [/status of 503 .*readyz/] }, async (page) => {
  await page.go('/');
  await page.link('live').waitFor();
  await world.broker.stop();
  await page.banner().waitFor({ timeout: 30_000 });
  await world.broker.start();
  await page.banner().waitFor({ state: 'detached', timeout: 60_000 });
});

webTest('seven tabs share one stream, and none hangs', async (page, open) => {
  const tabs = [page];
  for (let i = 0; i < 6; ++i) tabs.push(await open({ context: page.context }));
  for (const [i, tab] of tabs.entries()) {
    await tab.go(['/mismatches', '/cards', '/devices'][i % 3]);
    await tab.rows().first().waitFor();
  }
  // A tab that is not seen holds no stream; the browser under test shows all.
  for (const tab of tabs) await tab.link('live').waitFor();
  await eventually('one stream for all tabs', async () => {
    const text = await (await world.daemon.fetch('metrics')).text();
    return Number(text.match(/^iotcardd_event_streams (\d+)/m)[1]) === 1;
  });
  await report('SEVEN', fleet.unknown(800));
  for (const tab of [tabs[0], tabs[3], tabs[6]]) await tab.page.locator('[data-news]').waitFor();
  for (const tab of tabs) {
    await tab.go('/platforms');
    await tab.go('/cards');
    await tab.rows().first().waitFor();
  }
});

webTest('a tab that was hidden catches up', async (page) => {
  await page.go('/mismatches');
  await page.link('live').waitFor();
  const hide = (hidden) => page.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, value });
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: value ? 'hidden' : 'visible' });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await report('ASLEEP', fleet.unknown(900));
  await world.daemon.applied();
  await hide(false);
  await page.page.locator('[data-news]').waitFor();
});
