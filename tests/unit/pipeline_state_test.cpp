// SPDX-License-Identifier: Apache-2.0
// What scripts say of cards goes the way of a report: through the journal, in order, once.
#include "operations/card_state.h"
#include "pipeline_bench.h"

using namespace iotcard;
using Catch::Contains;

namespace {

const Iccid one = Iccid::from_canonical("898604293620C0000970").value();

Applier::Hooks taking_states() {
  return {.committed = [] {},
          .published = [] { return std::int64_t{0}; },
          .publishing = [] { return false; },
          .card_state = [](Store& store, const std::string& iccid,
                           const std::string& payload) -> std::optional<std::string> {
            try {
              Context context{.client_id = client, .policy = {}};
              context.now = FixedClock{}.now();
              set_card_state_within(store, context, iccid_from_operator(iccid),
                                    card_state_from_json(payload));
              return std::nullopt;
            } catch (const OperationError& error) {
              return error.what();
            }
          }};
}

void append_state(Journal& journal, const std::string& iccid, const std::string& payload,
                  std::uint32_t size = 0) {
  const std::string topic = "iotcard/card/" + iccid + "/state/set";
  ReceivedReport report;
  report.arrival = FixedClock{}.now();
  report.topic = topic;
  report.payload = payload;
  report.size = size == 0 ? static_cast<std::uint32_t>(payload.size()) : size;
  journal.append(report);
}

std::vector<std::string> events(const Bench& bench) {
  std::vector<std::string> topics;
  for (const OutboxRow& row : bench.store->read_outbox(client, 0, 1000))
    topics.push_back(row.topic);
  return topics;
}

}  // namespace

TEST_CASE("a card state is applied in order among the reports, and binds a waiting device") {
  Bench bench;
  const auto journal = bench.open_journal();
  append(*journal, "D1", R"({"iccid":"898604293620C0000970"})");
  append_state(*journal, "898604293620C0000970", R"({"status":"active","used_bytes":5})");
  append_state(*journal, "898604293620C0000970", R"({"status":"suspended"})");
  append(*journal, "D1", R"({"iccid":"898604293620C0000970"})");
  const auto applier = bench.make_applier(*journal, taking_states());
  apply_all(*applier, *journal);
  CHECK(events(bench) ==
        std::vector<std::string>{"event/mismatch/card_unknown/1/D1", "event/mismatch/cleared/1/D1",
                                 "event/binding/created/1/D1", "event/card/abnormal/1/D1",
                                 "event/binding/confirmed/1/D1"});
  const Card card = bench.store->find_card(one).value().card;
  CHECK(card.used_bytes == 5);
  CHECK(card.status == CardStatus::suspended);
  CHECK(bench.store->count_rejected() == 0);
}

TEST_CASE("an invalid card state is rejected with an event, and its batch is applied") {
  Bench bench;
  const auto journal = bench.open_journal();
  append_state(*journal, "898604293620C0000970", R"({"plan":"A"})");
  append_state(*journal, "898604293620C0000970", R"({"plan":"B","status":"asleep"})");
  append_state(*journal, "1234", R"({"plan":"B"})");
  append_state(*journal, "898604293620C0000970", R"({"plan":"B")");
  append_state(*journal, "898604293620C0000970", R"({"plan":"B"})", 70'000);
  append(*journal, "D1", R"({"iccid":"898604293620C0000970"})");
  const auto applier = bench.make_applier(*journal, taking_states());
  apply_all(*applier, *journal);
  CHECK(bench.store->find_card(one).value().card.plan == "A");
  CHECK(bench.store->count_open_bindings() == 1);
  const auto rejected = bench.store->list_rejected({}, "", 9).rows;
  REQUIRE(rejected.size() == 4);
  CHECK(rejected[0].reason == RejectionReason::too_large);
  CHECK(rejected[3].reason == RejectionReason::bad_card_state);
  CHECK(rejected[3].report.topic == "iotcard/card/898604293620C0000970/state/set");
  CHECK(rejected[3].report.payload == R"({"plan":"B","status":"asleep"})");
  const auto rows = bench.store->read_outbox(client, 0, 9);
  REQUIRE(rows.size() == 5);
  CHECK(rows[0].topic == "event/report/rejected/-/-");
  CHECK_THAT(rows[0].payload,
             Contains(R"("reason":"bad-card-state")") && Contains(R"("problem":"status: )"));
  CHECK(applier->counts().rejected[RejectionReason::bad_card_state] == 3);
}

TEST_CASE("a card state under another prefix is rejected for its topic") {
  Bench bench;
  const auto journal = bench.open_journal();
  ReceivedReport report;
  report.arrival = FixedClock{}.now();
  report.topic = "other/card/898604293620C0000970/state/set";
  report.payload = "{}";
  report.size = 2;
  journal->append(report);
  const auto applier = bench.make_applier(*journal, taking_states());
  apply_all(*applier, *journal);
  CHECK(bench.store->list_rejected({}, "", 9).rows.at(0).reason == RejectionReason::bad_topic);
  CHECK_FALSE(bench.store->find_card(one));
}

TEST_CASE("a flood of card states is deferred behind the devices, and keeps its order") {
  Bench bench;
  const auto journal = bench.open_journal();
  for (int i = 0; i < 600; ++i) {
    append_state(*journal, "898604293620C0000970", R"({"plan":")" + std::to_string(i) + "\"}");
    append(*journal, "D" + std::to_string(i), R"({"iccid":"898604293620C0000970"})");
  }
  const auto applier = bench.make_applier(*journal, taking_states());
  applier->start();
  wait_until([&] { return applier->counts().applied == 1200; });
  applier->stop();
  CHECK(applier->counts().deferred > 0);
  CHECK(bench.store->find_card(one).value().card.plan == "599");
  CHECK(bench.store->count_devices() == 600);
  CHECK(bench.store->count_rejected() == 0);
}

TEST_CASE("a card state that the store refuses is quarantined, and the others are applied") {
  Bench bench;
  bench.store->add_card(Card{one});
  const auto journal = bench.open_journal();
  bench.break_store(
      "CREATE TRIGGER fault BEFORE UPDATE ON card WHEN NEW.plan = 'BAD' "
      "BEGIN SELECT RAISE(ABORT, 'fault'); END");
  append_state(*journal, "898604293620C0000970", R"({"plan":"A"})");
  append_state(*journal, "898604293620C0000970", R"({"plan":"BAD"})");
  append_state(*journal, "898604293620C0000970", R"({"status":"active"})");
  const auto applier = bench.make_applier(*journal, taking_states());
  apply_all(*applier, *journal);
  const Card card = bench.store->find_card(one).value().card;
  CHECK(card.plan == "A");
  CHECK(card.status == CardStatus::active);
  CHECK(bench.store->list_rejected({}, "", 9).rows.at(0).reason == RejectionReason::not_applied);
}
