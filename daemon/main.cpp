// SPDX-License-Identifier: Apache-2.0
// iotcardd: arguments in, exit status out.
#include <systemd/sd-daemon.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

#include "api/tokens.h"
#include "config/config.h"
#include "config_check.h"
#include "ingest/segment_files.h"
#include "logging.h"
#include "service.h"
#include "signals.h"

namespace {

enum ExitStatus { success = 0, failure = 1, usage = 2, bad_configuration = 3 };

int run(const iotcard::Config& config, const std::string& config_path) {
  iotcard::set_up_logging(config.log);
  iotcard::check_store_place(config, config_path);
  iotcard::block_signals();
  sd_notify(0, "STATUS=opening the store and the intake journal");
  iotcard::Service service{config, config_path, IOTCARD_VERSION};
  // If the MQTT library's thread holds a report that could not be made safe, everything else is
  // closed by now; leaving like this keeps the broker from hearing that the report arrived.
  if (service.run() == iotcard::Service::End::while_holding) std::_Exit(success);
  return success;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Watches SIM cards in an MQTT fleet: reads device reports, keeps device-card\n"
      "bindings, publishes what does not fit."};
  std::string config_path{iotcard::default_config_path};
  bool check_only = false;
  app.add_option("--config", config_path, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", check_only,
               "Check the configuration and the files that it names: profiles, tokens, password,\n"
               "certificates, keys and secrets. Opens neither the store nor the journal");
  app.set_version_flag("--version", std::string{"iotcardd "} + IOTCARD_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream problem;
    if (app.exit(error, std::cout, problem) == 0) return success;
    iotcard::print_error(problem.str());
    return usage;
  }

  try {
    const iotcard::Config config = iotcard::load_config(config_path);
    if (check_only) {
      std::string result = config_path + ": OK";
      for (const std::string& line : iotcard::check_named_files(config, config_path)) {
        result += "\n" + line;
      }
      iotcard::print_result(result);
      return success;
    }
    return run(config, config_path);
  } catch (const iotcard::ConfigError& error) {
    iotcard::print_error(error.what());
    return bad_configuration;
  } catch (const iotcard::TokenError& error) {
    iotcard::print_error(std::string{"iotcardd: "} + error.what());
    return bad_configuration;
  } catch (const iotcard::IntakeMismatch& error) {
    iotcard::print_error(std::string{"iotcardd: "} + error.what());
    return bad_configuration;
  } catch (const std::exception& error) {
    iotcard::print_error(std::string{"iotcardd: "} + error.what());
    return failure;
  }
}
