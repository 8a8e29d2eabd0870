// SPDX-License-Identifier: Apache-2.0
// embed.mjs DIST OUT: writes dist/index.html and dist/assets/* as an assembler file and a table
// for lib/api/web_table.h. The same files give the same bytes. DIST "": a table without files.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const [dist, out] = process.argv.slice(2);
const names = dist
  ? ['index.html', ...readdirSync(join(dist, 'assets')).sort().map((name) => `assets/${name}`)]
  : [];
for (const name of names) {
  if (!/^(assets\/)?[A-Za-z0-9_@-][A-Za-z0-9._@-]*$/.test(name)) {
    throw new Error(`embed: ${name}: expected a name of letters, digits and ._@-`);
  }
}

const packed = join(out, 'gzip');
rmSync(packed, { recursive: true, force: true });
mkdirSync(packed, { recursive: true });
let assembler = '/* SPDX-License-Identifier: Apache-2.0 */\n.section .rodata\n';
let declarations = '';
let rows = '';
names.forEach((name, i) => {
  const bytes = readFileSync(join(dist, name));
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const gzip = gzipSync(bytes, { level: 9 });
  gzip[9] = 255; // the system that packed it: not known
  const file = join(packed, `${i}.gz`);
  writeFileSync(file, gzip);
  // The hash, so that a compiler's cache sees another text.
  assembler +=
    `/* ${name} ${hash} */\n.globl iotcard_web_${i}\niotcard_web_${i}:\n.incbin "${file}"\n.byte 0\n`;
  declarations += `extern const char iotcard_web_${i}[];\n`;
  rows += `    {"${name}", {iotcard_web_${i}, ${gzip.length}}, "${hash}"},\n`;
});
assembler += '.section .note.GNU-stack,"",%progbits\n';

const count = names.length;
writeFileSync(join(out, 'web_files.S'), assembler);
writeFileSync(
  join(out, 'web_table.cpp'),
  `// SPDX-License-Identifier: Apache-2.0
#include "api/web_table.h"

#include <array>

extern "C" {
${declarations}}

namespace iotcard {

std::span<const EmbeddedFile> embedded_web_files() {
  static const std::array<EmbeddedFile, ${count}> files = {{
${rows}  }};
  return files;
}

}  // namespace iotcard
`);
