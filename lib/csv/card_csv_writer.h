// SPDX-License-Identifier: Apache-2.0
// card_csv_writer.h - A card as a row of CSV: iccid, the fields of domain/card_fields.h in their
// order, product and device. CardCsv reads the same card back. Rows end in a line feed. Pure; any
// thread.
#pragma once

#include <string>

#include "domain/decision.h"

namespace iotcard {

std::string card_csv_header();
std::string card_csv_row(const StoredCard& card);

}  // namespace iotcard
