// SPDX-License-Identifier: Apache-2.0
// peer.js - What people would write instead of iotcardd, in Node.js: mqtt.js and better-sqlite3,
// written as well as it can be while it stays a page: prepared statements, WAL, one transaction and
// one event for each report. It has no journal and no outbox: between the commit and the
// publication a crash loses the event.
// peer.js PORT STORE MUTE_CONFIRMED(0|1)
'use strict';
const mqtt = require('mqtt');
const Database = require('better-sqlite3');

const [port, path, muteConfirmed] = process.argv.slice(2);
const db = new Database(path);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = NORMAL');
db.pragma('cache_size = -32768');
db.pragma('mmap_size = 268435456');
db.pragma('wal_autocheckpoint = 8192');

const findCard = db.prepare('SELECT platform, status FROM card WHERE iccid = ?');
const boundTo = db.prepare('SELECT iccid, bound_since FROM device WHERE device = ?');
const holderOf = db.prepare('SELECT device FROM device WHERE iccid = ?');
const save = db.prepare(
  'INSERT INTO device VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET ' +
  'iccid = excluded.iccid, bound_since = excluded.bound_since, reports = reports + 1, ' +
  'last_seen = excluded.last_seen, reported = excluded.reported, payload = excluded.payload');

// A bare ICCID is no JSON: it gets its quotes first.
const bareIccid = /"iccid"\s*:\s*([0-9A-Fa-f]+)/;
function read(text) {
  const report = JSON.parse(text.replace(bareIccid, '"iccid":"$1"'));
  report.iccid = String(report.iccid ?? '').toUpperCase();
  return report;
}

const apply = db.transaction((device, text, report, now) => {
  const card = findCard.get(report.iccid);
  let { iccid, bound_since: since } = boundTo.get(device) ?? { iccid: null, bound_since: null };
  let outcome = 'mismatch/card_unknown';
  if (card && iccid) {
    outcome = iccid === report.iccid ? 'binding/confirmed' : 'mismatch/device_has_other_card';
  } else if (card) {
    outcome = 'mismatch/card_in_use';
    if (!holderOf.get(report.iccid)) {
      [iccid, since] = [report.iccid, now];
      outcome = 'binding/created';
    }
  }
  save.run(device, iccid, since, now, report.iccid, text);
  return { outcome, card };
});

let sequence = 0;
const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: 'peer', clean: true });
client.on('connect', () => {
  client.stream.setNoDelay(true);
  client.subscribe('/+/+/info/post', { qos: 1 }, () => {
    client.publish('peer/status', 'online', { qos: 1, retain: true });
  });
});
client.on('message', (topic, payload) => {
  const [, product, number] = topic.split('/');
  const device = `${product}/${number}`;
  const text = payload.toString();
  const now = new Date().toISOString();
  let report;
  try {
    report = read(text);
  } catch (error) {
    client.publish(`peer/event/report/rejected/${device}`, String(error), { qos: 1 });
    return;
  }
  const { outcome, card } = apply(device, text, report, now);
  if (muteConfirmed === '1' && outcome === 'binding/confirmed') return;
  client.publish(`peer/event/${outcome}/${device}`, JSON.stringify({
    specversion: '1.0', id: `peer:${++sequence}`, source: 'peer',
    type: `peer.${outcome.replace('/', '.')}`, subject: device, time: now,
    data: {
      device: { product, number }, iccid: report.iccid,
      card: card && { iccid: report.iccid, platform: card.platform, status: card.status },
    },
  }), { qos: 1 });
});
