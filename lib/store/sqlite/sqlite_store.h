// SPDX-License-Identifier: Apache-2.0
// sqlite_store.h - A Store on one SQLite file in WAL mode: readers do not wait for the writer, and
// a commit is on the disk when it returns. Each port has a class and a file of its own beside this
// one; this class joins them over one connection. One thread at a time; throws StoreError.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite/binding_store.h"
#include "store/sqlite/card_store.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/deferred_store.h"
#include "store/sqlite/health_store.h"
#include "store/sqlite/import_store.h"
#include "store/sqlite/list_store.h"
#include "store/sqlite/outbox_store.h"
#include "store/sqlite/platform_request_store.h"
#include "store/sqlite/platform_store.h"
#include "store/sqlite/replay_store.h"
#include "store/sqlite/report_store.h"
#include "store/sqlite/retention_store.h"
#include "store/sqlite/state_store.h"
#include "store/store.h"

namespace iotcard::sqlite {

// A base, so that the connection exists before the classes that use it.
class OwnedConnection {
 protected:
  OwnedConnection(const std::string& path, OpenMode mode) : connection_(path, mode) {}

  Connection connection_;
};

class SqliteStore : private OwnedConnection,
                    public Store,
                    public SqliteReportStore,
                    public SqliteOutboxStore,
                    public SqliteDeferredStore,
                    public SqliteRetentionStore,
                    public SqliteCardStore,
                    public SqliteImportStore,
                    public SqliteBindingStore,
                    public SqliteListStore,
                    public SqlitePlatformStore,
                    public SqlitePlatformRequestStore,
                    public SqliteReplayStore,
                    public SqliteStateStore,
                    public SqliteHealthStore {
 public:
  explicit SqliteStore(const std::string& path, OpenMode mode = OpenMode::create);

  // Every query used so far, for the test that looks at their plans.
  std::vector<std::string> queries() const { return OwnedConnection::connection_.prepared(); }
};

}  // namespace iotcard::sqlite
