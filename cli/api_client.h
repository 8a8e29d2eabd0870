// SPDX-License-Identifier: Apache-2.0
// api_client.h - The HTTP API of a daemon (schemas/openapi.yaml) from another host: requests with
// the operator's token, and answers taken out of their envelope. What the API refuses is thrown as
// on a store: OperationError (404, 409, 412, 400), std::runtime_error for the rest, each with what
// to do. The main thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/http_client.h"
#include "json_slice.h"
#include "operations/listing.h"
#include "program.h"

namespace iotcard {

// The card platform behind the daemon did not do what was asked (502).
class ApiPlatformError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ApiClient {
 public:
  // Whether a list of the API has pages; by_limit: with the parameter limit, and without a total,
  // so that it is not counted.
  enum class Paged : std::uint8_t { no, yes, by_limit };
  using Query = std::vector<std::pair<std::string, std::string>>;
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // Reads the token file. Throws UsageError for a URL or a token that cannot be used.
  explicit ApiClient(const Target& target);

  // Each returns what `read` makes of the member "data".
  template <typename Read>
  auto get(const std::string& path, const Query& query, const Read& read) {
    return data_of(send("GET", path, query, {}, {}), read);
  }
  // `method`: POST, PUT or DELETE; `json`: the body, "" for none.
  template <typename Read>
  auto change(const char* method, const std::string& path, const Query& query,
              const std::string& json, const Read& read, const Headers& headers = {}) {
    return data_of(send(method, path, query, json, "application/json", headers), read);
  }
  template <typename Read>
  auto upload(const std::string& path, const Query& query, const std::string& csv,
              const Read& read) {
    return data_of(send("POST", path, query, csv, "text/csv"), read);
  }

  // A list of the API, page by page as far as rows are asked for. It refers to this object.
  template <typename Row, typename Read>
  RowList<Row> list(const std::string& path, Query query, const Read& read,
                    Paged paged = Paged::yes) {
    return {.name = path,
            .filtered = !query.empty(),
            .read =
                [this, path, query, read, paged](const PageStart& start, int limit) {
                  StorePage<Row> rows;
                  const Page page = this->page(path, query, start.after, limit, paged);
                  understood([&] {
                    for (const JsonSlice& row : page.rows) rows.rows.push_back(read(row));
                  });
                  rows.next_cursor = page.next_cursor;
                  return rows;
                },
            .count = [this, path,
                      query](std::int64_t) { return page(path, query, "", 1, Paged::yes).total; }};
  }

 private:
  struct Page {
    std::string body;  // what the rows refer to
    std::vector<JsonSlice> rows{};
    std::string next_cursor{};
    std::int64_t total = 0;
  };
  Page page(const std::string& path, Query query, const std::string& cursor, int limit,
            Paged paged);
  std::string send(const char* method, const std::string& path, const Query& query,
                   const std::string& body, const std::string& type, const Headers& headers = {});
  void refuse(const HttpResponse& response) const;
  // Runs `read`, and says what cannot be understood of the answer.
  void understood(const std::function<void()>& read) const;
  template <typename Read>
  auto data_of(const std::string& body, const Read& read) {
    std::optional<decltype(read(JsonSlice::of("")))> value;
    understood([&] { value.emplace(read(JsonMembers{JsonSlice::of(body)}["data"])); });
    return *std::move(value);
  }

  std::string base_;   // the URL without a slash at its end
  std::string token_;  // "": none
  std::unique_ptr<HttpClient> http_;
};

}  // namespace iotcard
