// SPDX-License-Identifier: Apache-2.0
// program.h - What all verbs of iotcardctl share: the global options, and from them the
// configuration, the store and the operator's context. Each verb registers itself with the parser
// and leaves what it will do in `verb`. The main thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "config/config.h"
#include "operations/operation.h"

namespace iotcard {

enum ExitStatus { success = 0, failure = 1, usage = 2, bad_configuration = 3 };

// The arguments fit the parser but not each other.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Program {
 public:
  std::string config_path;               // "": the default one, if it exists
  std::string store_url;                 // "": the configuration's
  bool json = false;                     // raw JSON on standard output
  std::function<int()> verb;             // set by the parse; returns the exit status
  bool tells_bad_configuration = false;  // the verb does, and goes on

  // Loaded at the first call; throws ConfigError.
  const Config& config();
  // Whose journal and outbox this is about.
  std::string client_id();
  // Opens the store, and makes it if it is not there yet.
  std::unique_ptr<Store> open_store();
  bool has_store() { return missing_file().empty(); }
  // For verbs that have no use for an empty store: a missing one is an error.
  std::unique_ptr<Store> open_existing_store();
  // For dry runs: where there is no store yet, none is made.
  std::unique_ptr<Store> open_store_or_empty();
  // As open_existing_store(), but nothing is written, not even a newer schema.
  std::unique_ptr<Store> open_store_to_read();
  std::string url();  // of the store
  // The configuration's rules, in the name of whoever runs this, at this moment.
  Context context();

 private:
  void learn_client_id(Store& store);
  void require_store();
  std::string missing_file();  // where the store would be; "" if it is there

  std::optional<Config> config_;
  std::optional<std::string> client_id_;  // of the one daemon that uses the store of --store
};

Instant now();

}  // namespace iotcard
