-- SPDX-License-Identifier: Apache-2.0
-- Reports that were taken from a client's journal and wait behind those of other devices.
-- AUTOINCREMENT: a later report has a larger sequence, even if the table was empty in between.
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

-- Of all bindings: the foreign key to device uses it when a device is deleted.
DROP INDEX binding_past_device;
CREATE INDEX binding_of_device ON binding (product, number, iccid, since);
