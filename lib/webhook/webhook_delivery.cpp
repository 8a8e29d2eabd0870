// SPDX-License-Identifier: Apache-2.0
#include "webhook/webhook_delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/breaker.h"

namespace iotcard {
namespace {

constexpr int read_limit = 64;  // events at a time; one has at most some 70 KiB
constexpr std::chrono::minutes gone_interval{1};
constexpr std::size_t min_secret_path = 8;  // shorter ones are no secrets

Redactor secrets_of(const Webhook& webhook) {
  Redactor secrets;
  secrets.add(webhook.key.text);
  secrets.add(webhook.key.bytes);
  // What is behind the host lets in whoever knows it, with many receivers.
  const std::string& url = webhook.settings.url;
  const std::size_t path = url.find('/', url.find("://") + 3);
  if (path != std::string::npos && url.size() - path >= min_secret_path) {
    secrets.add(url.substr(path));
  }
  return secrets;
}

WantsTopic topics_of(const std::vector<std::string>& kinds) {
  if (kinds.empty()) return {};
  return [kinds](std::string_view topic) {
    return std::ranges::any_of(kinds,
                               [&](const auto& kind) { return topic_has_kind(topic, kind); });
  };
}

}  // namespace

WebhookDelivery::WebhookDelivery(const Webhook& webhook, Ports ports)
    : settings_(webhook.settings),
      key_(webhook.key),
      wants_(topics_of(webhook.settings.kinds)),
      title_(fmt::format("webhook {}", webhook.settings.name)),
      secrets_(secrets_of(webhook)),
      ports_(std::move(ports)),
      progress_(ports_.events.load()) {
  unsaved_ = std::exchange(progress_.row.gone_at, std::nullopt).has_value();
  progress_.row.health.next_try.reset();
}

Instant WebhookDelivery::step() {
  const Instant now = ports_.clock.now();
  const bool gone = progress_.row.gone_at.has_value();
  if (!gone && at_end()) read_more();
  skip_other_kinds();
  if (unsaved_ && (now >= saved_at_ + save_interval || now < saved_at_)) save();
  const auto wait_until = [&](Instant until) {
    return unsaved_ ? std::min<Instant>(until, saved_at_ + save_interval) : until;
  };
  if (gone) return wait_until(now + gone_interval);
  if (at_end()) return more_ ? now : wait_until(now + look_interval);
  if (const auto until = waits_until(progress_.row.health, now)) return wait_until(*until);
  send(batch_[next_]);
  return now;
}

void WebhookDelivery::save() {
  if (!unsaved_) return;
  ports_.events.save(progress_);
  unsaved_ = false;
  saved_at_ = ports_.clock.now();
}

void WebhookDelivery::read_more() {
  batch_ = ports_.events.next(progress_.position, read_limit, wants_);
  next_ = 0;
  more_ = batch_.size() == read_limit;
}

void WebhookDelivery::skip_other_kinds() {
  while (!at_end() && batch_[next_].payload.empty()) done_with(batch_[next_]);
}

void WebhookDelivery::done_with(const OutboxRow& event) {
  progress_.position = event.sequence;
  unsaved_ = true;
  refusals_ = 0;
  ++next_;
}

void WebhookDelivery::send(const OutboxRow& event) {
  WebhookAnswer answer;
  try {
    const HttpRequest request =
        webhook_request(settings_.url, key_, event.payload, ports_.clock.now());
    const HttpResponse response = ports_.http.send(request);
    answer = read_webhook_answer(response, ports_.clock.now(), secrets_);
  } catch (const HttpError& error) {
    if (error.kind() == HttpError::Kind::interrupted) return;
    answer = read_webhook_answer(error, secrets_);
  }
  const Instant now = ports_.clock.now();
  if (answer.kind == WebhookAnswer::Kind::delivered) return delivered(event, now);
  failed(answer, now);
  if (answer.kind == WebhookAnswer::Kind::gone) {
    progress_.row.gone_at = now;
    ports_.log(LogLevel::error,
               fmt::format("{}: {}; nothing is sent to it until the configuration is loaded again. "
                           "Remove the webhook, or correct its url",
                           title_, answer.failure.text));
  }
  if (answer.kind == WebhookAnswer::Kind::refused && ++refusals_ >= tries_of_refused) {
    set_aside(event, answer, now);
  }
}

void WebhookDelivery::delivered(const OutboxRow& event, Instant now) {
  WebhookRow& row = progress_.row;
  ++row.sent;
  if (row.failing_since) {
    ports_.log(LogLevel::warning, fmt::format("{} takes events again", title_));
  }
  row.failing_since.reset();
  answered(row.health, now);
  done_with(event);
}

void WebhookDelivery::failed(const WebhookAnswer& answer, Instant now) {
  WebhookRow& row = progress_.row;
  ++row.failed;
  unsaved_ = true;
  if (!row.failing_since) {
    row.failing_since = now;
    ports_.log(LogLevel::warning,
               fmt::format("{}: {}; the event is sent again", title_, answer.failure.text));
  }
  const bool was_open = is_open(row.health);
  iotcard::failed(row.health, answer.failure, now, ports_.random());
  if (!was_open && is_open(row.health) && answer.kind == WebhookAnswer::Kind::failed) {
    ports_.log(LogLevel::error, fmt::format("{} failed {} times in a row, and events wait: {}",
                                            title_, row.health.failures, answer.failure.text));
  }
}

// The next event is tried at once: what was wrong may be wrong with this one only.
void WebhookDelivery::set_aside(const OutboxRow& event, const WebhookAnswer& answer, Instant now) {
  WebhookEvents::Progress next = progress_;
  ++next.row.set_aside;
  next.row.health.failures = 0;
  next.row.health.next_try.reset();
  next.position = event.sequence;
  ports_.events.set_aside(next, {.topic = event.topic,
                                 .payload = event.payload,
                                 .reason = fmt::format("{}: {}", title_, answer.failure.text),
                                 .at = now});
  progress_ = std::move(next);
  const std::string id{event_id_of(event.payload)};
  done_with(event);
  unsaved_ = false;
  saved_at_ = now;
  if (!logged_refusals_.insert(answer.status).second) return;
  ports_.log(LogLevel::error,
             fmt::format("{}: set aside event {} after {} tries, see iotcardctl quarantine list: "
                         "{}; further ones with this status are counted only",
                         title_, id, tries_of_refused, answer.failure.text));
}

}  // namespace iotcard
