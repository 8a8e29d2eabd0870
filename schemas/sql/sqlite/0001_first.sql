-- SPDX-License-Identifier: Apache-2.0
-- Times are RFC 3339 in UTC with milliseconds, so that they sort as text. Text without a value is
-- ''; any other absent value is NULL. Sets of names are separated by blanks.
-- Once released, a migration is never edited: a change is a new file with the next number.

PRAGMA application_id = 1229935683;  -- "IOTC"

-- schema_version, store_id, and journal:<client id> as "<segment> <offset>".
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('store_id', lower(hex(randomblob(8))));

CREATE TABLE platform (
  id INTEGER PRIMARY KEY CHECK (id > 0),  -- cardPlatformId
  name TEXT NOT NULL,
  profile TEXT NOT NULL
) STRICT;

CREATE TABLE card (
  iccid TEXT PRIMARY KEY,
  imsi TEXT NOT NULL,
  msisdn TEXT NOT NULL,
  imei TEXT NOT NULL,
  access_number TEXT NOT NULL,
  operator TEXT NOT NULL,
  platform INTEGER,
  plan TEXT NOT NULL,
  status TEXT NOT NULL,
  network TEXT NOT NULL,
  status_reason TEXT NOT NULL,
  raw_status TEXT NOT NULL,
  used_bytes INTEGER,
  limit_bytes INTEGER,
  remaining_bytes INTEGER,
  usage_scope TEXT NOT NULL,
  period_start TEXT,
  period_end TEXT,
  opened_at TEXT,
  activated_at TEXT,
  expires_at TEXT,
  alert_percent INTEGER,
  note TEXT NOT NULL,
  refreshed_at TEXT,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  abnormal TEXT NOT NULL DEFAULT ''  -- the reasons that were last announced
) STRICT, WITHOUT ROWID;

CREATE INDEX card_status ON card (status, iccid);
CREATE INDEX card_platform ON card (platform, iccid) WHERE platform IS NOT NULL;

-- Devices that have reported or were bound.
CREATE TABLE device (
  id INTEGER PRIMARY KEY,
  product TEXT NOT NULL,
  number TEXT NOT NULL,
  reports INTEGER NOT NULL DEFAULT 0,
  first_seen TEXT,
  -- The last report.
  last_seen TEXT,
  last_topic TEXT NOT NULL DEFAULT '',
  last_payload BLOB NOT NULL DEFAULT x'',
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
  outcome TEXT NOT NULL DEFAULT '',
  UNIQUE (product, number)
) STRICT;

-- Open while `until` is NULL. The bindings of a deleted card stay.
CREATE TABLE binding (
  id INTEGER PRIMARY KEY,
  product TEXT NOT NULL,
  number TEXT NOT NULL,
  iccid TEXT NOT NULL,
  match TEXT NOT NULL,
  since TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  until TEXT,
  created_by TEXT NOT NULL,
  ended_by TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (product, number) REFERENCES device (product, number)
) STRICT;

CREATE UNIQUE INDEX binding_open_device ON binding (product, number) WHERE until IS NULL;
CREATE UNIQUE INDEX binding_open_card ON binding (iccid) WHERE until IS NULL;
CREATE INDEX binding_open ON binding (until) WHERE until IS NULL;  -- for counting
CREATE INDEX binding_past_device ON binding (product, number, iccid, since)
  WHERE until IS NOT NULL;
CREATE INDEX binding_past_card ON binding (iccid) WHERE until IS NOT NULL;

-- Stands while `ended` is NULL: at most one a device about a card, and one about an unreadable
-- ICCID.
CREATE TABLE mismatch (
  id INTEGER PRIMARY KEY,
  product TEXT NOT NULL,
  number TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reported TEXT NOT NULL,
  platform INTEGER,
  state TEXT NOT NULL,
  count INTEGER NOT NULL,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  ended TEXT,
  ended_by TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX mismatch_standing_device
  ON mismatch (product, number, (outcome = 'mismatch.iccid_invalid')) WHERE ended IS NULL;
CREATE INDEX mismatch_standing ON mismatch (id, state, ended) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_card ON mismatch (reported) WHERE ended IS NULL;
CREATE INDEX mismatch_standing_unknown ON mismatch (id, reported)
  WHERE ended IS NULL AND outcome = 'mismatch.card_unknown';
CREATE INDEX mismatch_device ON mismatch (product, number);

-- AUTOINCREMENT: a sequence is part of an event's id and is never used again.
CREATE TABLE outbox (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;

CREATE INDEX outbox_client ON outbox (client_id);

CREATE TABLE rejected_report (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  size INTEGER NOT NULL,
  reason TEXT NOT NULL,
  "offset" INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT;

CREATE INDEX rejected_report_at ON rejected_report (at);

CREATE TABLE usage_sample (
  iccid TEXT NOT NULL,
  at TEXT NOT NULL,
  used_bytes INTEGER NOT NULL,
  PRIMARY KEY (iccid, at)
) STRICT, WITHOUT ROWID;
