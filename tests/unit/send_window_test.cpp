// SPDX-License-Identifier: Apache-2.0
#include "broker/send_window.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace iotcard;

namespace {

// A window over a library that fails when it is told to.
struct Sender {
  struct Reported {
    std::int64_t token;
    Delivery delivery;
    std::string reason;
    friend bool operator==(const Reported&, const Reported&) = default;
  };
  bool publish(std::int64_t token) { return window.publish({token, "t", "p", 1, false}); }

  std::vector<std::int64_t> sent;
  std::vector<Reported> reported;
  std::optional<SendWindow::Failure> failure;
  SendWindow window{[this](SendWindow::Publication&& publication) {
                      if (!failure) sent.push_back(publication.token);
                      return failure;
                    },
                    [this](std::int64_t token, Delivery delivery, const std::string& reason) {
                      reported.push_back({token, delivery, reason});
                    }};
};

using Tokens = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a window sends what the broker takes, and the next one for each acknowledgement") {
  Sender sender;
  sender.window.set_receive_maximum(3);
  for (const std::int64_t token : {1, 2, 3, 4}) CHECK(sender.publish(token));
  CHECK(sender.sent == Tokens{1, 2});
  sender.window.finished(2, Delivery::acknowledged, "");
  CHECK(sender.sent == Tokens{1, 2, 3});
  sender.window.finished(1, Delivery::refused, "refused");
  CHECK(sender.sent == Tokens{1, 2, 3, 4});
  CHECK(sender.reported == std::vector<Sender::Reported>{{2, Delivery::acknowledged, ""},
                                                         {1, Delivery::refused, "refused"}});
}

TEST_CASE(
    "a waiting publication that the library does not take is reported, as are those behind it") {
  Sender sender;
  sender.window.set_receive_maximum(2);
  for (const std::int64_t token : {1, 2, 3}) CHECK(sender.publish(token));
  sender.failure = SendWindow::Failure{false, "no more messages can be buffered"};
  sender.window.finished(1, Delivery::acknowledged, "");
  CHECK(sender.reported ==
        std::vector<Sender::Reported>{{1, Delivery::acknowledged, ""},
                                      {2, Delivery::refused, "no more messages can be buffered"},
                                      {3, Delivery::refused, "no more messages can be buffered"}});
  // Nothing is left in the window: the next publication is sent.
  sender.failure.reset();
  CHECK(sender.publish(2));
  CHECK(sender.sent == Tokens{1, 2});
  sender.window.lose();
  CHECK(sender.reported.back() == Sender::Reported{2, Delivery::lost, "the connection broke"});
  CHECK(sender.reported.size() == 4);
}

TEST_CASE("a publication without a connection is not reported, one that is refused is") {
  Sender sender;
  sender.failure = SendWindow::Failure{true, "disconnected"};
  CHECK_FALSE(sender.publish(1));
  CHECK(sender.reported.empty());
  sender.failure = SendWindow::Failure{false, "full"};
  CHECK(sender.publish(2));
  CHECK(sender.reported == std::vector<Sender::Reported>{{2, Delivery::refused, "full"}});
}

TEST_CASE("what comes while a publication is refused is sent after it") {
  std::vector<std::int64_t> sent;
  SendWindow* window = nullptr;
  SendWindow only_one{[&](SendWindow::Publication&& publication) {
                        if (publication.token != 1) {
                          sent.push_back(publication.token);
                          return std::optional<SendWindow::Failure>{};
                        }
                        CHECK(window->publish({2, "t", "p", 1, false}));  // of another thread
                        return std::optional{SendWindow::Failure{false, "full"}};
                      },
                      [](std::int64_t, Delivery, const std::string&) {}};
  window = &only_one;
  CHECK(only_one.publish({1, "t", "p", 1, false}));
  CHECK(sent == Tokens{2});
}

TEST_CASE("what is open when the connection ends is reported as lost, once") {
  Sender sender;
  sender.window.set_receive_maximum(2);
  for (const std::int64_t token : {1, 2}) CHECK(sender.publish(token));
  sender.window.lose();
  sender.window.finished(1, Delivery::lost, "late");
  CHECK(sender.reported ==
        std::vector<Sender::Reported>{{1, Delivery::lost, "the connection broke"},
                                      {2, Delivery::lost, "the connection broke"}});
}
