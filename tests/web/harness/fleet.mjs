// SPDX-License-Identifier: Apache-2.0
// The store that the tests share: 100,000 cards, their devices, and what operators find in the
// morning. Made once by the real programs, into a folder whose name carries a hash of what it depends
// on; each daemon of a test works on a copy. In: cards as CSV, reports over MQTT. Out: the folder.
// Fails if a program fails, with its output.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { Daemon, folder, programs, run } from './daemon.mjs';
import { Mosquitto } from './mosquitto.mjs';

export const size = 100_000;

// Scattered numbers, as those of a fleet are: 20 digits, and none looks rounded.
export const iccid = (i) => `8986042936${String((i * 7_919_317 + 1_234_567_891) % 10_000_000_000).padStart(10, '0')}`;
// The devices 1/METER00000 to 1/METER29999 have the cards of the same number.
export const bound = 30_000;
export const device = (i) => `METER${String(i).padStart(5, '0')}`;
export const unknown = (i) => `8986032245991234${String(1000 + i)}`;

const statuses = ['active', 'active', 'active', 'active', 'active', 'active', 'active', 'ready', 'suspended', 'testing'];
const operators = ['China Mobile', 'China Unicom', 'China Telecom', 'Vodafone UK'];
export const cards = () => {
  const rows = ['iccid,platform,operator,msisdn,plan,status,limit_bytes,used_bytes,expires_at,note,product,device'];
  for (let i = 0; i < size; ++i) {
    const limit = i % 3 ? 31_457_280 : 104_857_600;
    const used = Math.floor(limit * (i % 1000 === 1 ? 1.07 : i % 250 === 2 ? 0.95 : (i % 80) / 100));
    const expires = i % 2000 === 3 ? '2024-01-31' : `20${35 + (i % 9)}-0${1 + (i % 9)}-28`;
    rows.push([iccid(i), 1 + (i % 3), operators[i % 4], `14400${String(i).padStart(8, '0')}`,
      i % 3 ? 'Meter 30 MB' : 'Tracker 100 MB', statuses[i % 10], limit, used, expires,
      i % 500 ? '' : `pallet ${i / 500}`, i < bound ? '1' : '', i < bound ? device(i) : ''].join());
  }
  return rows.join('\n') + '\n';
};

const json = (number, more = {}) => JSON.stringify({ rssi: -61, firmwareVersion: '1.2', iccid: number, ...more });
// What happens before the tests: topic and payload, in this order.
export const reports = () => {
  const all = [];
  const say = (name, payload) => all.push([`/1/${name}/info/post`, payload]);
  for (let i = 0; i < 60; ++i) say(device(i), json(iccid(i)));
  // Swapped: a card that nobody has.
  for (let i = 100; i < 112; ++i) say(device(i), json(iccid(bound + i)));
  // Moved: the card of a device that is silent.
  for (let i = 200; i < 203; ++i) say(`NEW${i}`, json(iccid(i)));
  // Cloned: both devices report it by turns.
  for (let turn = 0; turn < 3; ++turn) {
    say(device(300), json(iccid(300)));
    say('TWIN300', json(iccid(300)));
  }
  for (let i = 0; i < 70; ++i) say(`TRACK${i}`, json(unknown(i)));
  for (let i = 0; i < 7; ++i) say(`CAM${i}`, '{"rssi":-70,"iccid":8.98604E+19}');
  for (let i = 0; i < 20; ++i) say(`BAD${i}`, '{"rssi":-43,"iccid":"8986');
  for (let i = 0; i < 8; ++i) say(`ODD${i}`, '[]');
  // Firmware that forgets the quotes.
  for (let i = 400; i < 405; ++i) say(device(i), `{"rssi":-43,"iccid":${iccid(i)},"firmwareVersion":"0.9"}`);
  return all;
};

const hash = async () => {
  const sum = createHash('sha256');
  const sql = join(programs.source, 'schemas/sql/sqlite');
  for (const name of (await readdir(sql)).sort()) sum.update(await readFile(join(sql, name)));
  sum.update(await readFile(fileURLToPath(import.meta.url)));
  return sum.digest('hex').slice(0, 12);
};

// The folder with cards.db and intake/.
export const fleet = async () => {
  const made = join(programs.work, `fleet-${await hash()}`);
  if (await stat(made).catch(() => null)) return made;
  for (const name of await readdir(programs.work)) {
    if (name.startsWith('fleet-')) await rm(join(programs.work, name), { recursive: true });
  }
  const dir = `${made}.part`;
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir);
  const broker = await Mosquitto.start(await folder());
  const daemon = new Daemon({ dir, broker: broker.port, tokens: false });
  try {
    await writeFile(join(dir, 'cards.csv'), cards());
    await daemon.configure();
    await daemon.ctl('card', 'import', '--trust-zeros', join(dir, 'cards.csv'));
    await daemon.start();
    for (const [topic, payload] of reports()) await broker.publish(topic, payload);
    await daemon.applied();
    await daemon.stop();
    await run('sqlite3', [join(dir, 'cards.db'), 'PRAGMA wal_checkpoint(TRUNCATE)']);
    await rm(join(dir, 'cards.csv'));
  } finally {
    await daemon.stop();
    await broker.stop();
  }
  await rename(dir, made);
  return made;
};
