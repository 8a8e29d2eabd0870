-- SPDX-License-Identifier: Apache-2.0
-- Times are milliseconds since 1970-01-01 in UTC. Text without a value is ''; any other absent value
-- is NULL. Sets of names are separated by blanks.
-- Once released, a migration is never edited: a change is a new file with the next number.

PRAGMA application_id = 1229935683;  -- "IOTC"

-- store_id, outbox_sequence (the last of all events: it is part of an event's id and never used
-- again), journal:<client> as "<segment> <offset>", published:<client>, history:<client>, and what
-- else a client has to remember.
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('store_id', lower(hex(randomblob(8)))), ('outbox_sequence', '0');

-- Whose events and deferred reports there are: broker.client_id.
CREATE TABLE client (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- With its health, PlatformHealth of store/platform_store.h, and NotFoundRound, round_began to
-- not_found_held.
CREATE TABLE platform (
  id INTEGER PRIMARY KEY CHECK (id > 0),  -- cardPlatformId
  name TEXT NOT NULL,
  profile TEXT NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  next_try INTEGER,
  last_answer INTEGER,
  last_failure INTEGER,
  fault TEXT NOT NULL DEFAULT '',
  failure TEXT NOT NULL DEFAULT '',
  round_began INTEGER,
  round_found INTEGER NOT NULL DEFAULT 0,
  round_applied INTEGER NOT NULL DEFAULT 0,
  wave_since INTEGER,
  accepted_until INTEGER,
  not_found_held INTEGER NOT NULL DEFAULT 0  -- rows of platform_held: kept by its triggers
) STRICT;

-- Cards that their platform no longer finds, which is not applied (yet).
CREATE TABLE platform_held (
  platform INTEGER NOT NULL,
  iccid TEXT NOT NULL,
  at INTEGER NOT NULL,  -- of the first such answer
  PRIMARY KEY (platform, iccid)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER platform_held_insert AFTER INSERT ON platform_held BEGIN
  UPDATE platform SET not_found_held = not_found_held + 1 WHERE id = new.platform;
END;
CREATE TRIGGER platform_held_delete AFTER DELETE ON platform_held BEGIN
  UPDATE platform SET not_found_held = not_found_held - 1 WHERE id = old.platform;
END;

-- There is an index for each order and filter of a card list.
CREATE TABLE card (
  id INTEGER PRIMARY KEY,
  iccid TEXT NOT NULL UNIQUE,
  -- What a report is decided on.
  platform INTEGER,
  status TEXT NOT NULL,
  network TEXT NOT NULL,
  used_bytes INTEGER,
  limit_bytes INTEGER,
  remaining_bytes INTEGER,
  usage_scope TEXT NOT NULL,
  expires_at INTEGER,
  alert_percent INTEGER,
  imei TEXT NOT NULL,  -- the lock, which operators set
  abnormal TEXT NOT NULL DEFAULT '',  -- the reasons that were last announced
  judge_at INTEGER,  -- when they may change by themselves; NULL: never
  imsi TEXT NOT NULL,
  msisdn TEXT NOT NULL,
  network_imei TEXT NOT NULL,  -- what the platform reports
  access_number TEXT NOT NULL,
  operator TEXT NOT NULL,
  plan TEXT NOT NULL,
  status_reason TEXT NOT NULL,
  raw_status TEXT NOT NULL,
  period_start INTEGER,
  period_end INTEGER,
  opened_at INTEGER,
  activated_at INTEGER,
  note TEXT NOT NULL,
  refreshed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  asked_at INTEGER NOT NULL DEFAULT 0,  -- its platform; 0: never, or it is to be asked next
  -- Sort keys with a value for absent ones, too, so that a page can begin behind any card: platform
  -- 0, the greatest number after every date, and -1 used bytes.
  platform_key INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(platform, 0)) VIRTUAL,
  expiry_key INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(expires_at, 9223372036854775807))
    VIRTUAL,
  used_key INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(used_bytes, -1)) VIRTUAL,
  -- Used share of the own limit, 1.0 for all of it; -1 if it is unknown.
  used_share REAL NOT NULL GENERATED ALWAYS AS (
    CASE WHEN usage_scope = 'card' AND limit_bytes > 0
      THEN coalesce(coalesce(used_bytes * 1.0, limit_bytes * 1.0 - remaining_bytes * 1.0)
        / (limit_bytes * 1.0), -1.0)
      ELSE -1.0 END) VIRTUAL
) STRICT;

