// SPDX-License-Identifier: Apache-2.0
// list_reading.h - How card import understood a list, for people. The main thread only.
#pragma once

#include <string>

#include "csv/card_csv.h"

namespace iotcard {

// Encoding, delimiter, header, columns and fields, what was not used, the first card.
void print_list_reading(const ListReading& list);

// Which encoding was taken though another one fits too, and how to name that; "" if it is certain.
std::string doubt_text(const ListReading& list);

// "2 rows passed over (lines 4, 5)"; "" for none.
std::string passed_over_text(const ListReading& list);

}  // namespace iotcard
