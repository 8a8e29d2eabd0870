// SPDX-License-Identifier: Apache-2.0
// program.h - What all verbs of iotcardctl share: the global options, and from them the
// configuration, the store and the operator's context. The main thread only.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "config/config.h"
#include "operations/operation.h"
#include "output_options.h"

namespace iotcard {

enum ExitStatus { success = 0, failure = 1, usage = 2, bad_configuration = 3 };

// The arguments fit the parser but not each other.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Program {
 public:
  std::string config_path;  // "": the default one, if it exists
  std::string store_url;    // "": the configuration's
  bool json = false;        // JSON on standard output: output.format
  OutputOptions output;

  std::string path_of_config() const {
    return config_path.empty() ? std::string{default_config_path} : config_path;
  }
  // Loaded at the first call; throws ConfigError.
  const Config& config();
  // Whose journal and outbox this is about.
  std::string client_id();
  // For verbs that change the store: first finishes imports that ended half way. Creates the store
  // if it does not exist; where verbs are useless on an empty store, a missing one is an error.
  std::unique_ptr<Store> open_store();
  std::unique_ptr<Store> open_store_to_change();
  bool has_store() { return missing_file().empty(); }
  // For verbs that list and show. A missing store is an error.
  std::unique_ptr<Store> open_existing_store();
  // For dry runs: an empty store in memory if there is none yet.
  std::unique_ptr<Store> open_store_or_empty();
  // As open_existing_store(), but read-only: not even the schema is brought up to date.
  std::unique_ptr<Store> open_store_to_read();
  std::string url();  // of the store
  // The configuration's rules, the operator who runs this, and the time.
  Context context();

 private:
  void learn_client_id(Store& store);
  std::unique_ptr<Store> finish_imports(std::unique_ptr<Store> store);
  void require_store();
  std::string missing_file();  // where the store would be; "" if it is there

  std::optional<Config> config_;
  std::optional<std::string> client_id_;  // of the one daemon that uses the store of --store
};

Instant now();

}  // namespace iotcard
