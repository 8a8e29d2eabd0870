// SPDX-License-Identifier: Apache-2.0
// Text of devices and lists is text: nothing of it runs, loads or breaks the layout.
import assert from 'node:assert/strict';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { programs } from './harness/daemon.mjs';
import { useWorld, webTest, world } from './harness/world.mjs';

useWorld();

const nasty = [
  '<img src=x onerror=alert(1)>', '"><script>alert(1)</script>', "javascript:alert('x')", '${alert(1)}{{7*7}}',
  '\u202Eevil\u2066\u2069', 'a\u0000b\u0007c\u001b[31m'.replace(/\u0000/g, ''), 'x'.repeat(180), '👩‍👩‍👧‍👦 नमस्ते العربية',
  '<style>*{display:none}</style>', 'https://evil.example/?q=1', '&lt;b&gt;&#x41;', '\u00A0\u200B\uFEFF',
];
const prepared = async () => {
  const quote = (text) => `"${text.replaceAll('"', '""')}"`;
  // The list's reader refuses control characters; the rest is what a list may have.
  const clean = (text) => text.replace(/[\u0000-\u001f]/g, ' ');
  const rows = nasty.map((text, i) => [`8986042936777000${String(1000 + i * 7)}`, quote(clean(text)), quote(clean(text)), quote(clean(text))].join());
  const file = join(world.dir, 'nasty.csv');
  await writeFile(file, `iccid,operator,plan,note\n${rows.join('\n')}\n`);
  await world.daemon.ctl('card', 'import', file);
  for (const [i, text] of nasty.entries()) {
    await world.broker.publish(`/1/H${i}/info/post`, JSON.stringify({ iccid: `8986032245990000${String(1000 + i)}`, firmwareVersion: text, summary: text, userId: text }));
    await world.broker.publish(`/1/R${i}/info/post`, `{"iccid": ${text}`);
    // A device's name is one level of a topic, whatever else it is.
    const name = text.replace(/[/+#\u0000-\u001f]/g, '_').slice(0, 60);
    if (name.trim()) await world.broker.publish(`/1/${name}/info/post`, JSON.stringify({ iccid: `8986032245991111${String(1000 + i)}` }));
  }
  const corpus = join(programs.source, 'tests/fuzz/corpus/report');
  for (const name of (await readdir(corpus)).slice(0, 60)) {
    await world.broker.publish(`/1/F${name.slice(0, 20)}/info/post`, await readFile(join(corpus, name)));
  }
  await world.broker.publish('/1/HUGE/info/post', `{"iccid":"${'9'.repeat(10_000)}"}`);
  await world.broker.publish('/1/BYTES/info/post', Buffer.from([0, 255, 254, 0x80, 0xed, 0xa0, 0x80, 0x7b]));
  await world.daemon.applied();
};

const sane = async (page, place) => {
  assert.equal(await page.page.evaluate(() => document.querySelectorAll('main script, main style, main img, main iframe, main object').length), 0, place);
  assert.equal(await page.page.evaluate(() => [...document.querySelectorAll('a[href]')].filter(({ href }) => !href.startsWith(location.origin)).length), 0, place);
  assert.ok(await page.overflow() <= 0, `${place} scrolls sideways`);
};

webTest('whatever names, notes and payloads hold, every screen shows it as text', { context: { width: 1280 }, timeout: 300_000 }, async (page) => {
  await prepared();
  const rows = async (path) => (await world.daemon.get(path)).rows;
  const places = ['/', '/mismatches?size=200', '/cards?text=8986042936777', '/devices?size=200', '/events', '/rejected?size=200', '/settings'];
  for (const { iccid } of await rows('card/list?text=8986042936777&pageSize=20')) places.push(`/card/${iccid}`);
  for (const { product, device } of (await rows('device/list?pageSize=40&product=1&orderByColumn=seenDay&isAsc=desc'))) {
    if (/[^A-Za-z0-9]/.test(device) || device.startsWith('H')) places.push(`/device/${encodeURIComponent(product)}/${encodeURIComponent(device)}`);
  }
  for (const { id } of (await rows('rejected/list?pageSize=50')).slice(0, 30)) places.push(`/rejected?open=${id}`);
  for (const { id } of (await rows('mismatch/list?text=H10&pageSize=10'))) places.push(`/mismatches?text=H10&open=${id}`);
  for (const place of places) {
    await page.go(place);
    await sane(page, place);
  }
  const note = page.page.getByText('<img src=x onerror=alert(1)>');
  await page.go('/card/89860429367770001000');
  assert.ok(await note.count() > 0, 'the markup is shown as it is');
});

webTest('the search box and the address take anything', { expect: [/status of 400/, /status of 404/] }, async (page) => {
  for (const text of [...nasty, '%', '%zz', '&', '#', '?', '\ud800', 'a/b/../..']) {
    await page.go('/');
    await page.page.locator('input[role=combobox]').fill(text.slice(0, 64));
    await page.page.waitForTimeout(250);
    await sane(page, text);
  }
  for (const place of ['/card/%ff', '/card/<b>', '/device/1/%2e%2e', '/mismatches?page=-1&size=1e9', '/mismatches?open=<b>', '/cards?status=%3Cb%3E', '/constructor', '/__proto__', '//evil.example']) {
    await page.page.goto(`${world.url}#${place}`);
    await page.page.locator('main h1').first().waitFor();
    await sane(page, place);
  }
});

webTest('a list with markup in it is previewed as text', async (page) => {
  await page.go('/import');
  await page.page.locator('input[type=file]').setInputFiles({ name: '<img src=x onerror=alert(1)>.csv', mimeType: 'text/csv',
    buffer: Buffer.from('iccid,note\n<script>alert(1)</script>,x\n89860429367770009999,<b onclick=alert(1)>hi</b>\n') });
  await page.page.locator('[data-act=preview]:not([aria-disabled])').click();
  await page.page.locator('[data-count=refused]').waitFor();
  assert.match(await page.page.locator('main').textContent(), /<script>alert\(1\)<\/script>/);
  await sane(page, 'import');
});
