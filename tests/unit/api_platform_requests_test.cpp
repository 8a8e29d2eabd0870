// SPDX-License-Identifier: Apache-2.0
// Operators' requests for card platforms over HTTP: who waits for them, and on what.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "api/dispatcher.h"
#include "unit/operations_bench.h"

using namespace iotcard;

namespace {

const std::string iccid = "898604293620C0000970";

class PlatformRequestBench : public OperationsBench {
 public:
  explicit PlatformRequestBench(PlatformRequests::Options options) {
    limits_.platform_requests = options;
    store().set_platforms({{.id = 7, .name = "seven", .profile = "simboss"}});
    Card card{iccid_of(iccid.c_str())};
    card.platform = 7;
    store().add_card(card);
    dispatcher_ = std::make_unique<Dispatcher>(limits_, host_, streams_);
  }
  ~PlatformRequestBench() {
    if (worker_.joinable()) worker_.join();
  }

  // A platform thread that finishes the first request that it finds, once it is notified.
  void finish_first(bool report) {
    worker_ = std::thread{[this, report] {
      const auto mine = open_store(url());
      while (!notified_) std::this_thread::yield();
      const auto taken = mine->take_platform_requests(7, context.now, 1);
      mine->finish_platform_request(taken.at(0).id, context.now, "", "active");
      if (report) dispatcher_->platform_request_finished();
    }};
  }

  Response refresh() {
    const RequestHead head{"POST", "/card/" + iccid + "/refresh", {{"host", "localhost"}}};
    return dispatcher_->answer(dispatcher_->admit(head));
  }

  std::string url() const { return "sqlite:" + folder() + "/cards.db"; }
  int opened() const { return opened_; }
  Dispatcher& dispatcher() { return *dispatcher_; }

 private:
  ApiHost make_host() {
    ApiHost host;
    host.open_store = [this] {
      ++opened_;
      return open_store(url());
    };
    host.open_store_to_read = host.open_store;
    host.context = [this](const std::string& by) {
      Context made = context;
      made.by = by;
      return made;
    };
    host.notify_platforms = [this] { notified_ = true; };
    host.log = [](LogLevel, const std::string&) {};
    return host;
  }

  ApiLimits limits_;
  std::atomic<int> opened_{0};
  std::atomic<bool> notified_{false};
  const ApiHost host_ = make_host();
  EventStreams streams_{"store", 16};
  std::unique_ptr<Dispatcher> dispatcher_;
  std::thread worker_;
};

}  // namespace

TEST_CASE("a request is answered when the platform thread reports it as done") {
  PlatformRequestBench bench{{.check_interval = std::chrono::hours{1}}};
  bench.finish_first(true);
  const Response response = bench.refresh();
  CHECK(response.status == 200);
  CHECK(response.body.find(R"("status":"active")") != std::string::npos);
}

TEST_CASE("a request that another program finishes is found done at the next check") {
  PlatformRequestBench bench{{.check_interval = std::chrono::milliseconds{10}}};
  bench.finish_first(false);
  CHECK(bench.refresh().status == 200);
}

TEST_CASE("requests for platforms use the connections of the pools") {
  PlatformRequestBench bench{
      {.timeout = std::chrono::milliseconds{30}, .check_interval = std::chrono::milliseconds{5}}};
  for (int i = 0; i < 5; ++i) CHECK(bench.refresh().status == 202);
  CHECK(bench.opened() == 2);  // one to write, one to read
}

TEST_CASE("a request that too many callers wait for is answered at once") {
  PlatformRequestBench bench{{.timeout = std::chrono::hours{1}, .waiting = 0}};
  CHECK(bench.refresh().status == 202);
}

TEST_CASE("a request whose card is removed is waited for no longer") {
  PlatformRequestBench bench{
      {.timeout = std::chrono::hours{1}, .check_interval = std::chrono::milliseconds{5}}};
  std::thread remover{[&] {
    const auto mine = open_store(bench.url());
    while (mine->platform_requests(iccid_of(iccid.c_str()), 1).empty()) std::this_thread::yield();
    mine->remove_card(iccid_of(iccid.c_str()));
  }};
  CHECK(bench.refresh().status == 404);
  remover.join();
}

TEST_CASE("a daemon that stops ends the waiting for platforms") {
  PlatformRequestBench bench{
      {.timeout = std::chrono::hours{1}, .check_interval = std::chrono::hours{1}}};
  std::thread stopper{[&] {
    const auto mine = open_store(bench.url());
    while (mine->platform_requests(iccid_of(iccid.c_str()), 1).empty()) std::this_thread::yield();
    bench.dispatcher().stop();
  }};
  // The request is in the store: 202, or 503 if the stores are closed before the card is read.
  const int status = bench.refresh().status;
  CHECK((status == 202 || status == 503));
  stopper.join();
}
