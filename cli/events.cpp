// SPDX-License-Identifier: Apache-2.0
// events: the events that were published and are kept in the store.
#include <fmt/core.h>

#include <memory>

#include "event_text.h"
#include "operations.h"
#include "operations/event_history.h"
#include "output.h"
#include "verbs.h"

namespace iotcard {
namespace {

struct EventsOptions {
  std::vector<std::string> kinds;
  std::string device;
  std::string iccid;
  std::string since;
  std::string until;
  std::int64_t limit = 100;
};

EventFilter filter_of(const EventsOptions& options) {
  EventFilter filter;
  for (const std::string& kinds : options.kinds) filter.kinds.add(event_kinds_from_operator(kinds));
  if (!options.device.empty()) filter.device = device_from_operator(options.device);
  if (!options.iccid.empty()) filter.iccid = iccid_from_operator(options.iccid);
  if (!options.since.empty()) filter.since = time_from_operator("--since", options.since);
  if (!options.until.empty()) filter.before = time_from_operator("--until", options.until);
  return filter;
}

TableRow row_of(const OutboxRow& row) {
  const EventText event = event_text(row.payload);
  const auto time = parse_time(event.time);
  return {
      {time ? printable(*time) : event.time, event.kind, event.subject, event.iccid, event.details},
      event.colour};
}

int list_events(Program& program, const EventsOptions& options) {
  const EventFilter filter = filter_of(options);
  const auto operations = open_operations(program, Use::read);
  const RowList<OutboxRow> events = operations->events(filter);
  // One event more is read, so that it is known whether there are more.
  const std::int64_t limit = options.limit == no_limit ? no_limit : options.limit + 1;
  if (!program.json) {
    ListPrinter rows{program.output,
                     {"TIME", {"KIND", "type"}, {"DEVICE", "subject"}, "ICCID", {"DETAIL", "data"}},
                     "no such events",
                     options.limit};
    each_row(events, limit, [&](const OutboxRow& row) {
      rows.add([&](JsonText& json) { json.raw(event_json_line(row.payload)); },
               [&] { return row_of(row); });
    });
    return rows.finish();
  }
  std::int64_t read = 0;
  each_row(events, limit, [&](const OutboxRow& row) {
    if (++read <= options.limit || options.limit == no_limit) {
      fmt::print("{}\n", event_json_line(row.payload));
    }
  });
  if (options.limit != no_limit && read > options.limit) {
    std::fflush(stdout);
    hint(fmt::format("the newest {} shown; --limit 0 shows all", options.limit));
  }
  return success;
}

}  // namespace

Action events_verb(Arguments& arguments) {
  auto options = std::make_shared<EventsOptions>();
  arguments.option("--since", options->since,
                   "From this time on; an age such as 1h or 7d, or a time");
  arguments.option("--until", options->until, "Before this time; the same");
  arguments.option("--device", options->device, "Only about this device, as PRODUCT/NUMBER");
  arguments.option(
      "--kind", options->kinds,
      "Only of this kind or category, such as mismatch.card_in_use or mismatch; may be "
      "repeated, or several with commas");
  arguments.option("--iccid", options->iccid,
                   "Only those that name this card: as theirs, as the bound one or as a candidate");
  arguments.limit(options->limit);
  arguments.footer(std::string{R"(
Published events, the newest first, as long as [retention] events and events_age keep them.
A time is the event's own, which is when its report arrived. tail shows events as they come;
what waits for the broker is not listed, and quarantine list has what the broker would not take.
With --json: one CloudEvent on each line, as it was published.)"} +
                   time_help);
  return [options](Program& program) { return list_events(program, *options); };
}

}  // namespace iotcard
