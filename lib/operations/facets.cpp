// SPDX-License-Identifier: Apache-2.0
#include "operations/facets.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "base/text_sanitizer.h"

namespace iotcard {
namespace {

using FacetTally = std::map<std::string, std::int64_t>;  // by the value as JSON

template <typename Facet, typename Table>
EnumSet<Facet> facets_from(std::string_view names, const Table& table) {
  EnumSet<Facet> facets;
  for (std::size_t i = 0; names.empty() && i < table.names.size(); ++i) {
    facets.add(static_cast<Facet>(i));
  }
  if (names.empty()) return facets;
  for (const std::string_view name : split(names, ',')) {
    const auto facet = table.find(trim(name));
    if (!facet) {
      throw OperationError::invalid(fmt::format("facets: there is no facet \"{}\"; there are {}",
                                                printable(name), join(table.names, ", ")),
                                    {ErrorKey::invalid_parameter, {{"name", "facets"}}});
    }
    facets.add(*facet);
  }
  return facets;
}

std::string json_text_or_null(std::string_view text) {
  return text.empty() ? "null" : quoted_json(text);
}

std::string json_boolean(bool value) {
  return value ? "true" : "false";
}

std::vector<FacetCount> counts_of(const FacetTally& tally, bool is_lower_bound) {
  std::vector<FacetCount> counts;
  for (const auto& [value, rows] : tally) {
    if (rows > 0) counts.push_back({value, rows, is_lower_bound});
  }
  std::ranges::stable_sort(counts, std::ranges::greater{}, &FacetCount::rows);
  if (counts.size() > max_facet_values) counts.resize(max_facet_values);
  return counts;
}

// As the list of abnormal cards tells them: by the dates where a date is the reason.
AbnormalReasons reasons_in_list(const CardTraits& card, const Context& context) {
  AbnormalReasons reasons;
  card.announced.each([&](Abnormal reason) {
    if (!is_dated(reason)) reasons.add(reason);
  });
  if (!card.expires_at || *card.expires_at > context.now + context.policy.alerts.expires_within) {
    return reasons;
  }
  reasons.add(*card.expires_at <= context.now ? Abnormal::expired : Abnormal::expiring_soon);
  return reasons;
}

void count_traits(const CardTraits& card, const Context& context, CardFacet facet,
                  FacetTally& tally) {
  switch (facet) {
    case CardFacet::status:
      ++tally[quoted_json(card_status_names[card.status])];
      break;
    case CardFacet::platform:
      ++tally[card.platform ? std::to_string(*card.platform) : "null"];
      break;
    case CardFacet::operator_name:
      ++tally[json_text_or_null(card.operator_name)];
      break;
    case CardFacet::reason:
      reasons_in_list(card, context).each([&](Abnormal reason) {
        ++tally[quoted_json(abnormal_names[reason])];
      });
      break;
    case CardFacet::bound:
      ++tally[json_boolean(card.bound)];
      break;
  }
}

// Of all cards, from indexes.
FacetTally count_all_cards(ListStore& store, const Context& context, CardFacet facet,
                           std::int64_t total) {
  FacetTally tally;
  switch (facet) {
    case CardFacet::status:
      for (const auto& [name, cards] : store.count_cards_by(CardGroup::status)) {
        tally[quoted_json(name)] = cards;
      }
      break;
    case CardFacet::platform:
      for (const auto& [number, cards] : store.count_cards_by(CardGroup::platform)) {
        tally[number == "0" ? "null" : number] = cards;
      }
      break;
    case CardFacet::operator_name:
      for (const auto& [name, cards] : store.count_cards_by(CardGroup::operator_name)) {
        tally[json_text_or_null(name)] = cards;
      }
      break;
    case CardFacet::reason: {
      CardFilter filter{.now = context.now, .soon = context.policy.alerts.expires_within};
      for (std::size_t i = 0; i < abnormal_names.names.size(); ++i) {
        filter.reason = static_cast<Abnormal>(i);
        tally[quoted_json(abnormal_names[*filter.reason])] = store.count_cards(filter);
      }
      break;
    }
    case CardFacet::bound: {
      const std::int64_t bound = store.count_cards({.bound = true});
      tally[json_boolean(true)] = bound;
      tally[json_boolean(false)] = total - bound;
      break;
    }
  }
  return tally;
}

void count_traits(const DeviceTraits& device, DeviceFacet facet, FacetTally& tally) {
  switch (facet) {
    case DeviceFacet::outcome:
      ++tally[json_text_or_null(device.outcome)];
      break;
    case DeviceFacet::leniency:
      for (const std::string& name : device.leniencies) ++tally[quoted_json(name)];
      break;
    case DeviceFacet::issue:
      // "rssi: expected a number": the field, once for a device.
      for (std::size_t i = 0; i < device.issues.size(); ++i) {
        const auto field = [&](const std::string& issue) {
          return issue.substr(0, issue.find(':'));
        };
        const auto end = device.issues.begin() + static_cast<std::ptrdiff_t>(i);
        const bool first = std::ranges::none_of(device.issues.begin(), end, [&](const auto& other) {
          return field(other) == field(device.issues[i]);
        });
        if (first) ++tally[quoted_json(field(device.issues[i]))];
      }
      break;
    case DeviceFacet::firmware:
      ++tally[json_text_or_null(device.firmware_version)];
      break;
    case DeviceFacet::product:
      ++tally[quoted_json(device.product)];
      break;
    case DeviceFacet::bound:
      ++tally[json_boolean(device.bound)];
      break;
  }
}

// Takes the first max_facet_rows; true: there are more.
template <typename Traits>
bool cut_facet_rows(std::vector<Traits>& rows) {
  if (rows.size() <= max_facet_rows) return false;
  rows.resize(max_facet_rows);
  return true;
}

}  // namespace

EnumSet<CardFacet> card_facets_from(std::string_view names) {
  return facets_from<CardFacet>(names, card_facet_names);
}

EnumSet<DeviceFacet> device_facets_from(std::string_view names) {
  return facets_from<DeviceFacet>(names, device_facet_names);
}

Facets card_facets(ListStore& store, const Context& context, const CardQuery& query,
                   EnumSet<CardFacet> facets) {
  const RowList<StoredCard> list = card_rows(store, context, query);
  Facets found{.total = total_of(list)};
  const bool all = !list.filtered;
  std::vector<CardTraits> rows;
  if (!all) rows = card_traits(store, context, query, max_facet_rows + 1);
  const bool more = cut_facet_rows(rows);
  facets.each([&](CardFacet facet) {
    FacetTally tally;
    if (all) tally = count_all_cards(store, context, facet, found.total.rows);
    for (const CardTraits& card : rows) count_traits(card, context, facet, tally);
    found.counts.emplace_back(card_facet_names[facet], counts_of(tally, more));
  });
  return found;
}

Facets device_facets(Store& store, const DeviceFilter& filter, EnumSet<DeviceFacet> facets) {
  const RowList<ListedDevice> list = device_rows(store, filter);
  Facets found{.total = total_of(list)};
  std::vector<DeviceTraits> rows = store.device_traits(filter, max_facet_rows + 1);
  const bool more = cut_facet_rows(rows) || found.total.is_lower_bound;
  facets.each([&](DeviceFacet facet) {
    FacetTally tally;
    const bool indexed = facet == DeviceFacet::bound && !list.filtered;
    if (indexed) {
      const std::int64_t bound = store.count_open_bindings();
      tally = {{json_boolean(true), bound}, {json_boolean(false), found.total.rows - bound}};
    } else {
      for (const DeviceTraits& device : rows) count_traits(device, facet, tally);
    }
    found.counts.emplace_back(device_facet_names[facet], counts_of(tally, more && !indexed));
  });
  return found;
}

void write_facets(JsonText& json, const Facets& facets) {
  json.begin_object().member("total", facets.total.rows);
  json.member("totalIsLowerBound", facets.total.is_lower_bound).key("facets").begin_object();
  for (const auto& [name, counts] : facets.counts) {
    json.key(name).begin_array();
    for (const FacetCount& count : counts) {
      json.begin_object().key("value").raw(count.value).member("count", count.rows);
      json.member("isLowerBound", count.is_lower_bound).end_object();
    }
    json.end_array();
  }
  json.end_object().end_object();
}

}  // namespace iotcard
