-- SPDX-License-Identifier: Apache-2.0
-- What somebody would make who needs just this: the cards, and of each device its
-- binding and its last report.
PRAGMA journal_mode = WAL;

CREATE TABLE card (
  iccid TEXT PRIMARY KEY,
  platform INTEGER,
  status TEXT NOT NULL,
  plan TEXT NOT NULL
) WITHOUT ROWID;

-- One row for a device holds its binding and its last report: a page less to write for each report.
CREATE TABLE device (
  device TEXT PRIMARY KEY,
  iccid TEXT UNIQUE,  -- of the card that it is bound to
  bound_since TEXT,
  reports INTEGER NOT NULL,
  last_seen TEXT NOT NULL,
  reported TEXT NOT NULL,
  payload TEXT NOT NULL
) WITHOUT ROWID;
