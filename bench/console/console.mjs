// SPDX-License-Identifier: Apache-2.0
// console.mjs: what the web console costs, with the real daemon, a real mosquitto and Chromium.
//   first list   from an address to its first row on the screen, beside an empty page of the console and
//                the API's answer alone; by turns, on a store of IOTCARD_BENCH_CARDS cards
//   200 rows     script time of a page of 200 rows beside one of 50, by turns
//   five         how fast queued reports are applied while five consoles follow, beside none, by turns.
//                The browsers have the lowest priority, as they run elsewhere in real life.
// bench/console.sh runs it. Prints a line for each figure, and medians.
import { spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { flags } from './harness/browser.mjs';
import { Daemon, folder } from './harness/daemon.mjs';
import * as fleet from './harness/fleet.mjs';
import { Mosquitto } from './harness/mosquitto.mjs';

const cards = Number(process.env.IOTCARD_BENCH_CARDS ?? 1_000_000);
const rounds = Number(process.env.IOTCARD_BENCH_ROUNDS ?? 7);
const reports = Number(process.env.IOTCARD_BENCH_REPORTS ?? 30_000);

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const ms = (value) => `${value.toFixed(1)} ms`;
const say = (what, ...columns) => console.log([what.padEnd(34), ...columns.map((one) => String(one).padStart(14))].join(''));

const browser = async (dir) => {
  const program = join(dir, 'chromium');
  await writeFile(program, `#!/bin/sh\nexec nice -n 19 ${process.env.CHROMIUM} "$@"\n`);
  await chmod(program, 0o755);
  return chromium.launch({ executablePath: program, args: flags });
};

const million = async (dir) => {
  const file = createWriteStream(join(dir, 'cards.csv'));
  file.write('iccid,platform,operator,msisdn,plan,status,limit_bytes,used_bytes\n');
  for (let i = 0; i < cards; ++i) {
    const row = `${fleet.iccid(i)},${1 + (i % 3)},China Mobile,14400${String(i).padStart(8, '0')},Meter 30 MB,active,31457280,${i % 31457280}\n`;
    if (!file.write(row)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
};

// Time from the navigation on, seen within the page, to the next frame behind the first `selector`.
const shownAfter = async (page, url, selector) => {
  await page.goto('about:blank');
  await page.addInitScript((wanted) => {
    const look = () => {
      if (!self.shownAt && document.querySelector(wanted)) {
        requestAnimationFrame(() => setTimeout(() => { self.shownAt ??= performance.now(); }));
      }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  }, selector);
  await page.goto(url);
  return (await page.waitForFunction(() => self.shownAt)).jsonValue();
};

const firstList = async (daemon, chrome) => {
  const took = { api: [], empty: [], list: [] };
  const page_ = async () => (await chrome.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })).newPage();
  for (let round = 0; round <= rounds; ++round) {
    const one = {};
    for (const [name, place, selector] of [['empty', '/no-such-screen', 'main h1'], ['list', '/cards', '[data-row]']]) {
      const page = await page_();
      one[name] = await shownAfter(page, `${daemon.url}#${place}`, selector);
      if (name === 'list') {
        one.api = await page.evaluate(async () => {
          const begun = performance.now();
          await (await fetch('card/list?pageSize=50&pageNum=1')).json();
          return performance.now() - begun;
        });
      }
      await page.context().close();
    }
    if (round > 0) for (const name of Object.keys(took)) took[name].push(one[name]);  // the first one fills caches
  }
  const [api, empty, list] = [median(took.api), median(took.empty), median(took.list)];
  say(`first list of ${cards} cards`, 'API', 'empty page', 'list', 'of both');
  say('', ms(api), ms(empty), ms(list), (list / (api + empty)).toFixed(2));
};

const rowsOfAPage = async (daemon, chrome) => {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(`${daemon.url}#/platforms`);
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  const script = async () => (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'ScriptDuration').value;
  const took = { 50: [], 200: [] };
  for (let round = 0; round <= rounds; ++round) {
    for (const size of [50, 200]) {
      await page.goto(`${daemon.url}#/platforms`);
      await page.locator('[data-screen=platforms] h1').waitFor();
      const before = await script();
      await page.goto(`${daemon.url}#/cards?size=${size}&page=${3 + round}`);
      await page.locator('[data-row]').nth(size - 1).waitFor();
      if (round > 0) took[size].push((await script() - before) * 1000);
    }
  }
  await context.close();
  say('script time of a page', '50 rows', '200 rows', 'ratio');
  say('', ms(median(took[50])), ms(median(took[200])), (median(took[200]) / median(took[50])).toFixed(2));
};

const cpuSeconds = async (pid) => {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

// Queues the reports of bound devices while the daemon is held, lets it go, and waits until all are applied.
const drain = async (daemon, broker) => {
  const { child } = daemon;
  const metric = async (name) => Number((await (await daemon.fetch('metrics')).text()).match(new RegExp(`^${name} (.*)$`, 'm'))[1]);
  const wanted = await metric('iotcardd_reports_accepted_total') + reports;
  child.kill('SIGSTOP');
  const publish = spawn('python3', [join(process.env.IOTCARD_SOURCE_DIR, 'bench/console/publish.py'), String(broker.port)], { stdio: ['pipe', 'inherit', 'inherit'] });
  for (let i = 0; i < reports; ++i) publish.stdin.write(`/1/${fleet.device(i % fleet.bound)}/info/post {"rssi":-61,"firmwareVersion":"1.2","iccid":${fleet.iccid(i % fleet.bound)}}\n`);
  publish.stdin.end();
  const [code] = await once(publish, 'exit');
  if (code !== 0) throw new Error(`publish.py: exit status ${code}`);
  const before = await cpuSeconds(child.pid);
  child.kill('SIGCONT');
  const begun = performance.now();
  while (await metric('iotcardd_reports_accepted_total') < wanted) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (performance.now() - begun > 120_000) throw new Error('the reports are not applied within 120 s');
  }
  return { rate: reports / (performance.now() - begun) * 1000, cpu: (await cpuSeconds(child.pid) - before) / reports * 1e6 };
};

const five = async (daemon, broker, chrome) => {
  const rates = { none: [], five: [] }, cpu = { none: [], five: [] };
  await drain(daemon, broker);
  for (let round = 0; round < rounds; ++round) {
    for (const name of ['none', 'five']) {
      const contexts = [];
      if (name === 'five') {
        for (const place of ['/', '/mismatches', '/cards', '/devices', '/events']) {
          const context = await chrome.newContext({ viewport: { width: 1280, height: 900 } });
          contexts.push(context);
          const page = await context.newPage();
          await page.goto(`${daemon.url}#${place}`);
          await page.locator('[data-link=live]').waitFor();
        }
      }
      const result = await drain(daemon, broker);
      rates[name].push(result.rate);
      cpu[name].push(result.cpu);
      for (const context of contexts) await context.close();
    }
  }
  const ratio = median(rates.five.map((rate, i) => rate / rates.none[i]));
  say('reports applied, each with an event', 'no console', 'five', 'ratio');
  say('', `${median(rates.none).toFixed(0)}/s`, `${median(rates.five).toFixed(0)}/s`, ratio.toFixed(2));
  say('CPU of the daemon, a report', `${median(cpu.none).toFixed(0)} µs`, `${median(cpu.five).toFixed(0)} µs`,
    (median(cpu.five) / median(cpu.none)).toFixed(2));
};

const withDaemon = async (prepare, use) => {
  const dir = await folder();
  await prepare?.(dir);
  const broker = await Mosquitto.start(dir, 'max_queued_messages 0\nmax_inflight_messages 200\nset_tcp_nodelay true\n');
  const daemon = new Daemon({ dir, broker: broker.port, tokens: false });
  const chrome = await browser(dir);
  try {
    await daemon.configure();
    await use(daemon, chrome, broker, dir);
  } finally {
    await chrome.close();
    await daemon.stop();
    await broker.stop();
    await rm(dir, { recursive: true, force: true });
  }
};

await withDaemon(million, async (daemon, chrome, broker, dir) => {
  await daemon.ctl('card', 'import', '--trust-zeros', join(dir, 'cards.csv'));
  await daemon.start();
  await firstList(daemon, chrome);
  await rowsOfAPage(daemon, chrome);
});
const made = await fleet.fleet();
await withDaemon((dir) => cp(made, dir, { recursive: true }), async (daemon, chrome, broker) => {
  await daemon.start();
  await five(daemon, broker, chrome);
});
