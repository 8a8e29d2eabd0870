// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook_sender.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <random>
#include <utility>

namespace iotcard {
namespace {

constexpr std::chrono::seconds retry_interval{1};  // after a failure of the store
// The time of day may be set while the thread waits for one.
constexpr std::chrono::seconds longest_wait{5};

}  // namespace

WebhookSender::WebhookSender(Webhook webhook, std::string client_id, Ports ports)
    : webhook_(std::move(webhook)),
      client_id_(std::move(client_id)),
      ports_(std::move(ports)),
      http_(ports_.make_http(webhook_http_options(webhook_.settings))) {}

WebhookSender::~WebhookSender() {
  stop();
}

void WebhookSender::start() {
  if (thread_.joinable()) return;
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(),
                     ("webhook-" + webhook_.settings.name).substr(0, 15).c_str());
}

void WebhookSender::interrupt() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  http_->interrupt();
}

void WebhookSender::stop() {
  interrupt();
  if (thread_.joinable()) thread_.join();
}

bool WebhookSender::wait(Duration longest) {
  std::unique_lock lock{mutex_};
  if (longest > Duration{}) {
    changed_.wait_for(lock, std::min<Duration>(longest, longest_wait),
                      [this] { return stopping_; });
  }
  return !stopping_;
}

void WebhookSender::log_once(const std::string& problem) {
  if (std::exchange(problem_, problem) == problem || problem.empty()) return;
  ports_.log(LogLevel::warning, fmt::format("webhook {}: nothing is sent for now: {}",
                                            webhook_.settings.name, problem));
}

void WebhookSender::run() noexcept {
  do {
    try {
      deliver();
    } catch (const std::exception& error) {
      try {
        log_once(error.what());
      } catch (const std::exception&) {
        // No memory for the message; the next one may have it.
      }
    }
  } while (wait(retry_interval));
}

// Returns when the webhook stops; throws if its progress cannot be loaded.
void WebhookSender::deliver() {
  std::mt19937 random{std::random_device{}()};
  StoreWebhookEvents events{ports_.open_store, client_id_, webhook_.settings.name};
  WebhookDelivery delivery{webhook_,
                           {.clock = ports_.clock,
                            .http = *http_,
                            .events = events,
                            .random = [&random] { return static_cast<std::uint32_t>(random()); },
                            .log = ports_.log}};
  Duration longest{};
  while (wait(longest)) {
    try {
      longest = delivery.step() - ports_.clock.now();
      log_once("");
    } catch (const StoreError& error) {
      log_once(error.what());
      longest = retry_interval;
    }
  }
  save_at_end(delivery);
}

// What is not saved is sent again by the next process.
void WebhookSender::save_at_end(WebhookDelivery& delivery) {
  try {
    delivery.save();
  } catch (const std::exception& error) {
    ports_.log(LogLevel::warning, fmt::format("webhook {}: the last events may be sent again: {}",
                                              webhook_.settings.name, error.what()));
  }
}

}  // namespace iotcard
