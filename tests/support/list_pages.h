// SPDX-License-Identifier: Apache-2.0
// list_pages.h - Checks the pages of a list, from both of its ends and behind each cursor, against
// the whole list.
#pragma once

#include <catch2/catch.hpp>
#include <type_traits>

#include "store/list_store.h"

namespace iotcard {

// Checks that each page of a list of `rows` rows is a part of it, from whichever end it is found,
// and that the list continues behind it. `read` returns what names the rows, and the next cursor.
template <typename Read>
void check_pages(const Read& read, int rows) {
  const auto all = read("", 1000).first;
  REQUIRE(std::ssize(all) == rows);
  const auto part = [&](int first, int last) {
    return std::decay_t<decltype(all)>{all.begin() + first, all.begin() + last};
  };
  for (int first = 0; first <= rows; ++first) {
    for (int last = first + 1; last <= rows; ++last) {
      CAPTURE(first, last);
      for (const PageStart& start :
           {PageStart::from_beginning(first), PageStart::from_end(rows - last)}) {
        const auto [page, cursor] = read(start, last - first);
        CHECK(page == part(first, last));
        CHECK(cursor.empty() == (last == rows));
        if (!cursor.empty()) CHECK(read(cursor, 1000).first == part(last, rows));
      }
    }
  }
  CHECK(read(PageStart::from_beginning(rows), 5).first.empty());
  CHECK(read(PageStart::from_end(rows), 5).first.empty());
}

}  // namespace iotcard
