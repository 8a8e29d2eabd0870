-- SPDX-License-Identifier: Apache-2.0
-- What somebody would make who needs just this: cards, the binding of each device, its last report.
PRAGMA journal_mode = WAL;

CREATE TABLE card (
  iccid TEXT PRIMARY KEY,
  platform INTEGER,
  status TEXT NOT NULL,
  plan TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE binding (
  id INTEGER PRIMARY KEY,
  device TEXT NOT NULL UNIQUE,
  iccid TEXT NOT NULL UNIQUE,
  since TEXT NOT NULL,
  last_seen TEXT NOT NULL
);

CREATE TABLE device (
  device TEXT PRIMARY KEY,
  reports INTEGER NOT NULL,
  last_seen TEXT NOT NULL,
  iccid TEXT NOT NULL,
  payload TEXT NOT NULL
) WITHOUT ROWID;
