// SPDX-License-Identifier: Apache-2.0
// Signing in and out: a token becomes a session, and nothing is lost on the way.
import assert from 'node:assert/strict';
import { useWorld, webTest, world } from './harness/world.mjs';

useWorld();

const enter = async (page, user) => {
  await page.page.locator('#token').fill(world.daemon.tokens[user] ?? user);
  await page.page.locator('form button[type=submit]').click();
};

webTest('who is signed out signs in at the place that was asked for', { user: null }, async (page) => {
  await page.page.goto(`${world.url}#/mismatches?kind=card_unknown`);
  await page.screen('sign-in').waitFor();
  await enter(page, 'ann');
  await page.screen('mismatches').waitFor();
  await page.settled();
  assert.match(page.place(), /#\/mismatches\?kind=card_unknown$/);
  assert.equal(await page.rows().count(), 50);
});

webTest('a wrong token is refused and the next one is taken',
  { user: null, expect: [/status of 401 .*\/session$/] }, async (page) => {
    await page.page.goto(world.url);
    await enter(page, 'no-token-of-anybody');
    await page.page.locator('[role=alert]').first().waitFor();
    assert.equal(await page.page.locator('#token').getAttribute('aria-invalid'), 'true');
    await enter(page, 'rob');
    await page.screen('').waitFor();
  });

webTest('the token is in no storage, no address, and no cookie that a script can read', { user: null }, async (page) => {
  await page.page.goto(world.url);
  await enter(page, 'ann');
  await page.screen('').waitFor();
  await page.settled();
  const seen = await page.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href]));
  assert.ok(!seen.includes(world.daemon.tokens.ann), seen);
  assert.ok(!seen.includes('iotcard_session'), seen);
  const [cookie] = await page.context.cookies();
  assert.equal(cookie.name, 'iotcard_session');
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, 'Strict');
  assert.ok(!cookie.value.includes(world.daemon.tokens.ann));
});

webTest('who signs out is at the sign-in, and stays there after a reload', async (page) => {
  await page.go('/mismatches');
  await page.page.locator('header summary').click();
  await page.act('sign-out').click();
  await page.screen('sign-in').waitFor();
  await page.page.reload();
  await page.screen('sign-in').waitFor();
});

webTest('a read token sees the actions with the reason why not', { user: 'rob' }, async (page) => {
  await page.go('/mismatches');
  await page.rows().first().locator('input[type=checkbox]').check();
  const accept = page.act('accept');
  assert.equal(await accept.getAttribute('aria-disabled'), 'true');
  assert.ok(await accept.getAttribute('title'));
  const before = (await world.daemon.get('mismatch/list')).total;
  await accept.click({ force: true });
  await page.toast('warn').waitFor();
  await page.page.keyboard.press('a');
  assert.equal((await world.daemon.get('mismatch/list')).total, before);
});

webTest('a token that is removed under an open page leads to the sign-in and back to the place',
  { expect: [/status of 401 /] }, async (page) => {
    await page.go('/mismatches?kind=card_unknown&page=2');
    await page.link('live').waitFor();
    await world.daemon.setTokens(['rob']);
    world.daemon.reload();
    try {
      await page.screen('sign-in').waitFor({ timeout: 30_000 });
      await enter(page, 'rob');
      await page.screen('mismatches').waitFor();
      await page.settled();
      assert.match(page.place(), /kind=card_unknown&page=2$/);
    } finally {
      await world.daemon.setTokens(['ann', 'rob']);
      world.daemon.reload();
    }
  });
