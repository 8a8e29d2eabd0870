// SPDX-License-Identifier: Apache-2.0
#include "micro/daemon_steps.h"

namespace iotcard {
namespace {

const std::string daemon_client = "iotcardd";
const std::string webhook_name = "alarm";
// A device that reports each hour, and is silent after a day, in a smaller measure.
constexpr std::chrono::seconds round_time{10};
constexpr std::chrono::seconds silent_after = DaemonBench::rounds * round_time;
constexpr int rounds_kept = 2;  // in the history

class NoHttp : public HttpClient {
 public:
  HttpResponse send(const HttpRequest& /*request*/) override { return {204, {}, {}}; }
  void interrupt() noexcept override {}
};

}  // namespace

DaemonBench::DaemonBench(std::int64_t devices, DaemonExtras extras)
    : extras_(extras),
      url_("sqlite:" + folder_.file("cards.db")),
      bench_(devices, url_),
      retention_{.events = extras.history ? rounds_kept * devices : 0},
      sweeper_(*bench_.store),
      silence_(*bench_.store, daemon_client),
      started_(bench_.clock.now()),
      devices_(devices) {
  bench_.store->keep_history(daemon_client, extras_.history);
  if (extras_.webhook) {
    register_webhooks(*bench_.store, daemon_client, {webhook_name});
    http_ = std::make_unique<NoHttp>();
    events_ = std::make_unique<StoreWebhookEvents>([this] { return open_store(url_); },
                                                   daemon_client, webhook_name);
    const Webhook webhook{
        {.name = webhook_name,
         .url = "https://alarm.example/",
         .kinds = {"mismatch.card_in_use", "mismatch.device_has_other_card"},
         .secret_file = {}},
        std::get<WebhookKey>(webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))};
    delivery_ = std::make_unique<WebhookDelivery>(
        webhook, WebhookDelivery::Ports{bench_.clock, *http_, *events_, [] { return 0U; },
                                        [](auto, const auto&) {}});
  }
  for (int round = 0; round <= rounds_kept; ++round) work(0, devices);
}

void DaemonBench::settle(std::int64_t published) {
  if (extras_.history) {
    bench_.store->mark_published(daemon_client, published);
  } else {
    bench_.store->remove_published(daemon_client, published);
  }
}

std::uint64_t DaemonBench::work(std::int64_t first, std::int64_t reports) {
  done_ += reports;
  bench_.now = started_ + round_time * done_ / devices_;
  bench_.clock.set(bench_.now);
  bench_.store->begin();
  const std::uint64_t applied = apply_batch(bench_, first, reports);
  settle(bench_.store->last_sequence());
  bench_.store->commit();
  work_between_batches();
  return applied;
}

void DaemonBench::work_between_batches() {
  const Instant now = bench_.now;
  while (sweeper_.step(retention_, now)) {
  }
  const SilenceMonitor::Present present{now, true, [now] { return now; }};
  const auto age = extras_.silence ? silent_after : std::chrono::seconds{0};
  while (silence_.step(age, {}, present)) {
  }
  if (!delivery_) return;
  while (delivery_->step() <= now) {
  }
}

[[gnu::noinline]] std::uint64_t step_report_plain(DaemonBench& bench, std::int64_t first,
                                                  std::int64_t reports) {
  return bench.work(first, reports);
}

[[gnu::noinline]] std::uint64_t step_report_history(DaemonBench& bench, std::int64_t first,
                                                    std::int64_t reports) {
  return bench.work(first, reports);
}

[[gnu::noinline]] std::uint64_t step_report_all(DaemonBench& bench, std::int64_t first,
                                                std::int64_t reports) {
  return bench.work(first, reports);
}

}  // namespace iotcard
