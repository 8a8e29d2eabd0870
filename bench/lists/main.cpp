// SPDX-License-Identifier: Apache-2.0
// lists: what a page of a long list costs, at the beginning, at row 10,000, at the end and behind a
// cursor, what eight clients that page through a fleet cost the reports, and with --scrape what GET
// /metrics costs in a large store. Fills a store, starts a real broker and a real daemon, reads the
// pages, and applies the same storm of reports with and without the clients, in turn. Everything it
// starts is its own and on 127.0.0.1; it ends by itself.
#include <fmt/core.h>
#include <rapidjson/document.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "lists/fleet.h"
#include "lists/scrape.h"
#include "operations/listing.h"
#include "store/store.h"
#include "support/daemon.h"
#include "support/mosquitto.h"
#include "support/mqtt_probe.h"

namespace iotcard {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::minutes drain_patience{10};
constexpr int page_size = 100;
constexpr std::int64_t farthest_page = max_skipped_rows / page_size + 1;

struct Options {
  std::int64_t cards = 1'000'000;
  std::int64_t reports = 40'000;
  int rounds = 5;
  int clients = 8;
  bool scrape = false;
};

class Lists {
 public:
  explicit Lists(const Options& options)
      : options_(options),
        broker_(dir_, {.lines = {"max_queued_messages 0", "max_inflight_messages 0"}}),
        daemon_(dir_, broker_.url(), {.api = true, .start = false}) {
    fill_cards(*open_store(daemon_.store_url()), options_.cards);
    daemon_.start();
    daemon_.wait_online();
  }

  bool go() {
    const bool pages = compare_pages();
    return compare_rates() && pages;
  }

 private:
  bool compare_pages() {
    httplib::Client client{"127.0.0.1", daemon_.api_port()};
    prepare(client);
    fmt::print("{:<50}{:>9}{:>9}{:>10}{:>9}{:>9}{:>7}\n", "list", "rows", "first ms", "10,000 ms",
               "last ms", "next ms", "ratio");
    bool good = true;
    for (const char* query :
         {"/card/list?", "/card/list?isAsc=desc&", "/card/list?orderByColumn=expires_at&",
          "/card/list?orderByColumn=used_bytes&isAsc=desc&", "/card/list?status=active&",
          "/card/list?platform=2&", "/card/list?operator=operator 3&", "/card/list?bound=false&",
          "/card/list?reason=suspended&", "/card/abnormal?", "/card/list?over=50&",
          "/card/list?expiringWithin=300d&", "/card/list?text=1064001&"}) {
      const std::string path = fmt::format("{}pageSize={}", query, page_size);
      const auto page = [&](std::int64_t number) {
        return fmt::format("{}&pageNum={}", path, number);
      };
      const auto answer = client.Get(path);
      if (!answer || answer->status != 200) throw std::runtime_error{path};
      rapidjson::Document body;
      body.Parse(answer->body.c_str());
      const std::int64_t total = body["total"].GetInt64();
      const bool exact = !body["totalIsLowerBound"].GetBool();
      const std::int64_t last = std::max<std::int64_t>(1, (total + page_size - 1) / page_size);
      std::vector<std::string> targets{page(1), "", "", ""};
      if (last > farthest_page || !exact) targets[1] = page(farthest_page);
      if (exact) targets[2] = page(last);
      if (body["nextCursor"].IsString()) {
        targets[3] = fmt::format("{}&cursor={}", path, body["nextCursor"].GetString());
      }
      // In turn, so that what else the machine does slows all of them.
      std::vector<std::vector<double>> seconds(targets.size());
      for (int i = 0; i < 20; ++i) {
        for (std::size_t k = 0; k < targets.size(); ++k) {
          if (!targets[k].empty()) seconds[k].push_back(seconds_to_get(client, targets[k]));
        }
      }
      fmt::print("{:<50}{:>9}", query, fmt::format("{}{}", exact ? "" : ">", total));
      double slowest = 0;
      for (std::size_t k = 0; k < targets.size(); ++k) {
        const bool measured = !seconds[k].empty();
        if (measured) slowest = std::max(slowest, median(seconds[k]));
        fmt::print("{:>{}}", measured ? fmt::format("{:.2f}", median(seconds[k]) * 1000) : "-",
                   k == 1 ? 10 : 9);
      }
      const double ratio = slowest / median(seconds[0]);
      good = good && ratio <= 2;
      fmt::print("{:>7.2f}\n", ratio);
      std::fflush(stdout);
    }
    fmt::print("each page at most twice the first: {}\n\n", good ? "yes" : "NO");
    return good;
  }

