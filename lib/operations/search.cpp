// SPDX-License-Identifier: Apache-2.0
#include "operations/search.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "operations/json.h"

namespace iotcard {
namespace {

constexpr int rows_wanted = max_found + 1;  // one more tells that there are more
constexpr std::string_view hex_digits = "0123456789ABCDEFabcdef";

std::string checked_text(std::string_view typed) {
  std::string text{trim(typed)};
  const bool plain =
      std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  const std::size_t length = plain && is_utf8(text) ? count_characters(text) : 0;
  if (length < min_search_length || length > max_search_length) {
    throw OperationError::invalid(
        fmt::format("q: expected {} to {} characters, without control characters",
                    min_search_length, max_search_length),
        {ErrorKey::invalid_parameter, {{"name", "q"}}});
  }
  // "8986 0429 3620 C000 0970", as people write an ICCID.
  std::string number = text;
  std::erase(number, ' ');
  const bool is_number = number.find_first_not_of(hex_digits) == std::string::npos;
  return is_number && number.size() >= min_search_length ? number : text;
}

void take_card(SearchResult& result, StoredCard card) {
  if (contains(result.cards, card.card.iccid,
               [](const StoredCard& other) { return other.card.iccid; })) {
    return;
  }
  result.more_cards = result.cards.size() == max_found;
  if (!result.more_cards) result.cards.push_back(std::move(card));
}

void take_device(SearchResult& result, ListedDevice device) {
  if (contains(result.devices, device.row.device,
               [](const ListedDevice& other) { return other.row.device; })) {
    return;
  }
  result.more_devices = result.devices.size() == max_found;
  if (!result.more_devices) result.devices.push_back(std::move(device));
}

void find_cards(ListStore& store, const std::string& text, bool is_long, SearchResult& result) {
  if (text.find_first_not_of(hex_digits) == std::string::npos) {
    for (StoredCard& card :
         store.list_cards({.iccid_prefix = to_upper(text)}, "", rows_wanted).rows) {
      take_card(result, std::move(card));
    }
  }
  if (result.more_cards || !is_long) return;
  for (StoredCard& card : store.search_cards(text, rows_wanted + max_found)) {
    if (!result.more_cards) take_card(result, std::move(card));
  }
}

void find_devices(Store& store, const std::string& text, bool is_long, SearchResult& result) {
  const auto take = [&](std::vector<ListedDevice> rows) {
    for (ListedDevice& device : rows) {
      if (!result.more_devices) take_device(result, std::move(device));
    }
  };
  take(devices_numbered(store, text, rows_wanted));
  if (const auto device = DeviceKey::parse(text); device && !result.more_devices) {
    const DeviceFilter filter{.product = device->product, .number_prefix = device->number};
    take(device_rows(store, filter).read("", rows_wanted).rows);
  }
  if (result.more_devices || !is_long) return;
  take(device_rows(store, {.text = text}).read("", rows_wanted + max_found).rows);
}

}  // namespace

SearchResult search(Store& store, std::string_view typed) {
  const std::string text = checked_text(typed);
  const bool is_long = count_characters(text) >= min_search_characters;
  SearchResult result;
  find_cards(store, text, is_long, result);
  find_devices(store, text, is_long, result);
  return result;
}

void write_search(JsonText& json, const SearchResult& result, const Context& context) {
  json.begin_object().key("cards").begin_array();
  for (const StoredCard& card : result.cards) write_card(json, card, context);
  json.end_array().key("devices").begin_array();
  for (const ListedDevice& device : result.devices) write_device(json, device);
  json.end_array().member("more_cards", result.more_cards);
  json.member("more_devices", result.more_devices).end_object();
}

}  // namespace iotcard
