// SPDX-License-Identifier: Apache-2.0
// A page of the console in a browser profile of its own. It notes what no page may do: errors on the
// console, exceptions, requests that fail or go elsewhere, breaches of the page's policy. check() throws
// if there was any that the test does not expect.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { world } from './world.mjs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Who is not signed in is told so with 401; a browser writes each into the console.
const always = [/status of 401 .*\/session$/];

export class Page {
  // expect: regular expressions of complaints that the test provokes.
  static async open({ user, url, expect = [], contextOptions = {}, context }) {
    const own = new Page();
    const { theme = 'light', lang = 'en-US', width = 1280, height = 900, ...rest } = contextOptions;
    Object.assign(own, { url, problems: [], expect: [...always, ...expect], shared: Boolean(context) });
    own.context = context ?? await world.browser.newContext({ colorScheme: theme, locale: lang, timezoneId: 'Asia/Shanghai',
      viewport: { width, height }, reducedMotion: 'reduce', acceptDownloads: true, ...rest });
    own.context.setDefaultTimeout(15_000);
    if (!context) {
      await own.context.exposeFunction('noteViolation', (text) => own.note(`policy: ${text}`));
      await own.context.addInitScript(() => {
        addEventListener('securitypolicyviolation', (event) => {
          self.noteViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample} ${event.sourceFile}:${event.lineNumber}`);
        });
      });
      if (user) await own.signIn(user);
    }
    own.page = await own.context.newPage();
    own.listen();
    return own;
  }
  listen() {
    const { page } = this;
    const origin = new URL(this.url).origin;
    page.on('console', (message) => {
      if (message.type() === 'error') this.note(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => this.note(`exception: ${error.stack ?? error}`));
    page.on('requestfailed', (request) => {
      // The page gives up a request itself when the place changes.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') this.note(`failed: ${request.method()} ${request.url()} ${request.failure()?.errorText}`);
    });
    page.on('request', (request) => {
      const to = new URL(request.url());
      if (!['data:', 'blob:'].includes(to.protocol) && to.origin !== origin) this.note(`elsewhere: ${request.url()}`);
    });
    page.on('dialog', (dialog) => { this.note(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  }
  note(problem) {
    if (!this.expect.some((one) => one.test(problem))) this.problems.push(problem);
  }
  async check() {
    assert.deepEqual(this.problems, [], `the page at ${this.place()} complains`);
  }
  place() { return this.page.url(); }
  async close() {
    if (this.shared) await this.page.close();
    else await this.context.close();
  }

  async signIn(user) {
    const answer = await this.context.request.post(`${this.url}session`, { data: { token: world.daemon.tokens[user] } });
    assert.equal(answer.status(), 200, await answer.text());
  }
  // A place of the console, such as "/mismatches?kind=card_unknown"; waits until it shows something.
  async go(place, { settled = true } = {}) {
    await this.page.goto(`${this.url}#${place}`);
    if (settled) await this.settled();
  }
  // Nothing is on its way that the place needs.
  async settled() {
    await this.page.locator('main h1').first().waitFor();
    await this.page.waitForFunction(() => !document.querySelector('.wait, [aria-busy=true]'));
  }
  reload() { return this.page.reload().then(() => this.settled()); }

  // By the marks that web/README.md names.
  rows() { return this.page.locator('[data-row]'); }
  row(key) { return this.page.locator(`[data-row="${key}"]`); }
  act(name, within = this.page) { return within.locator(`[data-act="${name}"]`); }
  chip(name) { return this.page.locator(`[data-chip="${name}"]`); }
  toast(level) { return this.page.locator(level ? `[data-toast="${level}"]` : '[data-toast]'); }
  dialog() { return this.page.locator('dialog[open]'); }
  screen(name) { return this.page.locator(`[data-screen="${name}"]`); }
  link(state) { return this.page.locator(`[data-link="${state}"]`); }
  banner() { return this.page.locator('[data-banner]'); }
  keys() { return this.rows().evaluateAll((rows) => rows.map((row) => row.dataset.row)); }

  // Violations of WCAG 2.2 A and AA, in a line each.
  async axe() {
    // By the protocol: a script element would be stopped by the page's policy, rightly.
    await this.page.evaluate(axeSource);
    const found = await this.page.evaluate(() => self.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }));
    return found.violations.map(({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes.length} times, such as ${nodes[0].html.slice(0, 160)} ${nodes[0].any[0]?.message ?? ''}`);
  }
  // How many pixels can be scrolled sideways.
  overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }
}
