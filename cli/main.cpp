// SPDX-License-Identifier: Apache-2.0
// iotcardctl: arguments in, exit status out.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/text_sanitizer.h"
#include "base/utf8.h"
#include "completion.h"
#include "manual.h"
#include "output.h"
#include "platform/profile.h"
#include "program.h"
#include "terminal.h"
#include "usage.h"
#include "verbs.h"

namespace {

using namespace iotcard;

const std::map<std::string_view, const char*> groups{
    {"card",
     "SIM cards: import, export, list, show, lookup, add, set, remove, refresh, suspend, resume"},
    {"device", "Devices: list, show, ask to report, remove"},
    {"mismatch",
     "Contradictions between reports and the store: list, show, accept, dismiss, reopen"},
    {"rejected", "Reports that could not be read: list, show, remove"},
    {"quarantine", "Events that the broker would not take: list, remove"},
    {"platform", "Card platforms of carriers: list, test, accept-not-found"},
    {"token", "Tokens of the HTTP API: add, list, remove"},
};

// Help lists them in this order.
constexpr std::array verbs = {
    Verb{"card", "import", "Adds cards from a CSV file, or updates them", card_import_verb},
    Verb{"card", "export", "Writes cards as CSV, for card import", card_export_verb},
    Verb{"card", "list", "Lists cards, by default in the order of their ICCID", card_list_verb},
    Verb{"card", "show", "Shows a card, its bindings and its mismatches", card_show_verb},
    Verb{"card", "lookup", "Says which of many ICCIDs the store has", card_lookup_verb},
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
    Verb{"device", "remove", "Deletes a device and its history", device_remove_verb},
    Verb{"", "search", "Finds cards and devices by a part of a number, a note or a name",
         search_verb},
    Verb{"", "bind", "Binds a card of the store to a device", bind_verb},
    Verb{"", "unbind", "Ends the binding of a device or of a card", unbind_verb},
    Verb{"mismatch", "list", "Lists mismatches, the oldest first", mismatch_list_verb},
    Verb{"mismatch", "show", "Shows a mismatch, and what accepting it would do",
         mismatch_show_verb},
    Verb{"mismatch", "accept", "The device is right: binds it to the card it reported",
         mismatch_accept_verb},
    Verb{"mismatch", "dismiss", "Hides mismatches until their cause changes",
         mismatch_dismiss_verb},
    Verb{"mismatch", "reopen", "Takes the dismissal of mismatches back", mismatch_reopen_verb},
    Verb{"rejected", "list", "Lists reports that could not be read, newest first",
         rejected_list_verb},
    Verb{"rejected", "show", "Shows a rejected report with its payload", rejected_show_verb},
    Verb{"rejected", "remove", "Deletes rejected reports", rejected_remove_verb},
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
    Verb{"token", "add", "Makes a token for the HTTP API and prints it, once", token_add_verb},
    Verb{"token", "list", "Lists who has a token for the HTTP API", token_list_verb},
    Verb{"token", "remove", "Takes a token back", token_remove_verb},
    Verb{"", "replay", "Decides stored reports again, by today's rules and cards", replay_verb},
    Verb{"", "explain", "Says what the daemon would make of one payload", explain_verb},
    Verb{"", "tail", "Shows the daemon's events as they are published", tail_verb},
    Verb{"", "events", "Lists the events that were published and are kept", events_verb},
    Verb{"", "simulate", "Publishes a power-up storm: every device reports at once", simulate_verb},
    Verb{"", "settings", "Shows the configuration in force, and where each value comes from",
         settings_verb},
    Verb{"", "status", "Shows what needs a person today, and the command for it", status_verb},
    Verb{"", "doctor",
         "Checks configuration, files, store, platforms, broker, daemon and clock; says what to do",
         doctor_verb, false},
};

// What the arguments ask for.
struct Chosen {
  const Verb* verb = nullptr;
  bool is_list = false;
  Action action;
};

void add_verbs(CLI::App& app, OutputOptions& output, Chosen& chosen) {
  std::map<std::string_view, CLI::App*> parents{{"", &app}};
  for (const Verb& verb : verbs) {
    CLI::App*& parent = parents[verb.group];
    if (parent == nullptr) {
      parent = app.add_subcommand(verb.group, groups.at(verb.group));
      parent->require_subcommand(1);
    }
    CLI::App* added = parent->add_subcommand(verb.name, verb.description);
    Arguments arguments{*added, output};
    const Action action = verb.declare(arguments);
    added->callback([&chosen, &verb, action, is_list = arguments.is_list()] {
      chosen = {&verb, is_list, action};
    });
  }
}

// Throws nothing, as fmt::print() does if standard error cannot be written.
int fail(const std::string& message, ExitStatus status, bool json) {
  std::fflush(stdout);
  if (json) {
    JsonText text;
    text.begin_object()
        .member("error", replace_invalid_utf8(message))
        .member("status", std::int64_t{status})
        .end_object();
    std::fprintf(stderr, "%s\n", text.take().c_str());
    return status;
  }
  // Only the configuration's errors may have several lines.
  const bool lines = status == bad_configuration;
  const std::string shown = lines ? escape_controls_in_lines(message) : escape_controls(message);
  std::fprintf(stderr, "iotcardctl: %s\n", shown.c_str());
  return status;
}

int run(Program& program, const Chosen& chosen) {
  const auto failed = [&](const std::exception& error, ExitStatus status) {
    return fail(error.what(), status, program.json);
  };
  try {
    program.complete_target();
    // A bad configuration is reported first, whatever the verb.
    if (chosen.verb->needs_good_configuration && !program.remote()) program.config();
    const int status = chosen.action(program);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return fail("could not write to standard output", failure, program.json);
    }
    return status;
  } catch (const ConfigError& error) {
    return failed(error, bad_configuration);
  } catch (const ProfileError& error) {
    return failed(error, bad_configuration);
  } catch (const UsageError& error) {
    return failed(error, usage);
  } catch (const OperationError& error) {
    return failed(error, error.kind() == OperationError::Kind::invalid ? usage : failure);
  } catch (const std::exception& error) {
    return failed(error, failure);
  }
}

