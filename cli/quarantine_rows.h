// SPDX-License-Identifier: Apache-2.0
// quarantine_rows.h - Quarantined events as rows of a list.
#pragma once

#include <vector>

#include "operations/quarantine.h"
#include "output.h"

namespace iotcard {

std::vector<Column> quarantine_columns();
TableRow quarantine_row(const QuarantinedEvent& event);

}  // namespace iotcard
