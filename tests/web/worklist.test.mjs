// SPDX-License-Identifier: Apache-2.0
// The work list: found by filters, settled one by one and many at once, and taken back.
import assert from 'node:assert/strict';
import * as fleet from './harness/fleet.mjs';
import { eventually } from './harness/processes.mjs';
import { useWorld, webTest, world } from './harness/world.mjs';

useWorld();

const open = async (filter = '') => (await world.daemon.get(`mismatch/list?pageSize=1&state=open&${filter}`)).total;
const settledAt = async (page, total) => {
  await page.page.waitForFunction((n) => document.querySelectorAll('[data-row]').length === n, total);
};
const tickFirst = async (page, n) => {
  for (let i = 0; i < n; ++i) await page.rows().nth(i).locator('input[type=checkbox]').check();
};

webTest('a filter is in the address, and a reload and Back show the same rows', async (page) => {
  await page.go('/mismatches');
  const all = await page.keys();
  await page.chip('kind=device_has_other_card').click();
  await settledAt(page, 12);
  const swapped = await page.keys();
  assert.match(page.place(), /kind=device_has_other_card/);
  await page.reload();
  assert.deepEqual(await page.keys(), swapped);
  await page.page.goBack();
  await settledAt(page, 50);
  assert.deepEqual(await page.keys(), all);
  await page.page.goForward();
  await settledAt(page, 12);
  assert.deepEqual(await page.keys(), swapped);
  await page.page.locator('[data-clear]').click();
  await settledAt(page, 50);
});

webTest('each number of a chip is the number of rows behind it', async (page) => {
  await page.go('/mismatches');
  const chips = await page.page.locator('[data-chip^="kind="]').evaluateAll((all) =>
    all.map((chip) => [chip.dataset.chip, Number(chip.querySelector('b').textContent)]));
  assert.ok(chips.length >= 4, JSON.stringify(chips));
  assert.ok(chips.some(([name, count]) => name === 'kind=device_has_other_card' && count === 12), JSON.stringify(chips));
  for (const [name, count] of chips) {
    await page.chip(name).click();
    await settledAt(page, Math.min(count, 50));
    await page.chip(name).click();
    await settledAt(page, 50);
  }
});

webTest('Back from another screen restores filter, page and scroll', async (page) => {
  await page.go('/mismatches?kind=card_unknown&page=2');
  await settledAt(page, 20);
  await page.page.setViewportSize({ width: 1280, height: 500 });
  await page.page.evaluate(() => scrollTo(0, 300));
  await page.page.waitForTimeout(200);  // the place in the history is noted after 100 ms
  const y = await page.page.evaluate(() => scrollY);
  await page.page.locator('[data-nav="cards"]').click();
  await page.screen('cards').waitFor();
  await page.page.goBack();
  await settledAt(page, 20);
  assert.match(page.place(), /kind=card_unknown&page=2/);
  await page.page.waitForFunction((wanted) => Math.abs(scrollY - wanted) < 40, y);
});

webTest('the open row is in the address and tells what accepting it would do', async (page) => {
  await page.go('/mismatches?kind=device_has_other_card');
  const [key] = await page.keys();
  await page.row(key).locator('button[aria-expanded]').click();
  await page.act('accept-one').waitFor();
  assert.match(page.place(), new RegExp(`open=${key}`));
  const details = (await world.daemon.get(`mismatch/${key}`)).data;
  const drawer = page.page.locator('tr.detail');
  const text = await drawer.textContent();
  assert.ok(text.includes(details.accept_would.binding.device), text);
  await page.reload();
  await page.act('accept-one').waitFor();
  await page.page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'detached' });
});

webTest('one is accepted with a key; the store has it, with who did it', async (page) => {
  await page.go('/mismatches?kind=device_has_other_card');
  const [key] = await page.keys();
  await page.page.keyboard.press('j');
  await page.page.keyboard.press('a');
  await page.toast('well').waitFor();
  const settled = (await world.daemon.get(`mismatch/${key}`)).data;
  assert.equal(settled.state, 'accepted');
  assert.equal(settled.ended_by, 'api:ann');
});

webTest('one is dismissed with a reason, undone, dismissed again and reopened', async (page) => {
  await page.go('/mismatches?kind=device_has_other_card');
  const [key] = await page.keys();
  const state = async () => (await world.daemon.get(`mismatch/${key}`)).data;
  await page.row(key).locator('button[aria-expanded]').click();
  await page.page.locator('#reason').fill('firmware 1.2 <b>');
  await page.act('dismiss-one').click();
  await page.act('undo').waitFor();
  assert.equal((await state()).state, 'dismissed');
  assert.equal((await state()).reason, 'firmware 1.2 <b>');
  await page.act('undo').click();
  await page.page.waitForFunction(() => !document.querySelector('[data-act="undo"]'));
  await assert.doesNotReject(async () => {
    for (let i = 0; i < 100 && (await state()).state !== 'open'; ++i) await new Promise((resolve) => setTimeout(resolve, 50));
  });
  assert.equal((await state()).state, 'open');

  await page.go('/mismatches?kind=device_has_other_card');
  await page.reload();
  await page.row(key).locator('input[type=checkbox]').check();
  await page.page.keyboard.press('d');
  await page.act('undo').waitFor();
  assert.equal((await state()).state, 'dismissed');
  await page.go('/mismatches?state=dismissed');
  await page.row(key).waitFor();
  await page.row(key).locator('button[aria-expanded]').click();
  await page.act('reopen-one').click();
  await page.toast('well').last().waitFor();
  for (let i = 0; i < 100 && (await state()).state !== 'open'; ++i) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await state()).state, 'open');
});

