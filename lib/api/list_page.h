// SPDX-License-Identifier: Apache-2.0
// list_page.h - The answers of routes that list rows: a page, or a file of all. For the sources of
// routes only.
#pragma once

#include <fmt/core.h>

#include <functional>
#include <string_view>
#include <utility>

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

// A CSV file that `stream` writes.
inline void respond_csv(Response& response, std::string_view file,
                        std::function<void(const WriteBytes&)> stream) {
  response.content_type = "text/csv; charset=utf-8";
  response.headers.emplace_back("Content-Disposition",
                                fmt::format("attachment; filename=\"{}\"", file));
  response.stream = std::move(stream);
}

}  // namespace iotcard
