// SPDX-License-Identifier: Apache-2.0
// search.h - A search box over cards and devices: a few of each that have a text in an ICCID, a
// number, an IMSI, a note or a name. Bounded, whatever the text: it may miss rows of a text that
// very many have. Lists with a filter miss none. Throws OperationError (invalid). On the store's
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_text.h"
#include "operations/listing.h"

namespace iotcard {

inline constexpr int max_found = 5;                   // of each
inline constexpr std::size_t min_search_length = 2;   // characters
inline constexpr std::size_t max_search_length = 64;  // characters

struct SearchResult {
  std::vector<StoredCard> cards{};
  std::vector<ListedDevice> devices{};
  bool more_cards = false;
  bool more_devices = false;
};

// A text of two characters is the beginning of an ICCID or of a device's number. An ICCID may be
// typed in fours with blanks.
SearchResult search(Store& store, std::string_view text);

// {"cards":[…],"devices":[…],"more_cards":false,"more_devices":false}
void write_search(JsonText& json, const SearchResult& result, const Context& context);

}  // namespace iotcard
