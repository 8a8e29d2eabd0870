// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <utility>

#include "base/utf8.h"
#include "operations/card_import.h"
#include "terminal.h"

namespace iotcard {
namespace {

// The person, not the account that sudo changed to.
std::string operator_name() {
  const char* name = std::getenv("SUDO_USER");
  if (name == nullptr || *name == '\0') {
    const passwd* entry = getpwuid(geteuid());
    name = entry != nullptr ? entry->pw_name : nullptr;
  }
  return name != nullptr ? replace_invalid_utf8(name, 64) : "operator";
}

// Empty counts as unset.
std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The one of these that is set; `kind` says what they are.
struct Choice {
  const char* name;
  std::string value;
};
const Choice* only_one(std::span<const Choice> choices) {
  const Choice* chosen = nullptr;
  for (const Choice& choice : choices) {
    if (choice.value.empty()) continue;
    if (chosen != nullptr) {
      throw UsageError{
          fmt::format("{} and {} are both given and exclude each other: each says what to work on",
                      chosen->name, choice.name)};
    }
    chosen = &choice;
  }
  return chosen;
}

}  // namespace

void Program::complete_target() {
  const std::array options{Choice{"--config", target.config_path},
                           Choice{"--store", target.store_url}, Choice{"--api", target.api_url}};
  if (only_one(options) == nullptr) {
    const std::array variables{Choice{config_variable, variable(config_variable)},
                               Choice{store_variable, variable(store_variable)},
                               Choice{api_variable, variable(api_variable)}};
    only_one(variables);
    target.config_path = variables[0].value;
    target.store_url = variables[1].value;
    target.api_url = variables[2].value;
  }
  if (remote()) {
    if (target.token_file.empty()) target.token_file = variable(token_file_variable);
    return;
  }
  if (!target.token_file.empty()) throw UsageError{"--token-file goes with --api URL"};
  if (target.insecure_http) throw UsageError{"--insecure-http goes with --api URL"};
}

void Program::require_local(std::string_view what) const {
  if (!remote()) return;
  throw UsageError{fmt::format(
      "this needs {}: run it on the host of the daemon, without --api and {}", what, api_variable)};
}

Instant now() {
  return SystemClock{}.now();
}

const Config& Program::config() {
  require_local("the configuration");
  if (!config_) {
    const bool given = !target.config_path.empty() || std::filesystem::exists(default_config_path);
    config_ = given ? load_config(path_of_config()) : Config{};
  }
  return *config_;
}

std::string Program::url() {
  require_local("the store");
  return target.store_url.empty() ? config().store_url : target.store_url;
}

// With --store, only the store says whose outbox events go to.
void Program::learn_client_id(Store& store) {
  if (target.store_url.empty()) return;
  const std::vector<std::string> clients = store.clients();
  if (clients.size() == 1) client_id_ = clients[0];
}

std::string Program::client_id() {
  return client_id_ ? *client_id_ : config().broker.client_id;
}

std::unique_ptr<Store> Program::open_store() {
  auto store = iotcard::open_store(url());
  learn_client_id(*store);
  return finish_imports(std::move(store));
}

std::unique_ptr<Store> Program::open_store_to_change() {
  require_store();
  auto store = iotcard::open_existing_store(url());
  learn_client_id(*store);
  return finish_imports(std::move(store));
}

// A failure does not concern the verb: it fails by itself, or it can be done.
std::unique_ptr<Store> Program::finish_imports(std::unique_ptr<Store> store) {
  try {
    if (!store->imports().empty() && iotcard::finish_imports(*store, context()) > 0) {
      complain("note: an import of another process had ended half way; it is finished now");
    }
  } catch (const StoreError& error) {
    complain(
        fmt::format("note: an import of another process is not finished yet: {}", error.what()));
  }
  return store;
}

std::string Program::missing_file() {
  constexpr std::string_view sqlite = "sqlite:";
  const std::string store = url();
  if (!store.starts_with(sqlite)) return {};
  std::string path = store.substr(sqlite.size());
  std::error_code error;
  return std::filesystem::exists(path, error) || error ? std::string{} : path;
}

void Program::require_store() {
  const std::string missing = missing_file();
  if (missing.empty()) return;
  const std::filesystem::path folder = std::filesystem::path{missing}.parent_path();
  std::error_code error;
  if (!folder.empty() && !std::filesystem::exists(folder, error) && !error) {
    throw StoreError{StoreError::Kind::not_a_store,
                     fmt::format("there is no store at {}, not even the folder {}: starting the "
                                 "service makes both; --store or --config names another",
                                 missing, folder.string())};
  }
  throw StoreError{StoreError::Kind::not_a_store,
                   fmt::format("there is no store at {}: the daemon or \"card import\" creates it; "
                               "--store or --config names another",
                               missing)};
}

std::unique_ptr<Store> Program::open_existing_store() {
  auto store = open_store_to_read();
  if (!store->outdated()) return store;
  store.reset();
  store = iotcard::open_existing_store(url());
  learn_client_id(*store);
  return store;
}

std::unique_ptr<Store> Program::open_store_to_read() {
  require_store();
  auto store = iotcard::open_store_to_read(url());
  if (!store->outdated()) learn_client_id(*store);
  return store;
}

std::unique_ptr<Store> Program::open_store_or_empty() {
  if (has_store()) return open_existing_store();
  return iotcard::open_store("sqlite::memory:");
}

Context Program::context() {
  const Config& settings = config();
  return {.client_id = client_id(),
          .policy = {settings.on_conflict, settings.alerts, settings.events.mute,
                     settings.events.dismissed},
          .sources = report_sources(settings.reports),
          .by = operator_name(),
          .now = now()};
}

}  // namespace iotcard
