// SPDX-License-Identifier: Apache-2.0
// Behind a proxy that has put the console below a path, and was told nothing more.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, before } from 'node:test';
import { useWorld, webTest, world } from './harness/world.mjs';

useWorld();

const prefix = '/a/b';
const strayed = [];
let server;
before(async () => {
  server = createServer((asked, answer) => {
    if (!asked.url.startsWith(`${prefix}/`)) {
      strayed.push(asked.url);
      answer.writeHead(404).end();
      return;
    }
    const path = asked.url.slice(prefix.length);
    const on = request({ port: world.daemon.port, host: '127.0.0.1', method: asked.method, path, headers: asked.headers }, (from) => {
      answer.writeHead(from.statusCode, from.headers);
      from.pipe(answer);
    });
    on.on('error', () => answer.destroy());
    answer.on('close', () => on.destroy());
    asked.pipe(on);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
after(() => { server.closeAllConnections(); server.close(); });
const url = () => `http://127.0.0.1:${server.address().port}${prefix}/`;

webTest('the whole console works below a path', { user: null, url }, async (page) => {
  await page.page.goto(`${url()}#/mismatches?kind=card_unknown`);
  await page.page.locator('#token').fill(world.daemon.tokens.ann);
  await page.page.locator('form button[type=submit]').click();
  await page.rows().first().waitFor();
  await page.link('live').waitFor();
  const [cookie] = await page.context.cookies();
  assert.equal(cookie.path, prefix, 'the cookie is for the console only');
  for (const place of ['/', '/cards', '/devices', '/events', '/rejected', '/platforms', '/import', '/settings']) {
    await page.page.goto(`${url()}#${place}`);
    await page.settled();
  }
  await page.page.goto(`${url()}#/mismatches`);
  await page.settled();
  const [download] = await Promise.all([page.page.waitForEvent('download'), page.page.locator('[data-csv]').click()]);
  assert.equal(await download.failure(), null);
  await page.page.reload();
  await page.rows().first().waitFor();
  assert.deepEqual(strayed, [], 'nothing asks for what is not below the path');
});

webTest('under another host name, a change is possible and another site cannot make one', { url }, async (page) => {
  await page.page.goto(`${url()}#/mismatches?kind=iccid_invalid`);
  await page.rows().first().locator('input[type=checkbox]').check();
  await page.page.keyboard.press('d');
  await page.toast('well').waitFor();
  const [cookie] = await page.context.cookies();
  const refused = await fetch(`${url()}mismatch/dismiss?kind=iccid_invalid`, { method: 'POST', body: '{"expected":6}',
    headers: { 'Content-Type': 'application/json', Cookie: `${cookie.name}=${cookie.value}`, Origin: 'https://evil.example' } });
  assert.equal(refused.status, 403);
});
