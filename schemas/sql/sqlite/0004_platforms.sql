-- SPDX-License-Identifier: Apache-2.0
-- The health of a platform: PlatformHealth of store/platform_store.h.
ALTER TABLE platform ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE platform ADD COLUMN next_try TEXT;
ALTER TABLE platform ADD COLUMN last_answer TEXT;
ALTER TABLE platform ADD COLUMN last_failure TEXT;
ALTER TABLE platform ADD COLUMN fault TEXT NOT NULL DEFAULT '';
ALTER TABLE platform ADD COLUMN failure TEXT NOT NULL DEFAULT '';

-- When its platform was last asked about a card; '' if never, or if it is to be asked next.
ALTER TABLE card ADD COLUMN asked_at TEXT NOT NULL DEFAULT '';
-- The queue of each platform, the stalest card first.
CREATE INDEX card_asked ON card (platform_key, asked_at, iccid);

-- A card that moves to another platform has not been asked about there.
CREATE TRIGGER card_moved AFTER UPDATE OF platform ON card
WHEN old.platform IS NOT new.platform
BEGIN
  UPDATE card SET asked_at = '' WHERE id = new.id AND asked_at <> '';
  DELETE FROM platform_request WHERE iccid = new.iccid AND taken_at IS NULL AND done_at IS NULL;
END;

-- An ICCID that a platform said it does not know.
CREATE TABLE platform_miss (
  platform INTEGER NOT NULL,
  iccid TEXT NOT NULL,
  at TEXT NOT NULL,
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
  requested_at TEXT NOT NULL,
  taken_at TEXT,
  done_at TEXT,
  failure TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX platform_request_waiting ON platform_request (platform, id)
  WHERE taken_at IS NULL AND done_at IS NULL;
CREATE INDEX platform_request_taken ON platform_request (platform, taken_at)
  WHERE taken_at IS NOT NULL AND done_at IS NULL;
CREATE INDEX platform_request_card ON platform_request (iccid, id);
