// SPDX-License-Identifier: Apache-2.0
// status --ready: a probe for monitoring and containers. It asks the daemon's GET /readyz, which
// needs no token, and neither opens the store nor visits the broker.
#include "readiness.h"

#include <fmt/core.h>

#include <chrono>
#include <string>

#include "api_url.h"
#include "base/text_sanitizer.h"
#include "http/http_client.h"
#include "json_slice.h"
#include "output.h"

namespace iotcard {
namespace {

// Shorter than a probe of Nagios (10 s) or of a container (30 s) waits.
constexpr std::chrono::seconds probe_timeout{3};
constexpr std::size_t max_probe_answer = std::size_t{64} << 10;
constexpr std::size_t shown_of_reason = 200;

struct Readiness {
  bool ready = false;
  std::string state{};  // "online", "degraded", "connecting"; "": the daemon did not say
  std::string reason{};
};

Readiness read_readiness(const HttpResponse& response) {
  try {
    const JsonMembers envelope{JsonSlice::of(response.body)};
    if (envelope["data"].is_object()) {
      const JsonMembers data{envelope["data"]};
      return {.ready = data["ready"].boolean() && response.status == 200,
              .state = data["state"].text(),
              .reason = data["reason"].text()};
    }
    if (const std::string message = envelope["msg"].text(); !message.empty()) {
      return {.reason = fmt::format("it answers {}: {}", response.status, message)};
    }
  } catch (const JsonSliceError&) {
    // Said below.
  }
  return {.reason = fmt::format("it answers {}, and not as the API of iotcardd", response.status)};
}

Readiness ask_readiness(const ApiUrl& url, bool own_host) {
  try {
    // On its own host the daemon may have a certificate for the name that others use.
    const auto http = make_http_client({.timeout = probe_timeout,
                                        .max_bytes = max_probe_answer,
                                        .allow_insecure = url.insecure,
                                        .any_certificate = own_host,
                                        .use_proxy = !own_host && !url.loopback});
    return read_readiness(http->send(
        {.method = "GET", .url = url.base + "/readyz", .headers = {}, .body = {}, .once = false}));
  } catch (const HttpError& error) {
    return {.reason = error.what()};
  }
}

std::string in_one_line(const Readiness& readiness, const ApiUrl& url) {
  if (readiness.ready) return "ready: " + printable(readiness.state, shown_of_reason);
  const std::string& who = readiness.state.empty() ? url.base : readiness.state;
  return fmt::format("not ready: {}: {}", printable(who, shown_of_reason),
                     printable(readiness.reason, shown_of_reason));
}

}  // namespace

int show_readiness(Program& program) {
  if (!program.target.store_url.empty()) {
    throw UsageError{"--ready asks a daemon, not a store: give --api or --config, not --store"};
  }
  const bool own_host = !program.remote();
  const ApiUrl url =
      own_host ? api_url_here(program.config().api) : read_api_url(program.target.api_url);
  const Readiness readiness = ask_readiness(url, own_host);
  print_result(
      program.json,
      [&](JsonText& json) {
        json.begin_object()
            .member("ready", readiness.ready)
            .member("state", or_null(readiness.state))
            .member("reason", or_null(readiness.reason))
            .member("url", url.base)
            .end_object();
      },
      [&] { fmt::print("{}\n", in_one_line(readiness, url)); });
  return readiness.ready ? success : failure;
}

}  // namespace iotcard
