// SPDX-License-Identifier: Apache-2.0
// screenshots.mjs FOLDER: pictures of the main screens, light and dark, in English and Chinese, on the
// fleet that the tests use. docs/console.md shows them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import * as fleet from './harness/fleet.mjs';
import { Page } from './harness/page.mjs';
import { useWorld, world } from './harness/world.mjs';

useWorld();
const out = process.env.IOTCARD_SCREENSHOTS;

const shots = async () => {
  const [mismatch] = (await world.daemon.get('mismatch/list?kind=card_in_use&pageSize=1')).rows;
  const [rejected] = (await world.daemon.get('rejected/list?pageSize=1')).rows;
  return {
    overview: '/', mismatches: '/mismatches', mismatch: `/mismatches?kind=card_in_use&open=${mismatch.id}`,
    cards: '/cards', card: `/card/${fleet.iccid(0)}`, devices: '/devices', device: `/device/1/${fleet.device(0)}`,
    events: '/events', rejected: `/rejected?open=${rejected.id}`, import: '/import', platforms: '/platforms', settings: '/settings',
  };
};

for (const [lang, locale] of [['en', 'en-GB'], ['zh', 'zh-CN']]) {
  for (const theme of ['light', 'dark']) {
    test(`${lang}, ${theme}`, async () => {
      await mkdir(out, { recursive: true });
      const page = await Page.open({ user: 'ann', url: world.url, contextOptions: { lang: locale, theme, width: 1280, height: 800 } });
      for (const [name, place] of Object.entries(await shots())) {
        await page.go(place);
        await page.page.evaluate(() => document.fonts.ready);
        await page.page.screenshot({ path: join(out, `${name}-${lang}-${theme}.png`), animations: 'disabled', caret: 'hide' });
      }
      await page.page.setViewportSize({ width: 360, height: 740 });
      await page.go('/mismatches');
      await page.page.screenshot({ path: join(out, `phone-${lang}-${theme}.png`), animations: 'disabled' });
      await page.close();
    });
  }
}
after(() => console.log(`screenshots: ${out}`));
