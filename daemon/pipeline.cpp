// SPDX-License-Identifier: Apache-2.0
#include "pipeline.h"

#include <ctime>

#include "ingest/journal.h"
#include "ingest/journal_reader.h"
#include "settings.h"

namespace iotcard {
namespace {

constexpr std::chrono::seconds drain_patience{5};

JournalPosition position_in_folder(StateStore& store, const Config& config) {
  enter_intake_folder(store, config.broker.client_id, config.intake.dir);
  return store.journal_position(config.broker.client_id);
}

JournalOptions with_hook(JournalOptions options, std::function<void()> trouble) {
  options.on_trouble = std::move(trouble);
  return options;
}

}  // namespace

Pipeline::Pipeline(const Config& config, const Clock& clock, Publisher& publisher, Hooks hooks)
    : client_id_(config.broker.client_id),
      store_(open_store(config.store_url)),
      outbox_store_(open_existing_store(config.store_url)),
      journal_(with_hook(journal_options(config), std::move(hooks.trouble)),
               position_in_folder(*store_, config)),
      intake_(journal_, clock, config.reports.max_bytes),
      outbox_(*outbox_store_, publisher, clock, client_id_, config.events.prefix),
      applier_(*store_, journal_, clock, client_id_, apply_rules(config),
               {[this] { outbox_.notify(); }, [this] { return outbox_.acknowledged(); },
                [this] { return outbox_.publishing(); }, std::move(hooks.receiving),
                std::move(hooks.card_state), [this] { return intake_.accepted(); }}) {}

Pipeline::~Pipeline() {
  stop();
}

void Pipeline::start() {
  // So that iotcardctl finds this daemon's outbox by the store alone.
  store_->set_journal_position(client_id_, applier_.applied());
  applier_.start();
  outbox_.start();
}

void Pipeline::stop() {
  outbox_.stop();
  applier_.stop();
}

void Pipeline::stop_applying() {
  applier_.stop();
}

void Pipeline::drain(const std::function<bool()>& connected) {
  const auto until = std::chrono::steady_clock::now() + drain_patience;
  while (std::chrono::steady_clock::now() < until) {
    const bool applied = applier_.applied() >= journal_.end() || journal_.backlog() == 0;
    if (applied && (outbox_.idle() || !connected())) return;
    if (!applier_.held().empty() || !outbox_.held().empty()) return;
    const timespec moment{.tv_sec = 0, .tv_nsec = 10'000'000};
    nanosleep(&moment, nullptr);
  }
}

void Pipeline::set_rules(const Config& config, std::shared_ptr<const ApplyRules> rules) {
  applier_.set_rules(std::move(rules));
  intake_.set_max_payload(config.reports.max_bytes);
  outbox_.set_prefix(config.events.prefix);
}

std::string Pipeline::held(const std::string& trouble) const {
  for (const std::string& reason : {intake_.held(), trouble, applier_.held(), outbox_.held()}) {
    if (!reason.empty()) return reason;
  }
  return {};
}

std::optional<Instant> Pipeline::oldest_waiting() const {
  try {
    return first_arrival(journal_.dir(), applier_.applied(), journal_.end());
  } catch (const JournalError&) {
    return std::nullopt;  // the applier meets the same and says so
  }
}

}  // namespace iotcard
