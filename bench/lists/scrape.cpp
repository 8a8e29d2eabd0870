// SPDX-License-Identifier: Apache-2.0
#include "lists/scrape.h"

#include <fmt/core.h>

#include <algorithm>

#include "lists/fleet.h"
#include "support/daemon.h"
#include "support/mosquitto.h"

namespace iotcard {
namespace {

constexpr std::int64_t small_cards = 1000;
constexpr int scrapes = 200;
constexpr double max_ratio = 1.5;

// The median, in seconds; the first scrape after the start counts all there is and is not in it.
double scrape(std::int64_t cards, std::int64_t mismatches) {
  const TempDir dir;
  const Mosquitto broker{dir, {}};
  Daemon daemon{dir, broker.url(), {.api = true, .start = false}};
  {
    const auto store = open_store(daemon.store_url());
    fill_cards(*store, cards);
    fill_mismatches(*store, mismatches);
  }
  daemon.start();
  daemon.wait_online();
  httplib::Client client{"127.0.0.1", daemon.api_port()};
  prepare(client);
  const double first = seconds_to_get(client, "/metrics");
  std::vector<double> times;
  for (int i = 0; i < scrapes; ++i) times.push_back(seconds_to_get(client, "/metrics"));
  const double typical = median(times);
  fmt::print("{:>10}{:>12}{:>12.2f}{:>12.2f}{:>12.2f}\n", cards, mismatches, first * 1000,
             typical * 1000, *std::max_element(times.begin(), times.end()) * 1000);
  std::fflush(stdout);
  return typical;
}

}  // namespace

bool compare_scrapes(std::int64_t cards) {
  fmt::print("{:>10}{:>12}{:>12}{:>12}{:>12}\n", "cards", "mismatches", "first ms", "median ms",
             "longest ms");
  const double small = scrape(small_cards, 0);
  const double large = scrape(cards, cards / 10);
  fmt::print("a scrape takes {:.2f} times as long, at most {}: {}\n", large / small, max_ratio,
             large <= max_ratio * small ? "yes" : "NO");
  return large <= max_ratio * small;
}

}  // namespace iotcard
