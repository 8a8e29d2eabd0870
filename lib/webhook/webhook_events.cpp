// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook_events.h"

#include <chrono>
#include <utility>

namespace iotcard {
namespace {

// While another process locks the store: a stop waits for one call under way and for one more.
constexpr std::chrono::milliseconds lock_timeout{200};

}  // namespace

StoreWebhookEvents::StoreWebhookEvents(OpenStore open_store, std::string client_id,
                                       std::string name)
    : open_store_(std::move(open_store)),
      client_id_(std::move(client_id)),
      name_(std::move(name)) {}

template <typename Use>
auto StoreWebhookEvents::with_store(const Use& use) {
  if (!store_) {
    store_ = open_store_();
    store_->set_lock_timeout(lock_timeout);
  }
  try {
    check_in_place(*store_);
    return use(*store_);
  } catch (const StoreError&) {
    store_.reset();
    throw;
  }
}

WebhookEvents::Progress StoreWebhookEvents::load() {
  return with_store([&](Store& store) {
    Progress progress{.row = {.name = name_}};
    for (WebhookRow& row : store.webhooks()) {
      if (row.name == name_) progress.row = std::move(row);
    }
    const auto cursor = store.event_cursor(webhook_consumer(name_), client_id_);
    progress.position = cursor ? cursor->sequence : store.published_position(client_id_);
    return progress;
  });
}

std::vector<OutboxRow> StoreWebhookEvents::next(std::int64_t after, int limit,
                                                const WantsTopic& wants) {
  return with_store(
      [&](Store& store) { return store.published_events(client_id_, after, limit, wants); });
}

void StoreWebhookEvents::write(const Progress& progress, const QuarantinedEvent* refused) {
  with_store([&](Store& store) {
    Transaction transaction{store};
    if (refused != nullptr) store.set_event_aside(*refused);
    store.save_webhook(progress.row);
    store.set_event_cursor(webhook_consumer(name_), client_id_, progress.position);
    transaction.commit();
  });
}

void StoreWebhookEvents::save(const Progress& progress) {
  write(progress, nullptr);
}

void StoreWebhookEvents::set_aside(const Progress& progress, const QuarantinedEvent& event) {
  write(progress, &event);
}

void register_webhooks(Store& store, const std::string& client_id,
                       const std::vector<std::string>& names) {
  Transaction transaction{store};
  store.set_webhooks(names);
  for (const std::string& name : names) {
    if (store.event_cursor(webhook_consumer(name), client_id)) continue;
    store.set_event_cursor(webhook_consumer(name), client_id, store.published_position(client_id));
  }
  transaction.commit();
}

}  // namespace iotcard
