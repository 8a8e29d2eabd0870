// SPDX-License-Identifier: Apache-2.0
// program.h - What all verbs of iotcardctl share: the global options, and from them the
// configuration, the store and the operator's context. The main thread only.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config/config.h"
#include "operations/operation.h"
#include "output_options.h"

namespace iotcard {

// What the environment may say in place of --config, --store, --api and --token-file.
inline constexpr const char* config_variable = "IOTCARDCTL_CONFIG";
inline constexpr const char* store_variable = "IOTCARDCTL_STORE";
inline constexpr const char* api_variable = "IOTCARDCTL_API";
inline constexpr const char* token_file_variable = "IOTCARDCTL_TOKEN_FILE";

enum ExitStatus { success = 0, failure = 1, usage = 2, bad_configuration = 3 };

// The arguments fit the parser but not each other.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What the verbs work on. A member that is set excludes the two others.
struct Target {
  std::string config_path;  // "": the default one, if it exists
  std::string store_url;    // "": the configuration's
  std::string api_url;      // "": a store, not the API of a daemon
  std::string token_file;   // of the API; "": no token is sent
  bool insecure_http = false;
};

class Program {
 public:
  // The options of the command line; complete_target() adds what the environment says.
  Target target;
  bool json = false;  // JSON on standard output: output.format
  OutputOptions output;

  // An option wins over all variables of its kind. Throws UsageError if two exclude each other.
  void complete_target();

  std::string path_of_config() const {
    return target.config_path.empty() ? std::string{default_config_path} : target.config_path;
  }
  // Loaded at the first call; throws ConfigError, and UsageError if the target is an API.
  const Config& config();
  // Whose journal and outbox this is about.
  std::string client_id();
  // All that use the store throw UsageError if the target is an API: the verb cannot be done there.
  // For verbs that change the store: first finishes imports that ended half way. Creates the store
  // if it does not exist; where verbs are useless on an empty store, a missing one is an error.
  std::unique_ptr<Store> open_store();
  std::unique_ptr<Store> open_store_to_change();
  bool has_store() { return missing_file().empty(); }
  // For verbs that list and show: read-only, so also for users who may only read the files. An
  // older schema is brought up to date, which needs the right to write. A missing store is an
  // error.
  std::unique_ptr<Store> open_existing_store();
  // For dry runs: an empty store in memory if there is none yet.
  std::unique_ptr<Store> open_store_or_empty();
  // As open_existing_store(), but read-only: not even the schema is brought up to date.
  std::unique_ptr<Store> open_store_to_read();
  std::string url();  // of the store
  bool remote() const { return !target.api_url.empty(); }
  // Throws UsageError if the target is an API, which cannot do the verb: it needs `what`.
  void require_local(std::string_view what) const;
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
