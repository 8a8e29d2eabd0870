// SPDX-License-Identifier: Apache-2.0
// store.h - All ports to the card store, and how to open one. One object is one connection, used by
// one thread at a time; several may be open on the same store, in several processes. Callers take
// the narrowest port that has what they need. A contract test suite (tests/contract/) says what an
// implementation must do. Throws StoreError.
#pragma once

#include <memory>
#include <string>

#include "store/card_store.h"
#include "store/event_history_store.h"
#include "store/import_store.h"
#include "store/list_store.h"
#include "store/platform_store.h"
#include "store/queue_store.h"
#include "store/report_store.h"
#include "store/retention_store.h"
#include "store/series_store.h"
#include "store/silence_store.h"
#include "store/state_store.h"
#include "store/webhook_store.h"

namespace iotcard {

class Store : public virtual ReportStore,
              public virtual OutboxStore,
              public virtual EventHistoryStore,
              public virtual DeferredStore,
              public virtual RetentionStore,
              public virtual SilenceStore,
              public virtual SeriesStore,
              public virtual CardStore,
              public virtual ImportStore,
              public virtual BindingStore,
              public virtual ListStore,
              public virtual PlatformStore,
              public virtual PlatformRequestStore,
              public virtual WebhookStore,
              public virtual ReplayStore,
              public virtual StateStore,
              public virtual HealthStore {};

// Opens the store that a URL names, "sqlite:PATH", and brings its schema up to date.
std::unique_ptr<Store> open_store(const std::string& url);

// The same if the store exists; otherwise throws StoreError (unavailable). For connections beside
// the first one of a program: a store that was deleted meanwhile must not be made again.
std::unique_ptr<Store> open_existing_store(const std::string& url);

// Opens a store that exists, of any schema version up to ours, and cannot write: neither data nor
// schema. Of an older schema only schema_version(), id() and find_damage() can be relied on.
std::unique_ptr<Store> open_store_to_read(const std::string& url);

}  // namespace iotcard
