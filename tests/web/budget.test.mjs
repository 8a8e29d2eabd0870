// SPDX-License-Identifier: Apache-2.0
// What the console costs over the wire, and a word for each key. Times are in bench/console.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { programs } from './harness/daemon.mjs';
import { useWorld, webTest } from './harness/world.mjs';

useWorld();

const places = ['/', '/mismatches', '/cards', '/devices', '/events', '/rejected', '/platforms', '/import', '/settings'];

for (const lang of ['en-GB', 'zh-CN']) {
  webTest(`all screens in ${lang} are less than 60 kB over the wire`, { context: { lang } }, async (page) => {
    const sizes = new Map();
    page.page.on('requestfinished', async (request) => {
      const path = new URL(request.url()).pathname;
      if (path === '/' || path.startsWith('/assets/')) {
        const { responseBodySize, responseHeadersSize } = await request.sizes();
        sizes.set(path, responseBodySize + responseHeadersSize);
      }
    });
    for (const place of places) await page.go(place);
    await page.page.waitForTimeout(100);
    const sum = [...sizes.values()].reduce((total, one) => total + one, 0);
    console.log(`${lang}: ${sum} bytes in ${sizes.size} files`);
    if (programs.webDir) return;  // unbuilt, and not compressed
    assert.ok(sizes.size >= 4, [...sizes.keys()].join());
    assert.ok(sum < 60_000, JSON.stringify([...sizes]));
  });
}

webTest('a second visit asks for the page only', async (page) => {
  await page.go('/mismatches');
  if (programs.webDir) return;
  const answers = [];
  page.page.on('response', (response) => {
    const path = new URL(response.url()).pathname;
    if (path === '/') answers.push(response.status());
  });
  await page.page.reload();
  await page.settled();
  // A 304 is shown to the page as the 200 that it confirms.
  assert.equal(answers.length, 1);
  const sizes = await page.page.evaluate(() => performance.getEntriesByType('resource')
    .filter(({ name }) => name.includes('/assets/')).map(({ transferSize }) => transferSize));
  assert.ok(sizes.length >= 3 && sizes.every((size) => size === 0), sizes.join());
});

test('both languages have the same keys, and no text is left empty', async () => {
  const lang = join(programs.source, 'web/src/lang');
  const flat = (table, prefix = '') => Object.entries(table).flatMap(([key, value]) =>
    (typeof value === 'object' ? flat(value, `${prefix}${key}.`) : [[prefix + key, value]]));
  // The forms of a plural differ between languages: en has one and other, zh has other.
  const plain = (rows) => new Map(rows.map(([key, value]) => [key.replace(/\.(zero|one|two|few|many|other)$/, ''), value]));
  const tables = {};
  for (const name of ['en', 'zh']) {
    tables[name] = plain(flat((await import(pathToFileURL(join(lang, `${name}.js`)))).default));
    for (const [key, text] of tables[name]) assert.ok(text.trim(), `${name}: ${key} is empty`);
  }
  assert.deepEqual([...tables.zh.keys()].sort(), [...tables.en.keys()].sort());
  const holes = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort().join();
  for (const [key, text] of tables.en) assert.equal(holes(tables.zh.get(key)), holes(text), key);
  assert.deepEqual((await readdir(join(lang, 'zh'))).sort(), (await readdir(join(lang, 'en'))).sort());
});
