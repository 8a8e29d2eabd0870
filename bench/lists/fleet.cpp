// SPDX-License-Identifier: Apache-2.0
#include "lists/fleet.h"

#include <fmt/core.h>

#include <algorithm>
#include <stdexcept>

#include "store/stored_decision.h"

namespace iotcard {
namespace {

constexpr std::int64_t rows_per_transaction = 100'000;

template <typename Add>
void fill(Store& store, std::int64_t rows, const Add& add) {
  for (std::int64_t first = 0; first < rows; first += rows_per_transaction) {
    Transaction transaction{store};
    for (std::int64_t i = first; i < std::min(first + rows_per_transaction, rows); ++i) add(i);
    transaction.commit();
  }
}

Instant now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

std::string iccid(std::int64_t number) {
  return fmt::format("8986042936{:010}", number * 10 + 7);
}

void fill_cards(Store& store, std::int64_t cards) {
  const Instant time = now();
  fill(store, cards, [&](std::int64_t i) {
    Card card{Iccid::from_canonical(iccid(i)).value()};
    card.operator_name = fmt::format("operator {}", i % 5);
    card.platform = i % 4 + 1;
    card.status = i % 20 == 0 ? CardStatus::suspended : CardStatus::active;
    card.msisdn = fmt::format("861064{:07}", i);
    card.plan = "30 MB";
    card.limit_bytes = 30'000'000;
    card.used_bytes = i * 7919 % 31'000'000;
    card.expires_at = time + std::chrono::hours{24 + i % 20'000};
    card.created_at = card.updated_at = time;
    store.add_card(card, abnormal_reasons(card, Policy{}.alerts, time));
  });
}

void fill_mismatches(Store& store, std::int64_t mismatches) {
  const Instant time = now();
  fill(store, mismatches, [&](std::int64_t i) {
    Mismatch mismatch;
    mismatch.device = {"1", fmt::format("UNKNOWN{}", i)};
    mismatch.outcome = Outcome::card_unknown;
    mismatch.reported = fmt::format("8986049999{:010}", i);
    mismatch.first_seen = mismatch.last_seen = time;
    const Write raise = RaiseMismatch{mismatch};
    apply_change(store, "", {}, {&raise, 1}, {});
  });
}

void prepare(httplib::Client& client) {
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(120);
}

double seconds_to_get(httplib::Client& client, const std::string& path) {
  const auto begin = std::chrono::steady_clock::now();
  const auto response = client.Get(path);
  if (!response || response->status != 200) {
    throw std::runtime_error{fmt::format("{}: {}", path, response ? response->body : "no answer")};
  }
  return seconds_since(begin);
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace iotcard
