// SPDX-License-Identifier: Apache-2.0
// Each screen, light and dark, in both languages: no violation of WCAG 2.2 A and AA, no key in place of
// a word, no English in Chinese, and nothing to scroll sideways on a phone.
import assert from 'node:assert/strict';
import * as fleet from './harness/fleet.mjs';
import { eventually } from './harness/processes.mjs';
import { useWorld, webTest, world } from './harness/world.mjs';
import { englishWords, rawKeys } from './harness/words.mjs';

// Each complaint in a line, the first ones only.
const none = (wrong) => {
  if (wrong.length) assert.fail(`${wrong.length} complaints:\n${wrong.slice(0, 30).join('\n')}`);
};

useWorld();

const screens = async () => {
  const first = async (path) => (await world.daemon.get(path)).rows[0];
  const mismatch = await first('mismatch/list?kind=device_has_other_card');
  const rejected = await first('rejected/list');
  return [
    '/', '/mismatches', `/mismatches?kind=device_has_other_card&open=${mismatch.id}`, '/mismatches?text=nothing-has-this',
    '/cards', '/cards?status=suspended', `/card/${fleet.iccid(0)}`, `/card/${fleet.iccid(99_999)}`,
    '/devices', `/device/1/${fleet.device(0)}`, '/events', '/rejected', `/rejected?open=${rejected.id}`, '/platforms',
    '/import', '/settings', '/no-such-screen',
  ];
};

for (const lang of ['en-GB', 'zh-CN']) {
  for (const theme of ['light', 'dark']) {
    webTest(`every screen, ${lang}, ${theme}`, { context: { lang, theme }, timeout: 300_000 }, async (page) => {
      const wrong = [];
      for (const place of await screens()) {
        await page.page.setViewportSize({ width: 1280, height: 900 });
        await page.go(place);
        assert.equal(await page.page.evaluate(() => document.documentElement.lang.slice(0, 2)), lang.slice(0, 2));
        const say = (problems) => wrong.push(...problems.map((problem) => `${place}: ${problem}`));
        say(await page.axe());
        say((await rawKeys(page)).map((key) => `no word: ${key}`));
        if (lang === 'zh-CN') say((await englishWords(page)).map((word) => `English: ${word}`));
        if (theme === 'dark') continue;
        for (const width of [320, 768]) {
          await page.page.setViewportSize({ width, height: 640 });
          const pixels = await page.overflow();
          if (pixels > 0) say([`${width} px: ${pixels} px to scroll sideways`]);
        }
      }
      none(wrong);
    });
  }
}

webTest('the sign-in, in both languages and themes', { user: null }, async (page, open) => {
  const wrong = [];
  for (const lang of ['en-GB', 'zh-CN']) {
    for (const theme of ['light', 'dark']) {
      const one = await open({ contextOptions: { lang, theme, width: 320, height: 640 } });
      await one.page.goto(world.url);
      await one.screen('sign-in').waitFor();
      wrong.push(...await one.axe(), ...await rawKeys(one));
      if (lang === 'zh-CN') wrong.push(...await englishWords(one));
      if (await one.overflow() > 0) wrong.push(`${lang}: scrolls sideways`);
    }
  }
  none(wrong);
});

webTest('a phone keeps every action: each row in two lines, the drawer below it', { context: { width: 320, height: 640, hasTouch: true, isMobile: true } }, async (page) => {
  await page.go('/mismatches?kind=device_has_other_card');
  const box = await page.rows().first().boundingBox();
  assert.ok(box.height >= 44 && box.height < 160, `${box.height} px`);
  await page.rows().first().locator('button[aria-expanded]').tap();
  await page.act('accept-one').waitFor();
  assert.ok(await page.overflow() <= 0);
});

webTest('without colours of its own (forced colours) and at 200 % everything can be read', { context: { forcedColors: 'active', width: 640, height: 450 } }, async (page) => {
  for (const place of ['/', '/mismatches', '/cards']) {
    await page.go(place);
    assert.deepEqual(await page.axe(), []);
    assert.ok(await page.overflow() <= 0, place);
  }
});

webTest('an ICCID is shown in fours and selected and copied bare', { context: { permissions: ['clipboard-read', 'clipboard-write'] } }, async (page) => {
  const number = fleet.iccid(0);
  await page.go(`/card/${number}`);
  const shown = page.page.locator(`[data-iccid="${number}"]:has(button)`).first();
  assert.equal(await shown.evaluate((element) => {
    getSelection().selectAllChildren(element.querySelector('span').parentElement);
    return String(getSelection()).trim();
  }), number);
  await shown.locator('button').click();
  await eventually('the number is copied', async () => await page.page.evaluate(() => navigator.clipboard.readText()) === number);
});

webTest('an error of the store is shown in place, and the rest of the page lives', { expect: [/status of 503/] }, async (page) => {
  await page.page.route('**/card/list?*', (route) => route.fulfill({ status: 503, headers: { 'Retry-After': '2' },
    contentType: 'application/json', body: JSON.stringify({ code: 503, msg: 'the store cannot be used just now', error: { key: 'store_unavailable', params: {} } }) }), { times: 1 });
  await page.go('/cards', { settled: false });
  await page.page.locator('.fault[role=alert]').waitFor();
  await page.rows().first().waitFor();  // asked again after two seconds
  assert.equal(await page.page.locator('.fault').count(), 0);
});
