// SPDX-License-Identifier: Apache-2.0
// A real iotcardd on a folder of its own. Where the programs are, CTest says in the environment:
// IOTCARDD, IOTCARDCTL, IOTCARD_SOURCE_DIR, IOTCARD_WEB_WORK.
import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { end, eventually, folder, freePort, run, start } from './processes.mjs';

export { folder, run };

const needed = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set: run the tests with ctest -R web:`);
  return process.env[name];
};
export const programs = {
  daemon: needed('IOTCARDD'), ctl: needed('IOTCARDCTL'), source: needed('IOTCARD_SOURCE_DIR'),
  work: needed('IOTCARD_WEB_WORK'), webDir: process.env.IOTCARD_WEB_DIR ?? '',
};

export class Daemon {
  // toml: lines by section, such as {api: 'web = false'}.
  constructor({ dir, broker, tokens = true, toml = {} }) {
    Object.assign(this, { dir, broker, toml, withTokens: tokens });
    this.log = join(dir, 'iotcardd.log');
    this.config = join(dir, 'iotcardd.toml');
    this.tokens = { ann: randomBytes(16).toString('hex'), rob: randomBytes(16).toString('hex') };
  }
  get url() { return `http://127.0.0.1:${this.port}/`; }

  async configure() {
    this.port ??= await freePort();
    const { dir } = this;
    const sections = {
      broker: `url = "mqtt://127.0.0.1:${this.broker}"`,
      store: `url = "sqlite:${dir}/cards.db"`,
      intake: `dir = "${dir}/intake"`,
      api: `listen = "127.0.0.1:${this.port}"`,
    };
    if (this.withTokens) sections.api += `\ntoken_file = "${dir}/tokens"`;
    if (programs.webDir) sections.api += `\nweb_dir = "${programs.webDir}"`;
    for (const [name, lines] of Object.entries(this.toml)) sections[name] = `${sections[name] ?? ''}\n${lines}`;
    await writeFile(this.config, Object.entries(sections).map(([name, lines]) => `[${name}]\n${lines}\n`).join(''));
    await this.setTokens(['ann', 'rob']);
  }
  // ann may write, rob may read.
  async setTokens(names) {
    const file = join(this.dir, 'tokens');
    await writeFile(file, names.map((name) => `${name} ${name === 'ann' ? 'write' : 'read'} ${this.tokens[name]}\n`).join(''));
    await chmod(file, 0o600);
  }
  async start() {
    this.child = await start(programs.daemon, ['--config', this.config], this.log);
    await eventually('the daemon is ready', async () => {
      if (this.child.over) throw new Error(await this.logTail());
      return (await fetch(`${this.url}readyz`)).ok;
    });
  }
  stop(signal) { return end(this.child, signal); }
  reload() { this.child.kill('SIGHUP'); }
  // Until no report waits.
  applied() {
    return eventually('all reports are applied', async () => {
      const text = await (await this.fetch('metrics')).text();
      const value = (name) => Number(text.match(new RegExp(`^${name} (.*)$`, 'm'))?.[1]);
      return value('iotcardd_journal_waiting_bytes') === 0 && value('iotcardd_outbox_events') === 0;
    });
  }
  fetch(path, options = {}) {
    const headers = { ...(this.withTokens && { Authorization: `Bearer ${this.tokens.ann}` }), ...options.headers };
    return fetch(this.url + path, { ...options, headers });
  }
  async get(path) {
    const answer = await this.fetch(path);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
  ctl(...args) { return run(programs.ctl, ['--config', this.config, ...args]); }
  async logTail() { return (await readFile(this.log, 'utf8').catch(() => '')).split('\n').slice(-20).join('\n'); }
}
