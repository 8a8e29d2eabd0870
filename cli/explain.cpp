// SPDX-License-Identifier: Apache-2.0
// explain: what the daemon would make of one payload. Changes nothing.
#include <fmt/core.h>

#include <cstdio>
#include <memory>

#include "api_requests.h"
#include "explanation.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

constexpr std::size_t max_api_payload = std::size_t{1} << 20;

struct ExplainOptions {
  std::string file;
  std::string topic;
  std::string device;
  bool no_store = false;
};

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

// One byte more than the daemon takes is enough to know that there are too many.
std::string read_payload(const std::string& path, std::size_t max_bytes) {
  const bool standard = path == "-";
  const std::unique_ptr<std::FILE, CloseFile> file{standard ? stdin
                                                            : std::fopen(path.c_str(), "rb")};
  std::string payload(max_bytes + 1, '\0');
  if (file) payload.resize(std::fread(payload.data(), 1, payload.size(), file.get()));
  if (!file || std::ferror(file.get()) != 0) {
    throw UsageError{"cannot read " + (standard ? "standard input" : path) + ": " +
                     std::generic_category().message(errno)};
  }
  return payload;
}

// Status 1 is for a rejected report alone.
std::unique_ptr<Store> open_store_to_explain(Program& program) {
  try {
    return program.open_existing_store();
  } catch (const StoreError& error) {
    throw UsageError{std::string{error.what()} + "; --no-store does without"};
  }
}

int print_explained(Program& program, const Explanation& explanation,
                    const std::string& configured) {
  if (program.json) {
    fmt::print("{}\n", explanation_json(explanation));
  } else {
    print_explanation(explanation, configured);
  }
  return explanation.accepted() ? success : failure;
}

int explain_payload(Program& program, const ExplainOptions& options) {
  if (program.remote()) {
    if (options.no_store) throw UsageError{"--no-store and --api: give one of them, not both"};
    const std::string payload = read_payload(options.file, max_api_payload);
    return print_explained(
        program, explain_through_api(program.target, payload, options.topic, options.device), "");
  }
  const Config& config = program.config();
  const std::string payload = read_payload(options.file, config.reports.max_bytes);
  const auto device =
      options.device.empty() ? std::nullopt : std::optional{device_from_operator(options.device)};
  const auto store = options.no_store ? nullptr : open_store_to_explain(program);
  const Context context = program.context();
  std::optional<std::string> topic;
  if (!options.topic.empty()) topic = options.topic;
  if (device) topic = report_topic(store.get(), context, *device);
  return print_explained(program, explain(store.get(), context, payload, topic),
                         join(report_sources(config.reports).filters(), ", "));
}

}  // namespace

void print_explanation(const Explanation& explanation, const std::string& configured) {
  Facts facts;
  if (const auto* rejection = std::get_if<Rejection>(&explanation.reading)) {
    facts.add("rejected", rejection_reason_names[rejection->reason], Colour::red);
    facts.add("at byte", std::to_string(rejection->offset));
    const std::string_view known = configured.empty() ? "" : "; configured: ";
    facts.add("topic", explanation.pattern.empty()
                           ? fmt::format("no pattern matches{}{}", known, configured)
                           : explanation.pattern);
    return facts.print();
  }
  const auto& report = std::get<DeviceReport>(explanation.reading);
  const bool readable = report.iccid.iccid && !explanation.problem;
  facts.add("accepted", "yes", Colour::green);
  facts.add("iccid", readable ? report.iccid.iccid->text()
                              : std::string_view{explanation.problem ? "unreadable" : "none"});
  if (explanation.problem) {
    facts.add("problem", iccid_problem_names[*explanation.problem], Colour::red);
  }
  facts.add("as it came", report.iccid.raw.value_or(""));
  facts.add("found by", report.iccid_key);
  facts.add("topic", explanation.pattern);
  if (readable) facts.add("luhn", luhn_names[luhn(*report.iccid.iccid)]);
  facts.add("imei", report.imei);
  facts.add("platform", report.platform ? std::to_string(*report.platform) : "any");
  facts.add("leniencies", join(report.leniencies.names(leniency_names), ", "), Colour::yellow);
  facts.add("issues", join(report.issues, ", "), Colour::yellow);
  if (explanation.outcome) facts.add("kind", outcome_name(*explanation.outcome));
  if (explanation.holder) facts.add("card held by", explanation.holder->text());
  if (explanation.bound) facts.add("device bound to", explanation.bound->text());
  if (explanation.match) facts.add("match", match_names[*explanation.match]);
  if (explanation.suspect) facts.add("suspect", suspect_names[*explanation.suspect]);
  facts.add("candidates", join(explanation.candidates, ", ", &Iccid::text));
  for (const ExplainedWrite& write : explanation.writes) {
    facts.add("would change",
              fmt::format("{}{}{}", write.kind, write.device ? ' ' + write.device->text() : "",
                          write.iccid ? fmt::format(" {}", write.iccid->text()) : ""));
  }
  for (const ExplainedEvent& event : explanation.events) facts.add("would publish", event.type);
  facts.print();
}

Action explain_verb(Arguments& arguments) {
  auto options = std::make_shared<ExplainOptions>();
  arguments.required("FILE", options->file, "The payload; - is standard input");
  arguments.option("--topic", options->topic,
                   "The topic it came to, which names the device; by default a device that "
                   "nobody has seen yet");
  arguments.option("--device", options->device,
                   "The device that it came from, PRODUCT/NUMBER, instead of a topic");
  arguments.excludes("--device", "--topic");
  arguments.flag("--no-store", options->no_store, "Only reads the payload, looks nothing up");
  arguments.footer(R"(
Exit status: 0 a report that is accepted, 1 a rejected one, 2 wrong usage.
"card held by" is the device that has the card now, "device bound to" the card that this
device has. With --json: one object.)");
  return [options](Program& program) { return explain_payload(program, *options); };
}

}  // namespace iotcard
