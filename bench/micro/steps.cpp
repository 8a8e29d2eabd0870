// SPDX-License-Identifier: Apache-2.0
#include "micro/steps.h"

#include <rapidjson/document.h>

#include "ingest/apply_reports.h"
#include "micro/allocations.h"

namespace iotcard {
namespace {

const std::string client = "iotcardd";

std::size_t size_of(const ReportReading& reading) {
  const auto* const report = std::get_if<DeviceReport>(&reading);
  return report == nullptr ? 0 : report->summary.value_or("").size();
}

DeviceReport read_good(const std::string& payload, const ReadOptions& options) {
  return std::get<DeviceReport>(read_report(payload, options));
}

}  // namespace

Bench::Bench(std::int64_t cards, const std::string& store_url)
    : documented(documented_payload("898604293620C0000970")),
      valid(documented_payload("\"898604293620C0000970\"")),
      token("898604293620C0000970"),
      topic("/1/D6O0RUN27PPP/info/post"),
      pattern("/{product}/{device}/info/post"),
      device{"1", "D6O0RUN27PPP"},
      report(read_good(documented, rules.sources[0].read)),
      now(clock.now()),
      fleet(cards),
      store(open_store(store_url)) {
  rules.policy.mute = {EventKind::report_no_card};
  StoredCard known{Card{Iccid::from_canonical(token).value()}, Match::exact, {}, {}};
  known.card.platform = 1;
  known.card.status = CardStatus::active;
  known.card.plan = "30 MB";
  knowledge.cards.push_back(known);
  event = decide(device, report, knowledge, rules.policy, now).events.at(0);
  event_id = "0123456789abcdef:1234567";
  Transaction transaction{*store};
  for (std::int64_t i = 0; i < cards; ++i) {
    Card card = known.card;
    card.iccid = Iccid::from_canonical(Fleet::card(i)).value();
    card.created_at = card.updated_at = now;
    store->add_card(card);
  }
  transaction.commit();
}

[[gnu::noinline]] std::size_t step_read_documented(const Bench& bench) {
  return size_of(read_report(bench.documented, bench.rules.sources[0].read));
}

[[gnu::noinline]] std::size_t step_read_valid(const Bench& bench) {
  return size_of(read_report(bench.valid, bench.rules.sources[0].read));
}

[[gnu::noinline]] std::size_t step_dom(const Bench& bench) {
  rapidjson::Document document;
  document.Parse(bench.valid.data(), bench.valid.size());
  return document.MemberCount();
}

[[gnu::noinline]] bool step_iccid(const Bench& bench) {
  return Iccid::read(bench.token, false).iccid.has_value();
}

[[gnu::noinline]] bool step_topic(const Bench& bench) {
  return bench.pattern.match(bench.topic).has_value();
}

[[gnu::noinline]] std::size_t step_decide(const Bench& bench) {
  return decide(bench.device, bench.report, bench.knowledge, bench.rules.policy, bench.now)
      .events.size();
}

[[gnu::noinline]] std::size_t step_event_text(const Bench& bench) {
  return event_topic(bench.event).size() +
         with_event_id(event_json(bench.event), bench.event_id).size();
}

// As Applier::apply_batch() does it.
std::uint64_t apply_batch(Bench& bench, std::int64_t first, std::int64_t reports) {
  std::vector<BatchItem> items(static_cast<std::size_t>(reports));
  for (BatchItem& item : items) {
    const std::int64_t number = first + (&item - items.data());
    item.report.topic = Fleet::topic(number);
    item.report.payload = bench.fleet.payload(number);
    item.report.size = static_cast<std::uint32_t>(item.report.payload.size());
    item.report.arrival = bench.now;
    item.sender.device = bench.pattern.match(item.report.topic);
  }
  return apply_reports(*bench.store, items, read_reports(items, bench.rules.sources),
                       {client, bench.rules, {}, bench.clock})
      .counts.applied;
}

[[gnu::noinline]] std::uint64_t step_apply_created(Bench& bench, std::int64_t first,
                                                   std::int64_t reports) {
  return apply_batch(bench, first, reports);
}

[[gnu::noinline]] std::uint64_t step_apply_confirmed(Bench& bench, std::int64_t first,
                                                     std::int64_t reports) {
  return apply_batch(bench, first, reports);
}

std::int64_t kept_allocations(const Bench& bench) {
  const std::int64_t before = allocations();
  const DeviceReport copy = bench.report;
  return allocations() - before;
}

}  // namespace iotcard
