-- SPDX-License-Identifier: Apache-2.0
-- The table of cards with its indexes, for the sqlite3 shell's .import, which cannot leave out
-- generated columns: so what they compute stands in the indexes.
CREATE TABLE card (
  id INTEGER PRIMARY KEY, iccid TEXT NOT NULL UNIQUE, imsi TEXT, msisdn TEXT, imei TEXT,
  network_imei TEXT, access_number TEXT, operator TEXT, platform INTEGER, plan TEXT, status TEXT,
  network TEXT,
  status_reason TEXT, raw_status TEXT, used_bytes INTEGER, limit_bytes INTEGER,
  remaining_bytes INTEGER, usage_scope TEXT, period_start TEXT, period_end TEXT, opened_at TEXT,
  activated_at TEXT, expires_at TEXT, alert_percent INTEGER, note TEXT, refreshed_at TEXT,
  created_at TEXT, updated_at TEXT, abnormal TEXT, asked_at TEXT
);
CREATE INDEX card_status ON card (status, iccid);
CREATE INDEX card_platform ON card (coalesce(platform, 0), iccid);
CREATE INDEX card_operator ON card (operator, iccid);
CREATE INDEX card_expires ON card (coalesce(expires_at, '~'), iccid);
CREATE INDEX card_used ON card (coalesce(used_bytes, -1), iccid);
CREATE INDEX card_share ON card (
  CASE WHEN usage_scope = 'card' AND limit_bytes > 0
    THEN coalesce(coalesce(used_bytes * 1.0, limit_bytes * 1.0 - remaining_bytes * 1.0)
      / (limit_bytes * 1.0), -1.0)
    ELSE -1.0 END, iccid);
CREATE INDEX card_asked ON card (coalesce(platform, 0), asked_at, iccid);
CREATE INDEX card_terminated ON card (iccid, abnormal) WHERE instr(abnormal, 'terminated') > 0;
CREATE INDEX card_not_found ON card (iccid, abnormal) WHERE instr(abnormal, 'not_found') > 0;
CREATE INDEX card_suspended ON card (iccid, abnormal) WHERE instr(abnormal, 'suspended') > 0;
CREATE INDEX card_blocked ON card (iccid, abnormal) WHERE instr(abnormal, 'network_blocked') > 0;
CREATE INDEX card_over_limit ON card (iccid, abnormal) WHERE instr(abnormal, 'over_limit') > 0;
CREATE INDEX card_near_limit ON card (iccid, abnormal) WHERE instr(abnormal, 'near_limit') > 0;
CREATE VIRTUAL TABLE card_text USING fts5(iccid, imsi, msisdn, imei, network_imei, access_number,
  operator, plan, note, content = 'card', content_rowid = 'id', tokenize = 'trigram',
  detail = 'none', columnsize = 0);
