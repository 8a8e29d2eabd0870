// SPDX-License-Identifier: Apache-2.0
// Hologram: hologram.docs.apiary.io. Usage comes as sessions, a page of them.
#include <fmt/format.h>

#include <algorithm>

#include "support/platforms/dialects.h"

namespace iotcard::simulated {
namespace {

Answer hologram_error(int status, const char* message) {
  return {status, fmt::format(R"({{"success":false,"error":"{}"}})", message)};
}

class Hologram : public Dialect {
 public:
  std::string base_path() const override { return "/api/1"; }
  Texts settings() const override { return {{"api_key", "hologram-key"}}; }
  Answer too_many() const override {
    return {429,
            R"({"success":false,"error":"API rate limit exceeded"})",
            "application/json",
            {{"Retry-After", "7"}}};
  }
  Answer error_in_200() const override { return hologram_error(200, "internal error"); }
  Answer nothing() const override {
    return {200, R"({"success":true,"size":0,"continues":false,"data":[]})"};
  }

  Answer answer(const Call& call) override {
    if (header(call, "authorization") != "Basic " + base64("apikey:hologram-key")) {
      return hologram_error(401, "Invalid API key");
    }
    const auto path = pieces(call.path);
    if (call.path == "/usage/data" && call.method == "GET") return usage(call);
    if (path.size() < 2 || path[0] != "links" || path[1] != "cellular") {
      return hologram_error(404, "No such path");
    }
    if (path.size() == 2 && call.method == "GET") return links(call);
    if (path.size() == 4 && path[3] == "state" && call.method == "POST") {
      return change(call, path[2]);
    }
    return hologram_error(405, "Method not allowed");
  }

 private:
  Answer links(const Call& call) const {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"sim"})) return hologram_error(400, "sim");
    std::vector<std::string> rows;
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (cards[n].iccid != query.at("sim")) continue;
      rows.push_back(fmt::format(
          R"({{"id":{},"deviceid":9,"sim":{},"msisdn":"447700900001","imsi":234500000000001,)"
          R"("planid":1,"zone":"1","state":{},"whenclaimed":{},"whenexpires":{}}})",
          n + 7000, in_quotes(cards[n].iccid), in_quotes(cards[n].status),
          in_quotes(cards[n].activated), in_quotes(cards[n].expires)));
    }
    return {200, fmt::format(R"({{"success":true,"size":{},"continues":false,"data":{}}})",
                             rows.size(), array_of(rows))};
  }

  // "100;200": one for each session.
  Answer usage(const Call& call) {
    const Texts query = parameters(call.query);
    if (!has_just(query, {"linkid", "timestart", "timeend", "limit"}) ||
        !all_digits(query.at("timestart"), 10) || !all_digits(query.at("timeend"), 10) ||
        query.at("timestart") > query.at("timeend")) {
      return hologram_error(400, "linkid, timestart, timeend and limit");
    }
    const Card* card = by_id(query.at("linkid"));
    if (card == nullptr) return hologram_error(404, "No such link");
    std::vector<std::string> rows;
    std::string_view rest = card->used;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      rows.push_back(fmt::format(R"({{"linkid":{},"bytes":{},"timestamp":"2026-11-02 10:00:00"}})",
                                 query.at("linkid"), number(std::string{one})));
    }
    return {200,
            fmt::format(R"({{"success":true,"size":{},"continues":{},"data":{}}})", rows.size(),
                        card->more.contains("continues") ? "true" : "false", array_of(rows))};
  }

  Card* by_id(const std::string& id) {
    for (std::size_t n = 0; n < cards.size(); ++n) {
      if (std::to_string(n + 7000) == id) return &cards[n];
    }
    return nullptr;
  }

  Answer change(const Call& call, const std::string& id) {
    const Texts body = leaves(call.body);
    Card* card = by_id(id);
    if (card == nullptr) return hologram_error(404, "No such link");
    if (!is_json(call) || !has_just(body, {"/state"})) return hologram_error(400, "state");
    if (body.at("/state") == R"("pause")") {
      set_status(*card, "PAUSED-USER");
    } else if (body.at("/state") == R"("live")") {
      set_status(*card, "LIVE");
    } else {
      return hologram_error(400, "state");
    }
    return {200, R"({"success":true})"};
  }
};

}  // namespace

std::unique_ptr<Dialect> make_hologram() {
  return std::make_unique<Hologram>();
}

}  // namespace iotcard::simulated
