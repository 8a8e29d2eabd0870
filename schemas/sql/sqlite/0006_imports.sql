-- SPDX-License-Identifier: Apache-2.0
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