CREATE INDEX card_status ON card (status, iccid);
CREATE INDEX card_platform ON card (platform_key, iccid);
CREATE INDEX card_operator ON card (operator, iccid);
CREATE INDEX card_expires ON card (expiry_key, iccid);
CREATE INDEX card_used ON card (used_key, iccid);
CREATE INDEX card_share ON card (used_share, iccid);
CREATE INDEX card_judge ON card (judge_at) WHERE judge_at IS NOT NULL;
-- The queue of each platform, the stalest card first.
CREATE INDEX card_asked ON card (platform_key, asked_at, iccid);

-- Abnormal cards by reason; `expired` and `expiring_soon` are read from card_expires.
CREATE INDEX card_terminated ON card (iccid, abnormal, expiry_key)
  WHERE instr(abnormal, 'terminated') > 0;
CREATE INDEX card_not_found ON card (iccid, abnormal, expiry_key)
  WHERE instr(abnormal, 'not_found') > 0;
CREATE INDEX card_suspended ON card (iccid, abnormal, expiry_key)
  WHERE instr(abnormal, 'suspended') > 0;
CREATE INDEX card_network_blocked ON card (iccid, abnormal, expiry_key)
  WHERE instr(abnormal, 'network_blocked') > 0;
CREATE INDEX card_over_limit ON card (iccid, abnormal, expiry_key)
  WHERE instr(abnormal, 'over_limit') > 0;
CREATE INDEX card_imei_mismatch ON card (iccid, abnormal, expiry_key)
  WHERE instr(abnormal, 'imei_mismatch') > 0;
CREATE INDEX card_near_limit ON card (iccid, abnormal, expiry_key)
  WHERE instr(abnormal, 'near_limit') > 0;

-- Finds any three consecutive characters.
CREATE VIRTUAL TABLE card_text USING fts5(iccid, imsi, msisdn, imei, network_imei, access_number,
  operator, plan, note, content = 'card', content_rowid = 'id', tokenize = 'trigram',
  detail = 'none', columnsize = 0);

-- The program inserts the texts of new cards: with a trigger each INSERT has a savepoint, at which
-- FTS5 writes its pending data, and a large import takes twice as long.
CREATE TRIGGER card_text_delete AFTER DELETE ON card BEGIN
  INSERT INTO card_text (card_text, rowid, iccid, imsi, msisdn, imei, network_imei, access_number,
    operator, plan, note)
  VALUES ('delete', old.id, old.iccid, old.imsi, old.msisdn, old.imei, old.network_imei,
    old.access_number, old.operator, old.plan, old.note);
END;
CREATE TRIGGER card_text_update AFTER UPDATE ON card
WHEN (old.imsi, old.msisdn, old.imei, old.network_imei, old.access_number, old.operator, old.plan,
  old.note)
  IS NOT (new.imsi, new.msisdn, new.imei, new.network_imei, new.access_number, new.operator,
  new.plan, new.note)
BEGIN
  INSERT INTO card_text (card_text, rowid, iccid, imsi, msisdn, imei, network_imei, access_number,
    operator, plan, note)
  VALUES ('delete', old.id, old.iccid, old.imsi, old.msisdn, old.imei, old.network_imei,
    old.access_number, old.operator, old.plan, old.note);
  INSERT INTO card_text (rowid, iccid, imsi, msisdn, imei, network_imei, access_number, operator,
    plan, note)
  VALUES (new.id, new.iccid, new.imsi, new.msisdn, new.imei, new.network_imei, new.access_number,
    new.operator, new.plan, new.note);
END;

