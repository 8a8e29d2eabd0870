-- SPDX-License-Identifier: Apache-2.0
-- A card has an integer key: the full-text index needs one, and it keeps the other indexes small.
-- There is an index for each order and filter of a card list.
CREATE TABLE card_by_number (
  id INTEGER PRIMARY KEY,
  iccid TEXT NOT NULL UNIQUE,
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
  abnormal TEXT NOT NULL DEFAULT '',  -- the reasons that were last announced
  -- Sort keys with a value for absent ones, too, so that a page can begin behind any card: platform
  -- 0, "~" after every date, and -1 used bytes.
  platform_key INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(platform, 0)) VIRTUAL,
  expiry_key TEXT NOT NULL GENERATED ALWAYS AS (coalesce(expires_at, '~')) VIRTUAL,
  used_key INTEGER NOT NULL GENERATED ALWAYS AS (coalesce(used_bytes, -1)) VIRTUAL,
  -- Used share of the own limit, 1.0 for all of it; -1 if it is unknown.
  used_share REAL NOT NULL GENERATED ALWAYS AS (
    CASE WHEN usage_scope = 'card' AND limit_bytes > 0
      THEN coalesce(coalesce(used_bytes * 1.0, limit_bytes * 1.0 - remaining_bytes * 1.0)
        / (limit_bytes * 1.0), -1.0)
      ELSE -1.0 END) VIRTUAL
) STRICT;

INSERT INTO card_by_number (iccid, imsi, msisdn, imei, access_number, operator, platform, plan,
  status, network, status_reason, raw_status, used_bytes, limit_bytes, remaining_bytes, usage_scope,
  period_start, period_end, opened_at, activated_at, expires_at, alert_percent, note, refreshed_at,
  created_at, updated_at, abnormal)
SELECT iccid, imsi, msisdn, imei, access_number, operator, platform, plan, status, network,
  status_reason, raw_status, used_bytes, limit_bytes, remaining_bytes, usage_scope, period_start,
  period_end, opened_at, activated_at, expires_at, alert_percent, note, refreshed_at, created_at,
  updated_at, abnormal
FROM card ORDER BY iccid;

DROP TABLE card;
ALTER TABLE card_by_number RENAME TO card;

CREATE INDEX card_status ON card (status, iccid);
CREATE INDEX card_platform ON card (platform_key, iccid);
CREATE INDEX card_operator ON card (operator, iccid);
CREATE INDEX card_expires ON card (expiry_key, iccid);
CREATE INDEX card_used ON card (used_key, iccid);
CREATE INDEX card_share ON card (used_share, iccid);

-- Abnormal cards by reason; `expired` and `expiring_soon` are read from card_expires.
CREATE INDEX card_terminated ON card (iccid, abnormal) WHERE instr(abnormal, 'terminated') > 0;
CREATE INDEX card_not_found ON card (iccid, abnormal) WHERE instr(abnormal, 'not_found') > 0;
CREATE INDEX card_suspended ON card (iccid, abnormal) WHERE instr(abnormal, 'suspended') > 0;
CREATE INDEX card_network_blocked ON card (iccid, abnormal)
  WHERE instr(abnormal, 'network_blocked') > 0;
CREATE INDEX card_over_limit ON card (iccid, abnormal) WHERE instr(abnormal, 'over_limit') > 0;
CREATE INDEX card_near_limit ON card (iccid, abnormal) WHERE instr(abnormal, 'near_limit') > 0;

-- Finds any three consecutive characters.
CREATE VIRTUAL TABLE card_text USING fts5(iccid, imsi, msisdn, imei, access_number, operator, plan,
  note, content = 'card', content_rowid = 'id', tokenize = 'trigram', detail = 'none',
  columnsize = 0);
INSERT INTO card_text (rowid, iccid, imsi, msisdn, imei, access_number, operator, plan, note)
SELECT id, iccid, imsi, msisdn, imei, access_number, operator, plan, note FROM card;

-- The program inserts the texts of new cards: with a trigger each INSERT has a savepoint, at which
-- FTS5 writes its pending data, and a large import takes twice as long.
CREATE TRIGGER card_text_delete AFTER DELETE ON card BEGIN
  INSERT INTO card_text (card_text, rowid, iccid, imsi, msisdn, imei, access_number, operator, plan,
    note)
  VALUES ('delete', old.id, old.iccid, old.imsi, old.msisdn, old.imei, old.access_number,
    old.operator, old.plan, old.note);
END;
CREATE TRIGGER card_text_update AFTER UPDATE ON card
WHEN (old.imsi, old.msisdn, old.imei, old.access_number, old.operator, old.plan, old.note)
  IS NOT (new.imsi, new.msisdn, new.imei, new.access_number, new.operator, new.plan, new.note)
BEGIN
  INSERT INTO card_text (card_text, rowid, iccid, imsi, msisdn, imei, access_number, operator, plan,
    note)
  VALUES ('delete', old.id, old.iccid, old.imsi, old.msisdn, old.imei, old.access_number,
    old.operator, old.plan, old.note);
  INSERT INTO card_text (rowid, iccid, imsi, msisdn, imei, access_number, operator, plan, note)
  VALUES (new.id, new.iccid, new.imsi, new.msisdn, new.imei, new.access_number, new.operator,
    new.plan, new.note);
END;

-- Who dismissed a mismatch stays known after its cause is gone.
ALTER TABLE mismatch ADD COLUMN dismissed_at TEXT;
ALTER TABLE mismatch ADD COLUMN dismissed_by TEXT NOT NULL DEFAULT '';
UPDATE mismatch SET dismissed_at = last_seen, dismissed_by = ended_by, ended_by = ''
WHERE state = 'dismissed';
CREATE INDEX mismatch_state ON mismatch (state, id);
CREATE INDEX mismatch_outcome ON mismatch (outcome, id);
CREATE INDEX rejected_report_reason ON rejected_report (reason, id);

-- The last figure of each day, UTC.
DROP TABLE usage_sample;
CREATE TABLE usage_sample (
  iccid TEXT NOT NULL,
  day TEXT NOT NULL,  -- 2026-11-23
  used_bytes INTEGER NOT NULL,
  PRIMARY KEY (iccid, day)
) STRICT, WITHOUT ROWID;
