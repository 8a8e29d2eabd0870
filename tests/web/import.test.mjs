// SPDX-License-Identifier: Apache-2.0
// A list of cards: chosen, previewed without a change, applied exactly as it was previewed.
import assert from 'node:assert/strict';
import { eventually } from './harness/processes.mjs';
import { useWorld, webTest, world } from './harness/world.mjs';

useWorld({ store: 'empty' });

const total = async () => (await world.daemon.get('card/list?pageSize=1')).total;
const list = (rows) => ({ name: 'cards.csv', mimeType: 'text/csv', buffer: Buffer.from(`iccid,plan\n${rows.join('\n')}\n`) });
const number = (i) => `8986042936123456${String(1000 + i * 3)}`;

webTest('an empty store leads to the import', async (page) => {
  await page.go('/cards');
  assert.equal(await page.rows().count(), 0);
  await page.page.locator('main a[href="#/import"]').first().click();
  await page.screen('import').waitFor();
});

webTest('a list is previewed, changes nothing, and is then applied exactly', async (page) => {
  await page.go('/import');
  const rows = [...Array(30).keys()].map((i) => `${number(i)},Meter 30 MB`);
  await page.page.locator('input[type=file]').setInputFiles(list([...rows, 'not-a-number,x', '8.98604E+19,y']));
  const preview = page.act('preview');
  if (await preview.count()) await preview.click();
  const apply = page.act('apply');
  await apply.waitFor();
  assert.equal(await total(), 0, 'a preview changes nothing');
  const text = await page.page.locator('main').textContent();
  assert.equal(await page.page.locator('[data-count=added]').textContent(), '30');
  assert.match(text, /not-a-number/, 'refused rows are named');
  await apply.click();
  const dialog = page.dialog();
  if (await dialog.count()) {
    if (await dialog.locator('#f-confirm').count()) await dialog.locator('#f-confirm').fill('30');
    await dialog.locator('button[type=submit]').click();
  }
  await eventually('the list is applied', async () => await total() === 30);
  await page.go('/cards');
  await page.rows().first().waitFor();
  assert.equal(await page.rows().count(), 30);
});

webTest('who may only read is told so before choosing a file', { user: 'rob' }, async (page) => {
  await page.go('/import');
  const reason = await page.act('preview').getAttribute('title');
  await page.page.locator('input[type=file]').setInputFiles(list([`${number(1)},x`]), { force: true }).catch(() => {});
  assert.equal(await page.act('preview').getAttribute('aria-disabled'), 'true', 'also with a file');
  assert.match(reason, /read/);
});
