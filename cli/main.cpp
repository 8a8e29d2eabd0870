// SPDX-License-Identifier: Apache-2.0
// iotcardctl: arguments in, exit status out.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <sstream>
#include <string>

#include "base/text_sanitizer.h"
#include "platform/profile.h"
#include "program.h"
#include "verbs.h"

namespace {

using namespace iotcard;

// A command that only groups verbs.
CLI::App& add_group(CLI::App& app, const char* name, const char* description) {
  CLI::App* group = app.add_subcommand(name, description);
  group->require_subcommand(1);
  return *group;
}

void add_verbs(CLI::App& app, Program& program) {
  CLI::App& card = add_group(
      app, "card",
      "SIM cards: import, export, list, show, add, set, remove, refresh, suspend, resume");
  add_card_import(card, program);
  add_card_export(card, program);
  add_card_list(card, program);
  add_card_show(card, program);
  add_card_add(card, program);
  add_card_set(card, program);
  add_card_remove(card, program);
  add_card_refresh(card, program);
  add_card_suspend(card, program);
  add_card_resume(card, program);
  CLI::App& device = add_group(app, "device", "Devices: list, show, ask to report");
  add_device_list(device, program);
  add_device_show(device, program);
  add_device_ask(device, program);
  add_bind(app, program);
  add_unbind(app, program);
  CLI::App& mismatch = add_group(app, "mismatch", "What reports disagreed about: list, settle");
  add_mismatch_list(mismatch, program);
  add_mismatch_accept(mismatch, program);
  add_mismatch_dismiss(mismatch, program);
  CLI::App& rejected = add_group(app, "rejected", "Reports that could not be read: list, show");
  add_rejected_list(rejected, program);
  add_rejected_show(rejected, program);
  CLI::App& platform = add_group(app, "platform", "Card platforms of carriers: list, test");
  add_platform_list(platform, program);
  add_platform_test(platform, program);
  add_replay(app, program);
  add_explain(app, program);
  add_tail(app, program);
  add_simulate(app, program);
  add_status(app, program);
  add_doctor(app, program);
}

int fail(const std::exception& error, ExitStatus status) {
  std::fflush(stdout);
  // Those of the configuration are lines. No other has text with a line's end that is meant.
  const bool lines = status == bad_configuration;
  const std::string text =
      lines ? escape_controls_in_lines(error.what()) : escape_controls(error.what());
  std::fprintf(stderr, "iotcardctl: %s\n", text.c_str());
  return status;
}

int run(Program& program) {
  try {
    // A wrong one is said first, whatever the verb.
    if (!program.tells_bad_configuration) program.config();
    const int status = program.verb();
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      std::fprintf(stderr, "iotcardctl: could not write to standard output\n");
      return failure;
    }
    return status;
  } catch (const ConfigError& error) {
    return fail(error, bad_configuration);
  } catch (const ProfileError& error) {
    return fail(error, bad_configuration);
  } catch (const UsageError& error) {
    return fail(error, usage);
  } catch (const std::exception& error) {
    return fail(error, failure);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is a write that fails
  CLI::App app{"The operator's tool of iotcardd: works on the card store, daemon running or not."};
  Program program;
  app.fallthrough();  // the global options are also understood behind a verb
  app.require_subcommand(1);
  app.add_option("--config", program.config_path,
                 "Configuration file; by default " + std::string{default_config_path} +
                     " if that exists, and built-in defaults if not");
  app.add_option("--store", program.store_url,
                 "Store to work on, such as sqlite:/var/lib/iotcardd/cards.db; by default the "
                 "configuration's");
  app.add_flag("--json", program.json,
               "JSON on standard output: an array from list verbs, one object from the others");
  app.set_version_flag("--version", std::string{"iotcardctl "} + IOTCARD_VERSION);
  app.footer("Exit status: 0 success, 1 failure, 2 wrong usage, 3 wrong configuration.");
  add_verbs(app, program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;  // has what stood in the arguments
    const int status = app.exit(error, out, err);
    std::fputs(out.str().c_str(), stdout);
    std::fputs(escape_controls_in_lines(err.str()).c_str(), stderr);
    return status == 0 ? success : usage;
  }
  return run(program);
}
