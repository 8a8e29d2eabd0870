// SPDX-License-Identifier: Apache-2.0
// Facets of the lists of cards and devices, and the search.
#include <algorithm>
#include <catch2/catch.hpp>

#include "operations/facets.h"
#include "operations/search.h"
#include "unit/operations_bench.h"

namespace iotcard {
namespace {

const std::string first = "898604293620C0000970";
const std::string second = "89860617060065258667";

struct FacetWorld {
  FacetWorld() {
    Card one{*Iccid::from_canonical(first)};
    one.status = CardStatus::active;
    one.platform = 1;
    one.operator_name = "China Mobile";
    Card two{*Iccid::from_canonical(second)};
    two.status = CardStatus::suspended;
    two.note = "the lift";
    two.expires_at = bench.context.now + std::chrono::hours{1};
    bench.store().add_card(one, {});
    bench.store().add_card(two, {Abnormal::suspended});
  }
  std::string cards(const CardQuery& query, const std::string& names) {
    JsonText json;
    write_facets(json, card_facets(bench.store(), bench.context, query, card_facets_from(names)));
    return json.take();
  }
  std::string devices(const DeviceFilter& filter, const std::string& names) {
    JsonText json;
    write_facets(json, device_facets(bench.store(), filter, device_facets_from(names)));
    return json.take();
  }
  OperationsBench bench;
};

}  // namespace

TEST_CASE("facets of all cards are counted in indexes, and of some in their rows, alike") {
  FacetWorld world;
  world.bench.report_card("1/D1", first);
  const std::string status = R"("status":[{"value":"active","count":1,"isLowerBound":false},)"
                             R"({"value":"suspended","count":1,"isLowerBound":false}])";
  const std::string rest = R"("platform":[{"value":1,"count":1,"isLowerBound":false},)"
                           R"({"value":null,"count":1,"isLowerBound":false}],)"
                           R"("operator":[{"value":"China Mobile","count":1,"isLowerBound":false},)"
                           R"({"value":null,"count":1,"isLowerBound":false}],)"
                           R"("reason":[{"value":"expiring_soon","count":1,"isLowerBound":false},)"
                           R"({"value":"suspended","count":1,"isLowerBound":false}],)"
                           R"("bound":[{"value":false,"count":1,"isLowerBound":false},)"
                           R"({"value":true,"count":1,"isLowerBound":false}])";
  const std::string all =
      R"({"total":2,"totalIsLowerBound":false,"facets":{)" + status + ',' + rest + "}}";
  const auto sorted = [](std::string text) {
    std::ranges::sort(text);
    return text;
  };
  CHECK(sorted(world.cards({}, "")) == sorted(all));
  CHECK(sorted(world.cards({.filter = {.iccid_prefix = "8986"}}, "")) == sorted(all));
  CHECK(world.cards({.filter = {.status = CardStatus::active}}, "operator") ==
        R"({"total":1,"totalIsLowerBound":false,"facets":{"operator":[)"
        R"({"value":"China Mobile","count":1,"isLowerBound":false}]}})");
  CHECK(world.cards({.abnormal = true}, "reason").starts_with(R"({"total":1,)"));
  CHECK_THROWS_AS(card_facets_from("colour"), OperationError);
}

TEST_CASE("more rows than are counted make every count a lower bound") {
  FacetWorld world;
  Transaction transaction{world.bench.store()};
  for (int i = 0; i < max_facet_rows; ++i) {
    world.bench.store().add_card(
        Card{Iccid::from_canonical("8986000000000" + std::to_string(100000 + i)).value()}, {});
  }
  transaction.commit();
  CHECK(world.cards({.filter = {.iccid_prefix = "8986"}}, "bound") ==
        R"({"total":10002,"totalIsLowerBound":false,"facets":{"bound":[)"
        R"({"value":false,"count":10000,"isLowerBound":true}]}})");
  CHECK(world.cards({}, "bound") ==
        R"({"total":10002,"totalIsLowerBound":false,"facets":{"bound":[)"
        R"({"value":false,"count":10002,"isLowerBound":false}]}})");
}

TEST_CASE("devices divide by what their last reports came to") {
  FacetWorld world;
  world.bench.report_card("1/D1", first);
  world.bench.report("1/D2", R"({"iccid":"898604293620C0000970","rssi":"weak"})");
  world.bench.report("2/D3", "{\"iccid\":898604293620C0000970}");
  CHECK(world.devices({}, "product,issue,leniency,bound") ==
        R"({"total":3,"totalIsLowerBound":false,"facets":{)"
        R"("leniency":[{"value":"unquoted-iccid","count":1,"isLowerBound":false}],)"
        R"("issue":[{"value":"rssi","count":1,"isLowerBound":false}],)"
        R"("product":[{"value":"1","count":2,"isLowerBound":false},)"
        R"({"value":"2","count":1,"isLowerBound":false}],)"
        R"("bound":[{"value":false,"count":2,"isLowerBound":false},)"
        R"({"value":true,"count":1,"isLowerBound":false}]}})");
  CHECK(world.devices({.bound = true}, "outcome") ==
        R"({"total":1,"totalIsLowerBound":false,"facets":{"outcome":[)"
        R"({"value":"binding.created","count":1,"isLowerBound":false}]}})");
}

TEST_CASE("a search finds an ICCID however it is typed, a note, and devices") {
  FacetWorld world;
  world.bench.report_card("1/METER7", first);
  const auto cards = [&](const std::string& text) {
    std::vector<std::string> found;
    for (const StoredCard& card : search(world.bench.store(), text).cards) {
      found.emplace_back(card.card.iccid.text());
    }
    return found;
  };
  using Texts = std::vector<std::string>;
  CHECK(cards("8986 0429 3620 C000 0970") == Texts{first});
  CHECK(cards(" 3620c0 ") == Texts{first});
  CHECK(cards("the lift") == Texts{second});
  CHECK(cards("89") == Texts{first, second});
  CHECK(cards("nothing of that").empty());
  for (const char* text : {"ME", "METER7", "1/METER", "ETER7", "898604293620C0000970"}) {
    CAPTURE(text);
    const SearchResult found = search(world.bench.store(), text);
    REQUIRE(found.devices.size() == 1);
    CHECK(found.devices[0].row.device.text() == "1/METER7");
    CHECK_FALSE(found.more_devices);
  }
  for (const std::string& text : {std::string{"x"}, std::string(65, 'x'), std::string{"a\nb"},
                                  std::string{" x "}, std::string{"ab\xff"}}) {
    CAPTURE(text);
    CHECK_THROWS_AS(search(world.bench.store(), text), OperationError);
  }
}

TEST_CASE("a search says that there are more than it shows") {
  FacetWorld world;
  for (int i = 0; i < 7; ++i) {
    world.bench.report("1/METER" + std::to_string(i), "{}");
    world.bench.store().add_card(
        Card{Iccid::from_canonical("898600000000010000" + std::to_string(i)).value()}, {});
  }
  const SearchResult numbered = search(world.bench.store(), "METER");
  CHECK(numbered.devices.size() == 5);
  CHECK(numbered.more_devices);
  const SearchResult within = search(world.bench.store(), "00010000");
  CHECK(within.cards.size() == 5);
  CHECK(within.more_cards);
}

}  // namespace iotcard
