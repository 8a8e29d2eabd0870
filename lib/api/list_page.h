// SPDX-License-Identifier: Apache-2.0
// list_page.h - The answer of a route that lists rows. For the sources of routes only.
#pragma once

#include "api/route.h"

namespace iotcard {

template <typename Row, typename Write>
void respond_page(const Call& call, const RowList<Row>& list, const PageRequest& request,
                  const Write& write) {
  const ListPage<Row> page = page_of(list, request);
  JsonText json;
  json.begin_array();
  for (const Row& row : page.rows) write(json, row);
  json.end_array();
  respond_list(call.response,
               {page.total.rows, page.total.is_lower_bound, page.next_cursor, page.is_partial},
               json.view());
}

}  // namespace iotcard
