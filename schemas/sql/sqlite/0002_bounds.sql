-- SPDX-License-Identifier: Apache-2.0
-- Reports that were taken from a client's journal and wait behind those of other devices.
-- AUTOINCREMENT: what is deferred later comes later, even when the table was empty in between.
CREATE TABLE deferred_report (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  client_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  size INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT;

CREATE INDEX deferred_report_client ON deferred_report (client_id);

-- For counting.
CREATE INDEX binding_past ON binding (until) WHERE until IS NOT NULL;

-- Whole, not of past bindings only: the foreign key to device is looked up by it when a device goes.
DROP INDEX binding_past_device;
CREATE INDEX binding_of_device ON binding (product, number, iccid, since);