webTest('some that are ticked are accepted after a preview', async (page) => {
  await page.go('/mismatches?kind=card_unknown');
  const before = await open('kind=card_unknown');
  await tickFirst(page, 3);
  await page.act('accept').click();
  const dialog = page.dialog();
  await dialog.locator('button[type=submit]:not([disabled])').waitFor();
  assert.match(await dialog.textContent(), /3/);
  assert.equal(await open('kind=card_unknown'), before, 'a preview changes nothing');
  await dialog.locator('button[type=submit]').click();
  await page.toast().first().waitFor();
  assert.equal(await open('kind=card_unknown'), before - 3);
});

webTest('all that match are dismissed after their number was typed, and Cancel changes nothing', async (page) => {
  await page.go('/mismatches?kind=card_unknown&size=50');
  const total = await open('kind=card_unknown');
  assert.ok(total > 50);
  await page.page.locator('thead input[type=checkbox]').check();
  await page.page.locator('.selection button.link').first().click();
  await page.act('dismiss').click();
  const dialog = page.dialog();
  await dialog.locator('#f-confirm').waitFor();
  assert.equal(await dialog.locator('button[type=submit]').isDisabled(), true);
  await page.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(await open('kind=card_unknown'), total);

  await page.act('dismiss').click();
  await dialog.locator('#f-confirm').fill(String(total - 1));
  assert.equal(await dialog.locator('button[type=submit]').isDisabled(), true);
  await dialog.locator('#f-confirm').fill(String(total));
  await dialog.locator('button[type=submit]').click();
  await page.toast().first().waitFor();
  assert.equal(await open('kind=card_unknown'), 0);
  assert.equal(await (await world.daemon.get('mismatch/list?pageSize=1&state=dismissed&kind=card_unknown')).total, total);
});

webTest('the CSV has the rows of the filter', async (page) => {
  await page.go('/mismatches?kind=iccid_invalid');
  const [download] = await Promise.all([page.page.waitForEvent('download'), page.page.locator('[data-csv]').click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  assert.equal(Buffer.concat(chunks).toString().trim().split('\n').length, 1 + 7);
});

webTest('an acceptance that is undone leaves the device with the card that it had', async (page) => {
  await page.go('/mismatches?kind=device_has_other_card');
  const key = (await page.keys()).at(-1);
  const { data: { product, device } } = await world.daemon.get(`mismatch/${key}`);
  const cardOf = async () => (await world.daemon.get(`device/${product}/${device}`)).data.iccid;
  const before = await cardOf();
  await page.row(key).locator('button[aria-expanded]').click();
  await page.act('accept-one').click();
  await page.act('undo').waitFor();
  assert.notEqual(await cardOf(), before);
  await page.act('undo').click();
  await eventually('the old card is back', async () => await cardOf() === before);
});

webTest('undo of an acceptance that made no binding ends none', async (page) => {
  const number = fleet.iccid(501), name = fleet.device(501);
  await world.broker.publish(`/1/${name}/info/post`, JSON.stringify({ iccid: number, cardPlatformId: 3 }));
  const row = await eventually('the mismatch', async () => (await world.daemon.get('mismatch/list?kind=wrong_platform')).rows[0]);
  await page.go(`/mismatches?kind=wrong_platform&open=${row.id}`);
  await page.act('accept-one').click();
  await page.act('undo').waitFor();
  const card = async () => (await world.daemon.get(`card/${number}`)).data;
  assert.equal((await card()).platform, 3);
  await page.act('undo').click();
  await eventually('the platform is back', async () => (await card()).platform === 1);
  assert.equal((await card()).device, name);
});

webTest('a search that stopped early goes on with its next page', async (page) => {
  await page.go('/devices?text=TRACK1');
  for (let i = 0; i < 5 && await page.rows().count() === 0; ++i) {
    await Promise.all([page.page.waitForResponse(/device\/list/),
      page.page.locator('.pager a[aria-label="Next page"]').click()]);
    await page.settled();
  }
  assert.ok(await page.rows().count() > 0);
});

webTest('many are accepted just as the dialog showed them; what changed meanwhile is named', async (page) => {
  await page.go('/mismatches?kind=device_has_other_card');
  const keys = await page.keys();
  const { data: { product, device } } = await world.daemon.get(`mismatch/${keys[0]}`);
  const cardOf = async () => (await world.daemon.get(`device/${product}/${device}`)).data.iccid;
  const before = await cardOf();
  await page.page.locator('thead input[type=checkbox]').check();
  await page.act('accept').click();
  await page.dialog().locator('details').first().waitFor();
  await world.broker.publish(`/${product}/${device}/info/post`, JSON.stringify({ iccid: fleet.iccid(60_000) }));
  await eventually('another mismatch', async () => (await world.daemon.get(`mismatch/${keys[0]}`)).data.state === 'cleared');
  if (keys.length > 10) await page.dialog().locator('#f-confirm').fill(String(keys.length));
  await page.dialog().locator('button[type=submit]').click();
  await page.toast('warn').waitFor();
  await page.dialog().getByText(`#${keys[0]}`).waitFor();
  assert.equal(await cardOf(), before);
});
