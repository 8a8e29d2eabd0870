// SPDX-License-Identifier: Apache-2.0
// platform_server.h - A simulated card platform on a free port of 127.0.0.1: it speaks one dialect
// (tests/support/platforms), holds the cards that a test puts in, remembers every request, and
// fails in the ways it is told to. Not a place for a dialect's own rules. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/platforms/dialect.h"

namespace iotcard {

class PlatformServer {
 public:
  using Card = simulated::Card;
  using Call = simulated::Call;

  // What the next requests get instead of their answer.
  enum class Fault : std::uint8_t {
    rate_limit,    // 429 with Retry-After: 7, or the dialect's way
    error_in_200,  // a failure that comes with HTTP 200
    other_card,    // as it would be, but of an ICCID that nobody asked about
    nothing,       // success with nothing in it
    garbage,       // HTTP 200 and bytes that are no JSON
    html_404,      // a proxy's page
    gateway_404,   // a gateway's JSON for a path that it does not know
    html_502,
    silence,  // accepted, never answered; the connection ends with the server
    hang_up,  // the connection ends instead
    cut_off,  // the answer breaks off in its middle
  };

  explicit PlatformServer(const std::string& dialect);  // the profile's name
  ~PlatformServer();
  PlatformServer(const PlatformServer&) = delete;
  PlatformServer& operator=(const PlatformServer&) = delete;

  std::uint16_t port() const;
  std::string base_url() const;       // as a [[platform]] section has it
  simulated::Texts settings() const;  // likewise: what lets one in

  void put(Card card);  // one of the same ICCID goes
  void forget(const std::string& iccid);
  Card card(const std::string& iccid) const;  // throws std::out_of_range

  // The next `requests` that are no log-in (or that are).
  void fail(Fault fault, std::size_t requests = 1);
  void fail_after(std::size_t well, Fault fault);  // the one behind `well` others
  void fail_log_in(Fault fault, std::size_t requests = 1);
  void slow_down(std::chrono::milliseconds each);
  void expire_tokens();              // all that were issued
  void keep_no_token(bool whether);  // it forgets each token as soon as it has issued it
  void numbers_as_text(bool whether);
  void idle(bool whether);  // says that it suspended or resumed, and does nothing

  std::vector<Call> calls() const;  // in their order, log-ins too
  std::size_t log_ins() const;
  std::size_t asked() const;         // requests that were no log-in
  std::size_t most_at_once() const;  // requests in flight

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace iotcard