-- A card that moves to another platform has not been asked about there.
CREATE TRIGGER card_moved AFTER UPDATE OF platform ON card
WHEN old.platform IS NOT new.platform
BEGIN
  UPDATE card SET asked_at = 0 WHERE id = new.id AND asked_at <> 0;
  DELETE FROM platform_request WHERE iccid = new.iccid AND taken_at IS NULL AND done_at IS NULL;
  DELETE FROM platform_held WHERE platform = old.platform AND iccid = new.iccid;
END;

-- Devices that have reported or were bound. A report that confirms a binding changes one row of
-- this table, and nothing that is in an index, except seen_day in the first report of a day.
CREATE TABLE device (
  id INTEGER PRIMARY KEY,
  product TEXT NOT NULL,
  number TEXT NOT NULL,
  reports INTEGER NOT NULL DEFAULT 0,
  first_seen INTEGER,
  last_seen INTEGER,  -- its last report, below
  heard_live INTEGER NOT NULL DEFAULT 0,  -- 1: a report came that was not retained
  -- 1: another device reported this device's card, and this device may not have reported the card
  -- since: see index mismatch_contested.
  contested INTEGER NOT NULL DEFAULT 0,
  silent_since INTEGER,  -- when it was found silent; NULL: it is not
  -- last_seen is not before this. A report does not write it; upkeep/silence_monitor.h reads it.
  seen_from INTEGER NOT NULL DEFAULT 0,
  seen_day INTEGER NOT NULL DEFAULT -1,  -- the day of last_seen, UTC, since 1970; -1: none
  imei TEXT NOT NULL DEFAULT '',  -- in its last report that had one
  -- The open binding; NULL if there is none. The ICCID is here, too, so that bound cards are listed
  -- in its order.
  card INTEGER,  -- NULL if it was removed, and its binding stayed
  bound_iccid TEXT,
  match TEXT,
  since INTEGER,
  bound_by TEXT,
  confirmed_at INTEGER,  -- the device's last report of this card; `since` if it made none
  -- The last report.
  outcome TEXT NOT NULL DEFAULT '',
  reported_iccid TEXT NOT NULL DEFAULT '',
  platform INTEGER,
  rssi INTEGER,
  status INTEGER,
  firmware_version TEXT NOT NULL DEFAULT '',
  user_id TEXT NOT NULL DEFAULT '',
  longitude REAL,
  latitude REAL,
  summary TEXT NOT NULL DEFAULT '',
  leniencies TEXT NOT NULL DEFAULT '',
  issues TEXT NOT NULL DEFAULT '',  -- one a line
  last_topic TEXT NOT NULL DEFAULT '',
  last_payload BLOB NOT NULL DEFAULT x'',
  UNIQUE (product, number),
  CHECK ((since IS NULL) = (bound_iccid IS NULL))
) STRICT;

CREATE UNIQUE INDEX device_bound ON device (bound_iccid) WHERE bound_iccid IS NOT NULL;
CREATE INDEX device_unbound ON device (product, number, bound_iccid) WHERE bound_iccid IS NULL;
CREATE INDEX device_seen ON device (seen_day, product, number);
CREATE INDEX device_seen_from ON device (seen_from) WHERE silent_since IS NULL;
CREATE INDEX device_silent ON device (product, number, silent_since)
  WHERE silent_since IS NOT NULL;

CREATE TRIGGER device_delete BEFORE DELETE ON device WHEN old.bound_iccid IS NOT NULL
BEGIN
  SELECT raise(ABORT, 'the device has a card');
END;

-- Bindings that have ended. Those of a deleted card stay.
CREATE TABLE binding (
  id INTEGER PRIMARY KEY,
  device INTEGER NOT NULL,
  iccid TEXT NOT NULL,
  match TEXT NOT NULL,
  since INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  until INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  ended_by TEXT NOT NULL
) STRICT;

CREATE INDEX binding_device ON binding (device, iccid, since);
CREATE INDEX binding_iccid ON binding (iccid);

