-- SPDX-License-Identifier: Apache-2.0
-- Fewer B-trees for what each report writes.

-- A sequence is part of an event's id and is never used again: the last one is in meta, written once
-- in a transaction. One B-tree, in which the events of a client are neighbours. The column `client`
-- has a new name so that a running program of schema 4 fails here instead of using sequences again.
INSERT INTO meta
SELECT 'outbox_sequence', coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0);
CREATE TABLE outbox_by_client (
  client TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  topic TEXT NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (client, sequence)
) STRICT, WITHOUT ROWID;
INSERT INTO outbox_by_client SELECT client_id, sequence, topic, payload FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_by_client RENAME TO outbox;

-- No foreign key: it would need an index of all bindings by device.
CREATE TABLE binding_without_key (
  id INTEGER PRIMARY KEY,
  product TEXT NOT NULL,
  number TEXT NOT NULL,
  iccid TEXT NOT NULL,
  match TEXT NOT NULL,
  since TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  until TEXT,
  created_by TEXT NOT NULL,
  ended_by TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO binding_without_key
SELECT id, product, number, iccid, match, since, last_seen, until, created_by, ended_by
FROM binding ORDER BY id;
DROP TABLE binding;
ALTER TABLE binding_without_key RENAME TO binding;

CREATE UNIQUE INDEX binding_open_device ON binding (product, number) WHERE until IS NULL;
CREATE UNIQUE INDEX binding_open_card ON binding (iccid) WHERE until IS NULL;
CREATE INDEX binding_open ON binding (until) WHERE until IS NULL;  -- for counting
CREATE INDEX binding_past_device ON binding (product, number, iccid, since)
  WHERE until IS NOT NULL;
CREATE INDEX binding_past_card ON binding (iccid) WHERE until IS NOT NULL;
CREATE INDEX binding_past ON binding (until) WHERE until IS NOT NULL;  -- for counting

CREATE TRIGGER device_bound BEFORE DELETE ON device
WHEN EXISTS (SELECT 1 FROM binding
  WHERE product = old.product AND number = old.number AND until IS NULL)
BEGIN
  SELECT raise(ABORT, 'the device has a card');
END;
