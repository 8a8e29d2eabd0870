// SPDX-License-Identifier: Apache-2.0
#include "completion_values.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.h"
#include "completion_live.h"
#include "domain/card.h"
#include "domain/card_fields.h"
#include "domain/event.h"
#include "operations/listing.h"
#include "operations/token_file.h"
#include "option_tree.h"

namespace iotcard {
namespace {

enum class ValueKind : std::uint8_t {
  file,
  card,
  device,
  device_or_card,
  mismatch,
  rejected,
  quarantined,
  platform,
  mapping,
  token,
  zone,
  card_field,   // FIELD=VALUE
  card_column,  // these have commas between them, up to the next remark
  event_kind,
  mismatch_kind,
  mismatch_state,
  card_order,  // COLUMN or COLUMN:desc
  device_order,
  device_outcome,
};

// What an option or an argument of this name has. The first that fits counts: a name may mean
// something else in another group.
struct ValueRule {
  std::string_view verb;  // or its group; "": any
  std::string_view name;
  ValueKind kind;
};
constexpr std::array rules = {
    ValueRule{"", "ICCID", ValueKind::card},
    ValueRule{"", "ICCIDS", ValueKind::card},
    ValueRule{"", "--card", ValueKind::card},
    ValueRule{"", "--iccid", ValueKind::card},
    ValueRule{"", "--prefix", ValueKind::card},
    ValueRule{"", "PRODUCT/NUMBER", ValueKind::device},
    ValueRule{"", "--device", ValueKind::device},
    ValueRule{"", "PRODUCT/NUMBER|ICCID", ValueKind::device_or_card},
    ValueRule{"mismatch", "ID", ValueKind::mismatch},
    ValueRule{"rejected", "ID", ValueKind::rejected},
    ValueRule{"quarantine", "ID", ValueKind::quarantined},
    ValueRule{"platform", "ID", ValueKind::platform},
    ValueRule{"", "--platform", ValueKind::platform},
    ValueRule{"", "--map", ValueKind::mapping},
    ValueRule{"token remove", "NAME", ValueKind::token},
    ValueRule{"", "--zone", ValueKind::zone},
    ValueRule{"", "FIELDS", ValueKind::card_field},
    ValueRule{"card export", "--columns", ValueKind::card_column},
    ValueRule{"events", "--kind", ValueKind::event_kind},
    ValueRule{"mismatch", "--kind", ValueKind::mismatch_kind},
    ValueRule{"mismatch", "--state", ValueKind::mismatch_state},
    ValueRule{"card list", "--sort", ValueKind::card_order},
    ValueRule{"device list", "--sort", ValueKind::device_order},
    ValueRule{"device list", "--outcome", ValueKind::device_outcome},
    ValueRule{"", "FILE", ValueKind::file},
    ValueRule{"", "--config", ValueKind::file},
    ValueRule{"", "--token-file", ValueKind::file},
    ValueRule{"", "--from", ValueKind::file},
    ValueRule{"", "--rejects", ValueKind::file},
    ValueRule{"", "--write-cards", ValueKind::file},
    ValueRule{"", "--journal", ValueKind::file},
};

const ValueRule* rule_for(const LineAtCursor& line) {
  const std::string verb = words_to(*line.verb);
  const std::string name = name_of(*line.value_of);
  for (const ValueRule& rule : rules) {
    const bool fits =
        rule.verb.empty() || verb == rule.verb || verb.starts_with(std::string{rule.verb} + ' ');
    if (fits && name == rule.name) return &rule;
  }
  return nullptr;
}

template <typename Names>
void add_names(Candidates& found, const std::string& typed, const Names& names,
               const std::string& behind = {}) {
  for (const auto& name : names) found.add(typed, {std::string{name} + behind});
}

// In a list with commas, only what is behind the last one is typed.
template <typename Names>
void add_to_list(Candidates& found, const std::string& typed, const Names& names) {
  const std::size_t comma = typed.rfind(',');
  const std::string before = comma == std::string::npos ? "" : typed.substr(0, comma + 1);
  for (const auto& name : names) found.add(typed, {before + std::string{name}});
  found.is_part = true;
}

template <typename Names>
void add_orders(Candidates& found, const std::string& typed, const Names& names) {
  add_names(found, typed, names);
  add_names(found, typed, names, ":desc");
}

std::vector<std::string> event_kinds_and_categories() {
  std::vector<std::string> kinds;
  for (const std::string_view name : event_names.names) {
    const std::string category{name.substr(0, name.find('.'))};
    if (!contains(kinds, category)) kinds.push_back(category);
  }
  kinds.insert(kinds.end(), event_names.names.begin(), event_names.names.end());
  return kinds;
}

std::vector<std::string> mismatch_kinds() {
  std::vector<std::string> kinds;
  for (const std::string_view name : event_names.names) {
    const std::string short_name{name.substr(name.find('.') + 1)};
    if (mismatch_named(name)) kinds.push_back(short_name);
  }
  return kinds;
}

std::vector<std::string> card_columns() {
  std::vector<std::string> columns{"iccid"};
  for (const CardField& field : card_fields()) columns.emplace_back(field.name);
  columns.insert(columns.end(), {"product", "device"});
  return columns;
}

void add_card_field(Candidates& found, Program& program, const std::string& typed) {
  const std::size_t equals = typed.find('=');
  if (equals == std::string::npos) {
    for (const CardField& field : card_fields()) {
      if (field.owner == CardField::Owner::daemon) continue;
      found.add(typed, {std::string{field.name} + '='});
    }
    found.is_part = true;
    return;
  }
  const std::string name = typed.substr(0, equals);
  const std::string value = typed.substr(equals + 1);
  Candidates values;
  if (name == "status") add_names(values, value, card_status_names.names);
  if (name == "network") add_names(values, value, network_names.names);
  if (name == "usage_scope") add_names(values, value, usage_scope_names.names);
  if (name == "platform") add_platforms(values, program, value);
  for (const Candidate& one : values.list()) found.add(typed, {name + '=' + one.text, one.about});
}

// The mappings that --map finds by name; any other is a file.
void add_mappings(Candidates& found, Program& program, const std::string& typed) {
  found.may_be_file = true;
  if (program.remote()) return;
  for (const std::string& folder : program.config().import.mappings) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
      if (entry.path().extension() != ".toml") continue;
      found.add(typed, {entry.path().stem().string(), folder});
      if (std::ssize(found.list()) == Candidates::max_shown) return;
    }
  }
}