void declare_target(CLI::App& app, Target& target) {
  app.add_option("--config", target.config_path,
                 "Configuration file; by default " + std::string{default_config_path} +
                     " if that exists, and built-in defaults if not");
  app.add_option("--store", target.store_url,
                 "Store to work on, such as sqlite:/var/lib/iotcardd/cards.db; by default the "
                 "configuration's");
  app.add_option("--api", target.api_url,
                 "Works through the HTTP API of a daemon instead of on a store, from any host, "
                 "such as https://broker.example:8480");
  app.add_option("--token-file", target.token_file,
                 "File with the token for --api, one line, as token add prints it");
  app.add_flag("--insecure-http", target.insecure_http,
               "Lets --api send the token and all data unprotected over http:// to another host");
}

void declare_global_options(CLI::App& app, Program& program) {
  declare_target(app, program.target);
  app.add_flag("--json", program.json,
               "JSON on standard output: an array from list verbs, one object from the others; "
               "errors are JSON too");
  Arguments{app, program.output}.choice(
      "-o,--output", choices_of(output_format_names),
      [&](const std::string& name) { program.output.format = *output_format_names.find(name); },
      "How lists are printed; json is --json, csv has its members as columns, wide is a table with "
      "all of them");
  app.add_flag_callback(
      "-q,--quiet", [] { be_quiet(); },
      "Prints what was asked for and errors, but no confirmations and hints");
  app.add_flag_callback(
      "--local", [] { show_local_times(); },
      "Times in tables in the zone of TZ or of this machine, which is named, instead of UTC");
  app.set_version_flag("-V,--version", std::string{"iotcardctl "} + IOTCARD_VERSION);
}

// Also where the arguments cannot be parsed.
bool asks_for_json(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& one = arguments[i];
    if (one == "--json" || one == "-ojson" || one == "--output=json") return true;
    const bool format = one == "-o" || one == "--output";
    if (format && i + 1 < arguments.size() && arguments[i + 1] == "json") return true;
  }
  return false;
}

// The formats of lists are for lists.
void settle_format(Program& program, const Chosen& chosen) {
  OutputFormat& format = program.output.format;
  if (program.json) {
    if (format == OutputFormat::csv || format == OutputFormat::wide) {
      throw UsageError{
          fmt::format("--json and -o {}: give one of them", output_format_names[format])};
    }
    format = OutputFormat::json;
  }
  program.json = format == OutputFormat::json;
  if (chosen.is_list || format == OutputFormat::table || program.json) return;
  throw UsageError{fmt::format("-o {} is for lists; this verb has a text for people and --json",
                               output_format_names[format])};
}

int parse_and_run(const std::vector<std::string>& arguments) {
  CLI::App app{"The operator's tool of iotcardd: works on the card store, daemon running or not.",
               "iotcardctl"};
  Program program;
  Chosen chosen;
  app.fallthrough();  // the global options are also understood behind a verb
  app.require_subcommand(1);
  declare_global_options(app, program);
  app.footer(std::string{"Variables instead of options: "} + config_variable + ", " +
             store_variable + ", " + api_variable + ", " + token_file_variable +
             ".\nExit status: 0 success, 1 failure, 2 wrong usage, 3 wrong configuration.");
  add_verbs(app, program.output, chosen);
  // For the shells and for the manual pages, and so not in the help.
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == completion_word) return complete(app, program, std::span{arguments}.subspan(1));
  if (first == manual_word && arguments.size() == 2) {
    fmt::print("{}", manual_part(app, arguments[1]));
    return success;
  }
  const bool json = asks_for_json(arguments);
  try {
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};  // as it wants them
    app.parse(std::move(reversed));
    settle_format(program, chosen);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // help, or the version
      app.exit(error);
      return success;
    }
    if (lacks_only_a_verb(app, error)) {
      fmt::print("{}", app.help());  // of the group that was named
      return success;
    }
    return fail(usage_mistake(app, error), usage, json);
  } catch (const UsageError& error) {
    return fail(error.what(), usage, json);
  }
  return run(program, chosen);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is a write that fails
  return parse_and_run(with_usual_words({argv + 1, argv + argc}));
}
