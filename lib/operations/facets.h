// SPDX-License-Identifier: Apache-2.0
// facets.h - How the cards or the devices of a list divide by their properties: what the chips
// beside a list show. Its cost does not grow with the store, but for indexes that are counted:
// where a filter is given, at most max_facet_rows rows are counted, and each count says whether
// there may be more. Throws OperationError and StoreError. On the store's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/enum_set.h"
#include "base/json_text.h"
#include "base/name_table.h"
#include "operations/listing.h"

namespace iotcard {

inline constexpr int max_facet_rows = 10'000;
inline constexpr std::size_t max_facet_values = 20;  // of one facet

enum class CardFacet : std::uint8_t { status, platform, operator_name, reason, bound };
inline constexpr auto card_facet_names =
    make_name_table<CardFacet>("status", "platform", "operator", "reason", "bound");
enum class DeviceFacet : std::uint8_t { outcome, leniency, issue, firmware, product, bound };
inline constexpr auto device_facet_names =
    make_name_table<DeviceFacet>("outcome", "leniency", "issue", "firmware", "product", "bound");

struct FacetCount {
  std::string value;  // JSON: a text, a number, true or null
  std::int64_t rows = 0;
  bool is_lower_bound = false;
};
struct Facets {
  ListTotal total{};
  // By the name of the facet, each with the largest count first.
  std::vector<std::pair<std::string_view, std::vector<FacetCount>>> counts{};
};

// Names with commas between them; "": all. Throw OperationError (invalid).
EnumSet<CardFacet> card_facets_from(std::string_view names);
EnumSet<DeviceFacet> device_facets_from(std::string_view names);

Facets card_facets(ListStore& store, const Context& context, const CardQuery& query,
                   EnumSet<CardFacet> facets);
Facets device_facets(Store& store, const DeviceFilter& filter, EnumSet<DeviceFacet> facets);

// {"total":12,"totalIsLowerBound":false,"facets":{"status":[{"value":"active","count":12,…}]}}
void write_facets(JsonText& json, const Facets& facets);

}  // namespace iotcard