void add_tokens(Candidates& found, Program& program, const std::string& typed) {
  const std::string& named = program.config().api.token_file;
  const std::string path = named.empty() ? default_token_file : named;
  for (const TokenEntry& entry : read_tokens(read_token_file(path), path)) {
    found.add(typed, {entry.name, std::string{scope_names[entry.scope]}});
  }
}

EnumSet<MismatchState> states_for(const CLI::App& verb) {
  if (verb.get_name() == "show") return {};
  return {verb.get_name() == "reopen" ? MismatchState::dismissed : MismatchState::open};
}

void add_rows_of_store(Candidates& found, Program& program, const LineAtCursor& line,
                       ValueKind kind) {
  const auto operations = open_operations_for_completion(program);
  if (!operations) return;
  const std::string& typed = line.typed;
  if (kind == ValueKind::card || kind == ValueKind::device_or_card) {
    add_cards(found, *operations, typed);
  }
  if (kind == ValueKind::device || kind == ValueKind::device_or_card) {
    add_devices(found, *operations, typed);
  }
  if (kind == ValueKind::mismatch) {
    add_mismatches(found, *operations, typed, states_for(*line.verb));
  }
  if (kind == ValueKind::rejected) add_rejected(found, *operations, typed);
  if (kind == ValueKind::quarantined) add_quarantined(found, *operations, typed);
}

void add_values_of(Candidates& found, Program& program, const LineAtCursor& line, ValueKind kind) {
  const std::string& typed = line.typed;
  switch (kind) {
    case ValueKind::file:
      found.may_be_file = true;
      return;
    case ValueKind::card:
    case ValueKind::device:
    case ValueKind::device_or_card:
    case ValueKind::mismatch:
    case ValueKind::rejected:
    case ValueKind::quarantined:
      return add_rows_of_store(found, program, line, kind);
    case ValueKind::platform:
      return add_platforms(found, program, typed);
    case ValueKind::mapping:
      return add_mappings(found, program, typed);
    case ValueKind::token:
      return add_tokens(found, program, typed);
    case ValueKind::zone:
      return add_names(found, typed, std::array<std::string_view, 2>{"UTC", "+08:00"});
    case ValueKind::card_field:
      return add_card_field(found, program, typed);
    case ValueKind::card_column:
      return add_to_list(found, typed, card_columns());
    case ValueKind::event_kind:
      return add_to_list(found, typed, event_kinds_and_categories());
    case ValueKind::mismatch_kind:
      return add_to_list(found, typed, mismatch_kinds());
    case ValueKind::mismatch_state:
      return add_to_list(found, typed, mismatch_state_names.names);
    case ValueKind::card_order:
      return add_orders(found, typed, card_order_names.names);
    case ValueKind::device_order:
      return add_orders(found, typed, device_order_names.names);
    case ValueKind::device_outcome:
      return add_names(found, typed, event_kinds_and_categories());
  }
}

}  // namespace

void add_values(Candidates& found, Program& program, const LineAtCursor& line) {
  const std::vector<std::string> choices = choices_in(*line.value_of);
  if (!choices.empty()) {
    // Of several with commas between them, or of one.
    if (may_repeat(*line.value_of)) return add_to_list(found, line.typed, choices);
    return add_names(found, line.typed, choices);
  }
  if (const ValueRule* rule = rule_for(line)) add_values_of(found, program, line, rule->kind);
}

}  // namespace iotcard
