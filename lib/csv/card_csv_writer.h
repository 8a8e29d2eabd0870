// SPDX-License-Identifier: Apache-2.0
// card_csv_writer.h - A card as a row of CSV with all its fields, which CardCsv reads back as the
// same card: iccid, the fields of domain/card_fields.h in their order, product and device. Rows end
// in a line feed. Not the file. Pure; any thread.
#pragma once

#include <string>

#include "domain/decision.h"

namespace iotcard {

std::string card_csv_header();
std::string card_csv_row(const StoredCard& card);

}  // namespace iotcard
