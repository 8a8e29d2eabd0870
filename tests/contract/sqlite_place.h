// SPDX-License-Identifier: Apache-2.0
// sqlite_place.h - A folder for one SQLite store, and raw access to its file.
#pragma once

#include <string>

#include "contract/store_under_test.h"

namespace iotcard {

class SqlitePlace final : public StorePlace {
 public:
  SqlitePlace();
  ~SqlitePlace() override;
  SqlitePlace(const SqlitePlace&) = delete;
  SqlitePlace& operator=(const SqlitePlace&) = delete;

  std::string url() const override { return "sqlite:" + path(); }
  void set_schema_version(int version) override;

  const std::string& folder() const { return folder_; }
  std::string path() const { return folder_ + "/cards.db"; }
  void execute(const std::string& sql) const;

 private:
  std::string folder_;
};

}  // namespace iotcard
