// SPDX-License-Identifier: Apache-2.0
// Onomondo: docs.onomondo.com. The find takes any part of an ICCID; usage comes as sessions, a page
// of them.
#include <fmt/format.h>

#include <algorithm>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer onomondo_error(int status, const char* message) {
  return {status, fmt::format(R"({{"statusCode":{},"message":"{}"}})", status, message)};
}

class Onomondo : public Dialect {
 public:
  Texts settings() const override { return {{"api_key", "onok_key.abc"}}; }
  Answer error_in_200() const override { return onomondo_error(200, "internal error"); }
  Answer nothing() const override { return {200, "[]"}; }

  Answer answer(const Call& call) override {
    if (header(call, "authorization") != "onok_key.abc") return onomondo_error(401, "Unauthorized");
    const auto path = pieces(call.path);
    if (path.size() != 2) return onomondo_error(404, "Not found");
    if (call.path == "/sims/find" && call.method == "GET") return list(call);
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (path[1] != fmt::format("{:09}", n)) continue;
      if (path[0] == "usage" && call.method == "GET") return usage(call, cards[n]);
      if (path[0] == "sims" && call.method == "PATCH") return change(call, cards[n], n);
      return onomondo_error(405, "Method not allowed");
    }
    return onomondo_error(404, "Not found");
  }

 private:
  std::string sim(const Card& card, std::size_t n) const {
    return fmt::format(R"({{"id":"{:09}","iccid":{},"label":"","activated":{},"online":true,)"
                       R"("data_limit":{{"total":{},"used":0}}}})",
                       n, in_quotes(card.iccid), card.status, number(card.limit));
  }

  Answer list(const Call& call) const {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"query"})) return onomondo_error(400, "query");
    std::vector<std::string> rows;
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (cards[n].iccid.find(query.at("query")) != std::string::npos) {
        rows.push_back(sim(cards[n], n));
      }
    }
    return {200, array_of(rows)};
  }

  // "100;200": one for each session.
  Answer usage(const Call& call, const Card& card) const {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"filter"}) || query.at("filter").compare(0, 5, "time:") != 0 ||
        query.at("filter").size() != 12) {
      return onomondo_error(400, "filter");
    }
    std::vector<std::string> rows;
    std::string_view rest = card.used;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      rows.push_back(fmt::format(R"({{"iccid":{},"time":"2026-11-02 10:00:00","bytes":{}}})",
                                 in_quotes(card.iccid), number(std::string{one})));
    }
    return {200, fmt::format(R"({{"pagination":{{"has_more":{}}},"usage":{}}})",
                             card.more.contains("has_more") ? "true" : "false", array_of(rows))};
  }

  Answer change(const Call& call, Card& card, std::size_t n) const {
    const Texts body = leaves(call.body);
    if (!is_json(call) || !has_just(body, {"/activated"}) ||
        (body.at("/activated") != "true" && body.at("/activated") != "false")) {
      return onomondo_error(400, "activated");
    }
    set_status(card, body.at("/activated"));
    return {200, sim(card, n)};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_onomondo() {
  return std::make_unique<Onomondo>();
}

}  // namespace iotcard::simulated