-- Stands while `ended` is NULL: at most one a device about a card, and one about an unreadable
-- ICCID.
CREATE TABLE mismatch (
  id INTEGER PRIMARY KEY,
  device INTEGER NOT NULL,
  product TEXT NOT NULL,  -- the device's
  outcome TEXT NOT NULL,
  reported TEXT NOT NULL,
  platform INTEGER,
  state TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  ended INTEGER,
  ended_by TEXT NOT NULL,
  dismissed_at INTEGER,  -- who dismissed it stays known after its cause is gone
  dismissed_by TEXT NOT NULL,
  reason TEXT NOT NULL,  -- given by who accepted or dismissed it
  -- What stood against the report when the mismatch was raised, or when that last changed.
  suspect TEXT NOT NULL,
  bound_iccid TEXT NOT NULL,
  holder TEXT NOT NULL,  -- "product/number"
  card_platform INTEGER,
  -- Of the report that raised it.
  reported_text TEXT NOT NULL,  -- the ICCID as it came
  leniencies TEXT NOT NULL,
  candidates TEXT NOT NULL  -- ICCIDs
) STRICT;

CREATE UNIQUE INDEX mismatch_standing_device
  ON mismatch (device, (outcome = 'mismatch.iccid_invalid')) WHERE ended IS NULL;
CREATE INDEX mismatch_standing ON mismatch (id, state, outcome, ended) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_outcome ON mismatch (outcome, id, state, ended) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_product ON mismatch (product, id, state, ended) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_card ON mismatch (reported) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_unknown ON mismatch (id, reported)
  WHERE ended IS NULL AND outcome = 'mismatch.card_unknown';
CREATE INDEX mismatch_standing_suspect ON mismatch (suspect, id, state, ended)
  WHERE ended IS NULL AND suspect <> '';
CREATE INDEX mismatch_contested ON mismatch (holder) WHERE ended IS NULL AND suspect = 'moved';
-- Orders of a list. The row of a mismatch that stands changes with each of its reports.
CREATE INDEX mismatch_standing_first ON mismatch (first_seen, id) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_state_first ON mismatch (state, first_seen, id) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_outcome_first ON mismatch (outcome, first_seen, id)
  WHERE ended IS NULL;
CREATE INDEX mismatch_standing_last ON mismatch (last_seen, id) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_count ON mismatch (count, id) WHERE ended IS NULL;
CREATE INDEX mismatch_ended_last ON mismatch (last_seen, id) WHERE ended IS NOT NULL;
CREATE INDEX mismatch_ended_count ON mismatch (count, id) WHERE ended IS NOT NULL;
CREATE INDEX mismatch_first ON mismatch (first_seen, id);
CREATE INDEX mismatch_device ON mismatch (device);
CREATE INDEX mismatch_product ON mismatch (product, id);
CREATE INDEX mismatch_reported ON mismatch (reported, id);
CREATE INDEX mismatch_state ON mismatch (state, id);
CREATE INDEX mismatch_outcome ON mismatch (outcome, id);
CREATE INDEX mismatch_counts ON mismatch (state, outcome, suspect);

