// SPDX-License-Identifier: Apache-2.0
// Everything without a mouse: keys of the list, the order of Tab, dialogs that give the focus back.
import assert from 'node:assert/strict';
import * as fleet from './harness/fleet.mjs';
import { useWorld, webTest, world } from './harness/world.mjs';

useWorld();

const focused = (page) => page.page.evaluate(() => {
  const { tagName, dataset, className } = document.activeElement;
  return { tag: tagName, ...dataset, class: String(className) };
});

webTest('g and a letter go to each screen, / to the search, ? to the keys', async (page) => {
  const { keyboard } = page.page;
  await page.go('/');
  for (const [key, screen] of [['m', 'mismatches'], ['c', 'cards'], ['d', 'devices'], ['e', 'events']]) {
    await keyboard.press('g');
    await keyboard.press(key);
    await page.screen(screen).waitFor();
  }
  await keyboard.press('/');
  assert.equal((await focused(page)).tag, 'INPUT');
  await keyboard.type('gm/?jx');
  assert.match(page.place(), /#\/events/, 'in a field, keys are text');
  await keyboard.press('Escape');
  await keyboard.press('?');
  await page.dialog().waitFor();
  await keyboard.press('Escape');
  await page.dialog().waitFor({ state: 'detached' });
});

webTest('a search finds a card by its last digits in fours, and Enter opens it', async (page) => {
  const number = fleet.iccid(7);
  await page.go('/');
  await page.page.keyboard.press('/');
  await page.page.keyboard.type(number.replace(/(.{4})/g, '$1 ').trim());
  await page.page.locator('[role=option]').first().waitFor();
  await page.page.keyboard.press('ArrowDown');
  await page.page.keyboard.press('Enter');
  await page.screen('card').waitFor();
  assert.ok(page.place().endsWith(number));
});

webTest('rows are walked, ticked and opened by keys, and the focus is seen', async (page) => {
  const { keyboard } = page.page;
  await page.go('/mismatches');
  const keys = await page.keys();
  await keyboard.press('j');
  assert.equal((await focused(page)).row, keys[0]);
  await keyboard.press('j');
  await keyboard.press('j');
  await keyboard.press('k');
  assert.equal((await focused(page)).row, keys[1]);
  const seen = await page.row(keys[1]).evaluate((row) => [getComputedStyle(row).outlineStyle, getComputedStyle(row.cells[1]).boxShadow]);
  assert.ok(seen.some((style) => style !== 'none'), 'the row that has the focus looks like the others');
  await keyboard.press('x');
  assert.equal(await page.row(keys[1]).locator('input[type=checkbox]').isChecked(), true);
  await keyboard.press('Enter');
  await page.act('accept-one').waitFor();
  assert.match(page.place(), new RegExp(`open=${keys[1]}`));
  await keyboard.press('Escape');
  await page.act('accept-one').waitFor({ state: 'detached' });
});

webTest('Tab reaches every control once, in the order of the page, and leaves it', async (page) => {
  await page.go('/mismatches?kind=iccid_invalid');
  const wanted = await page.page.evaluate(() => [...document.querySelectorAll('a[href], button, input, select, summary, textarea, [tabindex="0"]')]
    .filter((element) => element.checkVisibility({ checkVisibilityCSS: true }) && element.tabIndex >= 0 && !element.disabled).length);
  await page.page.evaluate(() => { document.activeElement.blur(); self.visited = new Set(); });
  let backwards = 0;
  for (let i = 0; i < wanted + 5; ++i) {
    await page.page.keyboard.press('Tab');
    backwards += await page.page.evaluate(() => {
      const here = document.activeElement;
      if (here === document.body) return 0;
      const before = self.lastVisited;
      self.lastVisited = here;
      self.visited.add(here);
      return before && before.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : 0;
    });
  }
  const visited = await page.page.evaluate(() => self.visited.size);
  assert.ok(visited >= wanted, `${visited} of ${wanted} controls`);
  assert.ok(backwards <= 1, `${backwards} jumps backwards`);
});

webTest('a dialog keeps the focus, ends with Escape, and gives the focus back', async (page) => {
  await page.go('/mismatches?kind=card_unknown');
  await page.page.keyboard.press('j');
  await page.page.keyboard.press('x');
  await page.page.keyboard.press('j');
  await page.page.keyboard.press('x');
  await page.act('dismiss').focus();
  await page.page.keyboard.press('Enter');
  await page.dialog().waitFor();
  for (let i = 0; i < 12; ++i) {
    await page.page.keyboard.press('Tab');
    // The browser's own controls come between; the rest of the page does not.
    assert.ok(await page.page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))));
  }
  await page.page.keyboard.press('Escape');
  await page.dialog().waitFor({ state: 'detached' });
  assert.equal((await focused(page)).act, 'dismiss', JSON.stringify(await focused(page)));
  assert.ok((await world.daemon.get('mismatch/list?kind=card_unknown')).total > 50);
});

webTest('the first Tab offers the way past the header', async (page) => {
  await page.go('/cards');
  await page.page.evaluate(() => document.activeElement.blur());
  await page.page.keyboard.press('Tab');
  assert.equal((await focused(page)).class, 'skip');
  await page.page.keyboard.press('Enter');
  assert.equal(await page.page.evaluate(() => document.activeElement.id), 'main');
});