  double storm_rate() {
    const auto begin = steady_clock::now();
    MqttProbe{broker_.url(), {.mqtt5 = false}}.publish_many(
        options_.reports, [&](std::int64_t number) {
          const std::int64_t device = number % 10'000;
          return ProbeMessage{.topic = fmt::format("/1/D{}/info/post", device),
                              .payload = fmt::format(R"({{"iccid":{}}})", iccid(device))};
        });
    const auto store = open_store(daemon_.store_url());
    const std::string mark = fmt::format("MARK{}", ++marks_);
    MqttProbe{broker_.url()}.publish(fmt::format("/1/{}/info/post", mark), "{}");
    const bool done = eventually(drain_patience, [&] {
      return store->find_device({"1", mark}).has_value() && store->count_deferred("iotcardd") == 0;
    });
    if (!done) throw std::runtime_error{"the reports were not applied in time"};
    return static_cast<double>(options_.reports) / seconds_since(begin);
  }

  bool compare_rates() {
    storm_rate();  // binds the devices
    fmt::print("{:<10}{:>16}{:>16}{:>12}\n", "round", "alone, /s", "with clients", "pages/s");
    std::vector<double> ratios;
    for (int round = 1; round <= options_.rounds; ++round) {
      const double alone = storm_rate();
      std::atomic<bool> stop{false};
      std::atomic<std::int64_t> pages{0};
      std::vector<std::thread> clients;
      for (int i = 0; i < options_.clients; ++i) {
        clients.emplace_back([&, i] { page_through(i, stop, pages); });
      }
      const auto begin = steady_clock::now();
      const double beside = storm_rate();
      const double rate = static_cast<double>(pages) / seconds_since(begin);
      stop = true;
      for (std::thread& client : clients) client.join();
      ratios.push_back(beside / alone);
      fmt::print("{:<10}{:>16.0f}{:>16.0f}{:>12.0f}\n", round, alone, beside, rate);
      std::fflush(stdout);
    }
    const bool good = median(ratios) > 0.8;
    fmt::print("median ratio {:.2f}, above 0.8: {}\n", median(ratios), good ? "yes" : "NO");
    return good;
  }

  void page_through(int seed, const std::atomic<bool>& stop, std::atomic<std::int64_t>& pages) {
    // They stand for machines of their own: what they take of this one is not the daemon's.
    setpriority(PRIO_PROCESS, 0, 19);  // of this thread
    std::mt19937 random{static_cast<unsigned>(seed)};
    httplib::Client client{"127.0.0.1", daemon_.api_port()};
    prepare(client);
    constexpr std::array lists = {"/card/list?", "/card/list?status=active&",
                                  "/card/list?orderByColumn=expires_at&isAsc=desc&",
                                  "/card/list?over=50&", "/card/abnormal?"};
    // Of the shortest of them.
    const std::int64_t last =
        std::clamp<std::int64_t>(options_.cards / page_size / 10, 1, farthest_page);
    while (!stop) {
      const auto number = static_cast<std::int64_t>(random()) % last + 1;
      const auto answer = client.Get(fmt::format(
          "{}pageSize={}&pageNum={}", lists[random() % lists.size()], page_size, number));
      if (answer && answer->status == 200) ++pages;
    }
  }

  const Options options_;
  TempDir dir_;
  Mosquitto broker_;
  Daemon daemon_;
  int marks_ = 0;
};

}  // namespace
}  // namespace iotcard

int main(int argc, char** argv) {
  CLI::App app{"Measures pages of long lists, and compares reports with and without readers."};
  iotcard::Options options;
  app.add_option("--cards", options.cards, "In the store")
      ->capture_default_str()
      ->check(CLI::Range(1000, 100'000'000));
  app.add_option("--reports", options.reports, "In a storm")
      ->capture_default_str()
      ->check(CLI::Range(1000, 100'000'000));
  app.add_option("--rounds", options.rounds, "Each one storm without and one with clients")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--clients", options.clients, "That page at once")
      ->capture_default_str()
      ->check(CLI::Range(1, 60));
  app.add_flag("--scrape", options.scrape,
               "Instead of lists: compares GET /metrics at --cards with a thousand cards");
  CLI11_PARSE(app, argc, argv);
  try {
    if (options.scrape) return iotcard::compare_scrapes(options.cards) ? 0 : 1;
    return iotcard::Lists{options}.go() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "lists: {}\n", error.what());
    return 1;
  }
}