-- Events. One B-tree, in which the events of a client are neighbours: `key` is the client's
-- number × 2^40 + the event's sequence. Up to the sequence in meta published:<client> they are
-- published, and kept as the history of events; above it they wait for the broker. Every event
-- that was published after the sequence in history:<client> is still here; without that row
-- published events are deleted at once.
CREATE TABLE outbox (
  key INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;

-- Who sends events elsewhere, and how far they are: done with a client's events up to `sequence`.
CREATE TABLE event_cursor (
  client INTEGER NOT NULL,
  consumer TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  lost INTEGER NOT NULL DEFAULT 0,  -- events that were deleted before that
  PRIMARY KEY (client, consumer)
) STRICT, WITHOUT ROWID;

-- How each webhook fares: WebhookRow of store/webhook_store.h.
CREATE TABLE webhook (
  name TEXT PRIMARY KEY,
  configured INTEGER NOT NULL,  -- 0: it was removed from the configuration, and may come back
  failures INTEGER NOT NULL DEFAULT 0,
  next_try INTEGER,
  last_answer INTEGER,
  last_failure INTEGER,
  fault TEXT NOT NULL DEFAULT '',
  failure TEXT NOT NULL DEFAULT '',
  failing_since INTEGER,
  gone_at INTEGER,
  sent INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  set_aside INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Events that the broker or the receiver of a webhook will not take, the oldest first. Those of the
-- broker were moved here from the outbox.
CREATE TABLE quarantined_event (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,  -- as in the outbox, and so the payload
  payload TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL  -- when it was moved
) STRICT;

CREATE INDEX quarantined_event_at ON quarantined_event (at);  -- counting reads no payloads

CREATE TABLE rejected_report (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  size INTEGER NOT NULL,
  reason TEXT NOT NULL,
  "offset" INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE INDEX rejected_report_reason ON rejected_report (reason, id);

-- Reports that were taken from a client's journal and wait behind those of other devices.
-- AUTOINCREMENT: a later report has a larger sequence, even if the table was empty in between.
CREATE TABLE deferred_report (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  client INTEGER NOT NULL,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  size INTEGER NOT NULL,
  at INTEGER NOT NULL,
  retained INTEGER NOT NULL
) STRICT;

CREATE INDEX deferred_report_client ON deferred_report (client);

-- The last figure of each day, UTC.
CREATE TABLE usage_sample (
  iccid TEXT NOT NULL,
  day TEXT NOT NULL,  -- 2026-11-23
  used_bytes INTEGER NOT NULL,
  PRIMARY KEY (iccid, day)
) STRICT, WITHOUT ROWID;

-- Reports in each five minutes of the last 7 days: received, accepted, rejected, outcome.NAME,
-- leniency.NAME. A bucket without a row for received: no daemon ran.
CREATE TABLE report_series (
  bucket INTEGER NOT NULL,  -- its beginning
  metric TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (bucket, metric)
) STRICT, WITHOUT ROWID;

-- What was changed of a card, when, and by whom: an entry for each field. Those of a deleted card
-- stay.
CREATE TABLE card_change (
  id INTEGER PRIMARY KEY,
  iccid TEXT NOT NULL,
  at INTEGER NOT NULL,
  changed_by TEXT NOT NULL,
  kind TEXT NOT NULL,
  field TEXT NOT NULL,  -- '' if the card was added or removed, as "before" and "after"
  "before" TEXT NOT NULL,
  "after" TEXT NOT NULL
) STRICT;

CREATE INDEX card_change_iccid ON card_change (iccid, id);

-- An ICCID that a platform said it does not know.
CREATE TABLE platform_miss (
  platform INTEGER NOT NULL,
  iccid TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (platform, iccid)
) STRICT, WITHOUT ROWID;

CREATE INDEX platform_miss_at ON platform_miss (at);

-- Requests of operators to a platform, kept as a record. A request waits while taken_at is NULL and
-- is in progress while done_at is NULL.
CREATE TABLE platform_request (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  iccid TEXT NOT NULL,
  platform INTEGER NOT NULL,
  kind TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  taken_at INTEGER,
  done_at INTEGER,
  failure TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX platform_request_waiting ON platform_request (platform, id)
  WHERE taken_at IS NULL AND done_at IS NULL;
CREATE INDEX platform_request_taken ON platform_request (platform, taken_at)
  WHERE taken_at IS NOT NULL AND done_at IS NULL;
CREATE INDEX platform_request_card ON platform_request (iccid, id);

-- Imports of card lists that are not finished. Incomplete: the list is still being read, and if
-- nobody works on it any more, its rows are deleted. Complete: its rows are being applied, and if
-- nobody works on it any more, another process continues. Whoever works on an import locks the byte
-- of this number in STORE.imports, the file beside the store (store/sqlite/import_locks.h).
CREATE TABLE card_import (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  complete INTEGER NOT NULL,
  options TEXT NOT NULL
) STRICT;

-- A row is deleted in the transaction that applies it.
CREATE TABLE card_import_row (
  import INTEGER NOT NULL,
  line INTEGER NOT NULL,
  iccid TEXT NOT NULL,
  product TEXT NOT NULL,  -- of the device to bind the card to; '' for none, as `number`
  number TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX card_import_row_iccid ON card_import_row (import, iccid);
