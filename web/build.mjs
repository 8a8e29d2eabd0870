// SPDX-License-Identifier: Apache-2.0
// Builds dist/: index.html, assets/ (one script, one style sheet, one script for each language; all
// named by the hash of their content) and manifest.json, which lists them with their sizes. The same
// source gives the same bytes. Fails if the console exceeds its budget over the wire.
// Use: node build.mjs [FOLDER]
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';

const budget = 60_000;  // bytes, gzip -9: page, script, style sheet and one language
const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, 'dist'));

// The libraries as modules instead of as globals.
const vendor = {
  name: 'vendor',
  setup: (on) => on.onResolve({filter: /\/vendor\.js$/}, () => ({path: join(here, 'src/vendor.bundle.js')})),
};

const result = await build({
  absWorkingDir: here,
  assetNames: '[name].[hash]',
  bundle: true,
  charset: 'utf8',
  chunkNames: '[name].[hash]',
  entryNames: '[name].[hash]',
  entryPoints: ['src/main.js', 'src/style.css'],
  format: 'esm',
  legalComments: 'none',
  metafile: true,
  minify: true,
  outdir: join(out, 'assets'),
  plugins: [vendor],
  splitting: true,
  target: ['es2022'],
  write: false,
});

await rm(out, {recursive: true, force: true});
await mkdir(join(out, 'assets'), {recursive: true});
const manifest = [];
const add = async (name, bytes) => {
  await writeFile(join(out, name), bytes);
  manifest.push({name, bytes: bytes.length, gzip: gzipSync(bytes, {level: 9}).length});
};
const files = result.outputFiles.map(({path, contents}) => [relative(out, path).replaceAll('\\', '/'), contents]);
for (const [name, contents] of files.sort(([a], [b]) => (a < b ? -1 : 1))) {
  await add(name, contents);
}
const named = (start) => files.find(([name]) => name.startsWith(`assets/${start}.`))[0];
const page = (await readFile(join(here, 'index.html'), 'utf8'))
    .replace(/<!-- The build[^]*<!-- \/files -->\n/, `<link rel="stylesheet" href="${named('style')}">
<script type="module" src="${named('main')}"></script>
`);
await add('index.html', Buffer.from(page));
await writeFile(join(out, 'manifest.json'), JSON.stringify(manifest, null, 1) + '\n');

const languages = manifest.filter(({name}) => /assets\/(en|zh)\./.test(name));
const common = manifest.filter((file) => !languages.includes(file));
const sum = common.reduce((total, {gzip}) => total + gzip, 0) + Math.max(...languages.map(({gzip}) => gzip));
for (const {name, bytes, gzip} of manifest) {
  console.log(`${String(bytes).padStart(7)} ${String(gzip).padStart(6)} gz  ${name}`);
}
console.log(`${sum} bytes over the wire for one language; the budget is ${budget}`);
if (sum > budget) {
  console.error(`The console is ${sum - budget} bytes over its budget.`);
  process.exit(1);
}
