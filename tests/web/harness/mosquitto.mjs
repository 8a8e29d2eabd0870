// SPDX-License-Identifier: Apache-2.0
// A mosquitto of the test's own, on a free port of the loopback interface.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { end, eventually, freePort, run, start } from './processes.mjs';

export class Mosquitto {
  // more: lines of its configuration.
  static async start(dir, more = '') {
    const broker = new Mosquitto();
    Object.assign(broker, { dir, more, port: await freePort() });
    await broker.start();
    return broker;
  }
  // Again, on the same port.
  async start() {
    const conf = join(this.dir, 'mosquitto.conf');
    const log = join(this.dir, 'mosquitto.log');
    await writeFile(conf, `listener ${this.port} 127.0.0.1\nallow_anonymous true\npersistence false\n${this.more}`);
    await writeFile(log, '');
    process.env.PATH += ':/usr/sbin';
    this.child = await start('mosquitto', ['-c', conf], log);
    await eventually('mosquitto runs', async () => (await readFile(log, 'utf8')).includes(' running'));
  }
  publish(topic, payload) {
    return run('mosquitto_pub', ['-p', String(this.port), '-q', '1', '-t', topic, '-s'], { input: payload });
  }
  stop() { return end(this.child); }
}
