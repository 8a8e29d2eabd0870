// SPDX-License-Identifier: Apache-2.0
// What changes, batches and imports came to.
#include <algorithm>
#include <iterator>

#include "api_reading.h"
#include "api_reading_parts.h"
#include "domain/card_fields.h"

namespace iotcard {
namespace {

MismatchFailure mismatch_failure_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {json["id"].text(), json["reason"].text()};
}

using Columns = std::vector<std::pair<std::string, std::string>>;
Columns columns_from(const JsonSlice& array, std::string_view first, std::string_view second) {
  return all(array, [&](const JsonSlice& item) {
    const JsonMembers json{item};
    return std::pair{json[first].text(), json[second].text()};
  });
}

std::optional<EncodingDoubt> doubt_from(const JsonSlice& slice) {
  if (slice.is_null()) return std::nullopt;
  const JsonMembers json{slice};
  const Encoding other = named(json, "encoding", encoding_names);
  return EncodingDoubt{other, json["text"].text(), json["other_text"].text()};
}

ListReading list_reading_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  const std::string delimiter = json["delimiter"].text();
  const JsonSlice first = json["first"];
  return {.encoding = named(json, "encoding", encoding_names),
          .delimiter = delimiter.empty() ? ',' : delimiter[0],
          .header_line = json.integer("header_line"),
          .columns = columns_from(json["columns"], "column", "field"),
          .constants = columns_from(json["constants"], "field", "value"),
          .unused = all(json["unused"], text_from),
          .missing = all(json["missing"], text_from),
          .passed_over = json.integer("passed_over"),
          .passed_lines = all(json["passed_lines"],
                              [](const JsonSlice& line) { return line.integer().value_or(0); }),
          .first = first.is_null() ? std::nullopt : std::optional{card_of(JsonMembers{first})},
          .doubt = doubt_from(json["doubt"])};
}

// The name of a field as long as the program runs, which FieldDifference refers to.
std::string_view lasting_name(const std::string& field) {
  const CardField* known = find_card_field(field);
  return known != nullptr ? known->name : "device";
}

CardDifference difference_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {iccid_of(json["iccid"]), all(json["fields"], [](const JsonSlice& item) {
            const JsonMembers field{item};
            return FieldDifference{lasting_name(field["field"].text()), field["before"].text(),
                                   field["after"].text()};
          })};
}

std::vector<CellsNotTaken> cells_not_taken_from(const JsonSlice& array) {
  auto cells = all(array, [](const JsonSlice& item) {
    const JsonMembers json{item};
    return CellsNotTaken{find_card_field(json["field"].text()), json.integer("cells"),
                         json.integer("first_line")};
  });
  std::erase_if(cells, [](const auto& one) { return one.field == nullptr; });  // a newer daemon's
  return cells;
}

}  // namespace

BindResult bind_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.binding = binding_from(slice),
          .created = json["created"].boolean(),
          .released = all(json["released"], binding_from)};
}

std::vector<Binding> released_from(const JsonSlice& removed) {
  std::vector<Binding> released;
  for (const JsonSlice& card : removed.items()) {
    std::ranges::move(all(JsonMembers{card}["released"], binding_from),
                      std::back_inserter(released));
  }
  return released;
}

Acceptance acceptance_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  Acceptance acceptance{.mismatch = {},
                        .binding = binding_from(json["binding"]),
                        .card_added = json["card_added"].boolean(),
                        .bound = json["bound"].boolean(),
                        .released = all(json["released"], binding_from)};
  acceptance.mismatch.id = json.integer("mismatch");
  return acceptance;
}

MismatchBatchResult mismatch_batch_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.matching = json.integer("matching"),
          .done = json.integer("done"),
          .failed = all(json["failed"], mismatch_failure_from),
          .bound = json.integer("bound"),
          .ended = json.integer("ended"),
          .cards_added = json.integer("cards_added"),
          .accepted = all(json["accepted"], acceptance_from),
          .settled = all(json["settled"], mismatch_from)};
}

BatchResult batch_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.matching = json.integer("matching"),
          .done = json.integer("done"),
          .failed = all(json["failed"],
                        [](const JsonSlice& item) {
                          const JsonMembers failure{item};
                          return CardFailure{failure["iccid"].text(), failure["reason"].text()};
                        }),
          .requests = {},
          .spelled = all(json["spelled"], [](const JsonSlice& item) {
            const JsonMembers spelling{item};
            return CardSpelling{iccid_of(spelling["iccid"]), iccid_of(spelling["stored"])};
          })};
}

CardLookup card_lookup_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {
      .found = all(json["found"], stored_card_from),
      .near = all(
          json["near"],
          [](const JsonSlice& item) {
            const JsonMembers near{item};
            return CardLookup::Near{iccid_of(near["iccid"]), all(near["cards"], stored_card_from)};
          }),
      .unknown = all(json["unknown"], iccid_of),
      .invalid = {}};
}

ImportResult import_result_from(const JsonSlice& slice) {
  const JsonMembers json{slice};
  return {.rows = json.integer("rows"),
          .added = json.integer("added"),
          .updated = json.integer("updated"),
          .unchanged = json.integer("unchanged"),
          .refused = json.integer("refused"),
          .bound = json.integer("bound"),
          .settled = json.integer("settled"),
          .luhn_invalid = json.integer("luhn_invalid"),
          .luhn_first = all(json["luhn_first"], iccid_of),
          .changes = all(json["changes"], difference_from),
          .problems = all(json["problems"],
                          [](const JsonSlice& item) {
                            const JsonMembers problem{item};
                            return RefusedRow{{problem.integer("line"), problem["reason"].text()},
                                              problem["of_stored_card"].boolean()};
                          }),
          .list = list_reading_from(json["list"]),
          .stored_before = json.integer("stored_before"),
          .withheld = json["withheld"].boolean(),
          .not_taken = cells_not_taken_from(json["not_taken"])};
}

}  // namespace iotcard
