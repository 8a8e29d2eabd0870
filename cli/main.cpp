// SPDX-License-Identifier: Apache-2.0
// iotcardctl: arguments in, exit status out.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <sstream>
#include <string>

#include "base/text_sanitizer.h"
#include "platform/profile.h"
#include "program.h"
#include "terminal.h"
#include "verbs.h"

namespace {

using namespace iotcard;

const std::map<std::string_view, const char*> groups{
    {"card", "SIM cards: import, export, list, show, add, set, remove, refresh, suspend, resume"},
    {"device", "Devices: list, show, ask to report"},
    {"mismatch", "Contradictions between reports and the store: list, accept, dismiss"},
    {"rejected", "Reports that could not be read: list, show"},
    {"quarantine", "Events that the broker would not take: list, remove"},
    {"platform", "Card platforms of carriers: list, test"},
};

// Help lists them in this order.
constexpr std::array verbs = {
    Verb{"card", "import", "Adds cards from a CSV file, or updates them", card_import_verb},
    Verb{"card", "export", "Writes cards as CSV, for card import", card_export_verb},
    Verb{"card", "list", "Lists cards, by default in the order of their ICCID", card_list_verb},
    Verb{"card", "show", "Shows a card, its bindings and its mismatches", card_show_verb},
    Verb{"card", "add", "Adds one card", card_add_verb},
    Verb{"card", "set", "Changes fields of a card, or of many", card_set_verb},
    Verb{"card", "remove", "Removes a card from the store, or many", card_remove_verb},
    Verb{"card", "refresh", "Asks card platforms for the state and usage of cards",
         card_refresh_verb},
    Verb{"card", "suspend", "Suspends a card at its platform, or many", card_suspend_verb},
    Verb{"card", "resume", "Resumes a suspended card, or many", card_resume_verb},
    Verb{"device", "list", "Lists devices by product and number", device_list_verb},
    Verb{"device", "show", "Shows a device, its last report and its bindings", device_show_verb},
    Verb{"device", "ask", "Asks a device, through the broker, to report now", device_ask_verb},
    Verb{"", "bind", "Binds a card of the store to a device", bind_verb},
    Verb{"", "unbind", "Ends the binding of a device or of a card", unbind_verb},
    Verb{"mismatch", "list", "Lists mismatches, the oldest first", mismatch_list_verb},
    Verb{"mismatch", "accept", "The device is right: binds it to the card it reported",
         mismatch_accept_verb},
    Verb{"mismatch", "dismiss", "Hides a mismatch until its cause is gone", mismatch_dismiss_verb},
    Verb{"rejected", "list", "Lists reports that could not be read, newest first",
         rejected_list_verb},
    Verb{"rejected", "show", "Shows a rejected report with its payload", rejected_show_verb},
    Verb{"quarantine", "list", "Lists events that the broker would not take, oldest first",
         quarantine_list_verb},
    Verb{"quarantine", "remove", "Deletes events that the broker would not take",
         quarantine_remove_verb},
    Verb{"platform", "list", "Lists card platforms and their state", platform_list_verb},
    Verb{"platform", "test", "Logs in to a platform, or asks it about a card, and shows each step",
         platform_test_verb},
    Verb{"platform", "accept-not-found",
         "Applies that a platform does not find many cards, which is held back",
         platform_accept_verb},
    Verb{"", "replay", "Decides stored reports again, by today's rules and cards", replay_verb},
    Verb{"", "explain", "Says what the daemon would make of one payload", explain_verb},
    Verb{"", "tail", "Shows the daemon's events as they are published", tail_verb},
    Verb{"", "simulate", "Publishes a power-up storm: every device reports at once", simulate_verb},
    Verb{"", "status", "Shows what the store holds and the daemon's own status", status_verb},
    Verb{"", "doctor",
         "Checks configuration, files, store, platforms, broker, daemon and clock; says what to do",
         doctor_verb, false},
};

// What the arguments ask for.
struct Chosen {
  const Verb* verb = nullptr;
  Action action;
};

void add_verbs(CLI::App& app, Chosen& chosen) {
  std::map<std::string_view, CLI::App*> parents{{"", &app}};
  for (const Verb& verb : verbs) {
    CLI::App*& parent = parents[verb.group];
    if (parent == nullptr) {
      parent = app.add_subcommand(verb.group, groups.at(verb.group));
      parent->require_subcommand(1);
    }
    CLI::App* added = parent->add_subcommand(verb.name, verb.description);
    Arguments arguments{*added};
    added->callback([&chosen, &verb, action = verb.declare(arguments)] {
      chosen = {&verb, action};
    });
  }
}

int fail(const std::exception& error, ExitStatus status) {
  std::fflush(stdout);
  // Only the configuration's errors may have several lines.
  const bool lines = status == bad_configuration;
  const std::string text =
      lines ? escape_controls_in_lines(error.what()) : escape_controls(error.what());
  std::fprintf(stderr, "iotcardctl: %s\n", text.c_str());
  return status;
}

int run(Program& program, const Chosen& chosen) {
  try {
    // A bad configuration is reported first, whatever the verb.
    if (chosen.verb->needs_good_configuration) program.config();
    const int status = chosen.action(program);
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
  Chosen chosen;
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
  add_verbs(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;  // may repeat the arguments
    const int status = app.exit(error, out, err);
    std::fputs(out.str().c_str(), stdout);
    std::fputs(escape_controls_in_lines(err.str()).c_str(), stderr);
    if (status == 0) return success;
    // CLI11 says of a mistyped verb only that one is missing.
    const auto unknown = app.remaining(true);
    if (error.get_name() == "RequiredError" && !unknown.empty()) {
      complain(fmt::format("there is no \"{}\" here", unknown.front()));
    }
    return usage;
  }
  return run(program, chosen);
}
