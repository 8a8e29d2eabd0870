// SPDX-License-Identifier: Apache-2.0
// What SQLite makes of each query: by which index, and whether it sorts.
#include <SQLiteCpp/SQLiteCpp.h>

#include "contract/query_plans.h"
#include "contract/sqlite_place.h"
#include "contract/use_everything.h"
#include "store/sqlite/sqlite_store.h"

namespace iotcard {
namespace {

using Catch::Contains;

// Behind a card without values.
std::string some_cursor(const CardFilter& filter) {
  if (filter.order == CardOrder::iccid) return card_one;
  const bool by_expiry = filter.order == CardOrder::expires_at;
  return (by_expiry ? "9223372036854775807\x1f" : "0\x1f") + card_one;
}

void use_lists(Store& store, CardFilter filter) {
  for (const bool descending : {false, true}) {
    filter.descending = descending;
    store.list_cards(filter, "", 5);
    store.list_cards(filter, some_cursor(filter), 5);
    store.list_cards(filter, PageStart::from_end(5), 5);
  }
  store.count_cards(filter);
  store.count_cards(filter, 10);
}

void use_card_lists(Store& store) {
  for (int order = 0; order <= static_cast<int>(CardOrder::used_share); ++order) {
    use_lists(store, {.order = static_cast<CardOrder>(order)});
  }
  use_lists(store, {.operator_name = "China Mobile"});
  use_lists(store,
            {.expires_after = at(1), .expires_until = at(9), .order = CardOrder::expires_at});
  use_lists(store, {.used_share_from = 0.8, .order = CardOrder::used_share});
  for (std::size_t i = 0; i < abnormal_names.names.size(); ++i) {
    CardFilter filter{.reason = static_cast<Abnormal>(i), .now = at(1), .soon = Duration{5}};
    if (filter.reason == Abnormal::expired || filter.reason == Abnormal::expiring_soon) {
      filter.order = CardOrder::expires_at;
    }
    use_lists(store, filter);
    filter.worst = true;
    use_lists(store, filter);
    filter.order = CardOrder::used_bytes;
    use_lists(store, filter);
  }
  use_lists(store, {.status = CardStatus::active,
                    .expires_after = at(1),
                    .expires_until = at(9),
                    .order = CardOrder::expires_at});
  for (const CardGroup group : {CardGroup::status, CardGroup::platform, CardGroup::operator_name}) {
    store.count_cards_by(group);
  }
  store.count_rejected_by_reason(at(1));
  store.store_bytes();
}

void use_platforms(Store& store, const Card& card) {
  store.set_platforms({{.id = 1, .name = "one", .profile = "onelink", .health = {}}});
  store.save_platform_health(1, {.failures = 1});
  store.cards_to_ask(1, at(1), 5);
  store.set_asked_at(card.iccid, at(1));
  store.set_refreshed_at(card.iccid, at(1));
  store.mark_stale(1, at(1));
  store.mark_stale({}, {});
  store.platform_age(1);
  store.unknown_to_ask(1, at(1), 0, 10, 5);
  store.record_miss(1, card.iccid, at(1));
  store.forget_misses(at(1), 5);
  const std::int64_t id = store.add_platform_request(
      {.id = 0, .iccid = card.iccid, .platform = 1, .requested_by = "anna", .requested_at = at(1)});
  store.take_platform_requests(1, at(2), 5);
  store.recover_platform_requests(1, at(2), at(3));
  store.finish_platform_request(id, at(3), "", "active");
  store.find_platform_request(id);
  store.platform_requests(card.iccid, 5);
  store.set_platforms({});
  store.platforms();
}

}  // namespace

void use_everything(Store& store) {
  use_card_lists(store);
  use_traits(store);
  store.add_series(at(0), {{"received", 1}});
  store.series("received", at(0), at(300));
  store.remove_series_before(at(0));
  store.checkpoint_if_idle();
  const DeviceKey one = device(1);
  const Card card = a_card(card_one);
  store.add_card(card);
  store.update_card(card);
  store.find_card(card.iccid);
  store.read({{one}, {iccid(card_two)}});
  store.matching_cards(iccid(card_two));
  store.find_cards_between({"89860000000000000010", "89860000000000000012"}, 5);
  for (const std::string prefix : {"", "8986"}) {
    for (const std::optional<std::int64_t> platform : {std::optional<std::int64_t>{}, {1}}) {
      for (const std::optional<CardStatus> status :
           {std::optional<CardStatus>{}, {CardStatus::suspended}}) {
        for (const std::optional<bool> bound : {std::optional<bool>{}, {true}, {false}}) {
          use_lists(
              store,
              {.iccid_prefix = prefix, .status = status, .platform = platform, .bound = bound});
        }
      }
    }
  }
  for (int i = 0; i < 2; ++i) {  // the first one and another
    save_report(store, one, {"t", "{}", at(1), a_report(card_one), Outcome::card_unknown});
  }
  store.find_device(one);
  for (const std::string product : {"", "1"}) {
    for (const std::optional<bool> bound : {std::optional<bool>{}, {true}, {false}}) {
      for (const std::string number : {"", "D"}) {
        const DeviceFilter filter{product, bound, number};
        store.list_devices(filter, "", 5);
        store.list_devices(filter, one.text(), 5);
        store.list_devices(filter, PageStart::from_end(5), 5);
        store.count_devices(filter);
        store.count_devices(filter, 10);
      }
    }
  }
  use_device_lists(store);
  store.devices_to_check(at(5), at(9), 5);
  const std::int64_t id_of_one = store.read({{one}, {}}).devices.at(0).id;
  store.set_seen_from(id_of_one, at(1));
  store.mark_silent(id_of_one, at(1));
  store.forget_silence(5);
  store.count_devices();
  apply(store, a_binding(one, card_one));
  apply(store, ConfirmBinding{one, at(2)});
  store.binding_of(one);
  store.first_bound(one, card.iccid);
  store.binding_history(one, 5);
  store.binding_history(card.iccid, 5);
  store.count_open_bindings();
  store.newest_report();
  apply(store, EndBinding{one, at(3), "anna"});
  apply(store, SetAbnormal{card.iccid, {}});
  apply(store, RaiseMismatch{a_mismatch(one, Outcome::card_unknown, card_two)});
  const std::int64_t id = store.standing_mismatches(one).at(0).id;
  store.find_mismatch(id);
  use_mismatch_lists(store, one);
  store.count_open_mismatches();
  store.unknown_cards_now_known(0, 5);
  store.mismatches_about(card.iccid);
  apply(store, RepeatMismatch{{one}, at(2), 2, {}});
  apply(store, EndMismatch{{one}, MismatchState::cleared, at(3), "report"});
  use_platforms(store, card);
  store.remove_card(card.iccid);
  add_rejected(store, {.topic = {}, .payload = {}, .arrival = at(1)}, {RejectionReason::empty, 0});
  store.find_rejected(1);
  for (const EnumSet<RejectionReason> reasons :
       {EnumSet<RejectionReason>{}, {RejectionReason::empty}}) {
    for (const bool oldest_first : {false, true}) {
      store.list_rejected({reasons, oldest_first}, "", 5);
    }
    store.list_rejected({reasons}, PageStart::from_end(5), 5);
    store.count_rejected({reasons});
    store.count_rejected({reasons}, 10);
  }
  store.cards_to_judge(at(1), 5);
  store.save_usage(card.iccid, {"2026-11-23", 5}, "2026-01-01");
  store.usage_samples(card.iccid, 5);
  store.set_duty_state({Duty::Kind::expiry}, "all");
  store.duty_state({Duty::Kind::expiry});
  store.count_rejected();
  append(store, "here", an_event(one));
  store.read_outbox("here", 0, 5);
  store.count_outbox("here");
  store.outbox_span("here");
  store.remove_published("here", 1);
  append(store, "here", an_event(one));
  store.quarantine_event("here", store.read_outbox("here", 0, 5).at(0).sequence, "r", at(1));
  store.keep_history("here", true);
  store.mark_published("here", store.last_sequence());
  store.event_clients();
  store.published_events("here", 0, 5);
  store.published_before("here", 5);
  store.find_events("here", EventMatcher{EventFilter{}}, {}, {.rows = 5, .scanned = 5});
  store.set_event_cursor("hook", "here", 1);
  store.event_cursor("hook", "here");
  store.event_cursors();
  store.remove_events("here", 1);
  store.remove_event_consumer("hook");
  store.keep_history("here", false);
  store.list_quarantined("", 5);
  store.list_quarantined(PageStart::from_end(5), 5);
  store.count_quarantined();
  store.count_quarantined(10);
  store.find_quarantined(1);
  store.remove_quarantined(1);
  store.defer_report("here", {.topic = "t", .payload = "{}", .size = 2, .arrival = at(1)});
  store.deferred_reports("here", 5);
  store.deferred_topics("here");
  store.remove_deferred("here", 1);
  store.log_change(card.iccid, {.at = at(1), .by = "anna"});
  store.logged_changes(card.iccid, 5);
  store.log_state();
  for (const RetentionKind kind : retention_kinds) {
    store.expired_volume(kind);
    store.expired_rows(kind, {.after_id = 0, .ids = 10, .max_rows = 5});
    if (kind != RetentionKind::devices) store.remove_expired(kind, 1);
  }
  const std::int64_t import = store.add_import("");
  store.imports();
  store.claim_import(import);
  store.complete_import(import);
  store.stage_card(import, {.line = 2, .iccid = card.iccid, .device = one, .fields = ""});
  store.stage_card(import, {.line = 3, .iccid = card.iccid, .device = {}, .fields = ""});
  store.staged_cards(import, 0, 5);
  store.check_room(import);
  store.remove_staged(import, 2);
  store.remove_import(import);
  store.remove_device(one);
  store.set_journal_position("here", {1, 2});
  store.journal_position("here");
  store.data_version();
}

TEST_CASE("each filter and each order of a list of cards has its index") {
  const SqlitePlace place;
  const auto plan_of = [&](const CardFilter& filter, const PageStart& start) {
    return plans_of(place, [&](Store& store) { store.list_cards(filter, start, 5); });
  };
  const auto check = [&](const CardFilter& filter, const std::string& index) {
    for (const PageStart& start :
         {PageStart{""}, PageStart{some_cursor(filter)}, PageStart::from_end(5)}) {
      const std::string plan = plan_of(filter, start);
      CAPTURE(plan);
      CHECK_THAT(plan, Contains(index) && !Contains("TEMP B-TREE"));
    }
  };
  check({.iccid_prefix = "8986"}, "sqlite_autoindex_card_1 (iccid>? AND iccid<?)");
  check({.status = CardStatus::suspended}, "card_status (status=?");
  check({.platform = 1}, "card_platform (platform_key=?");
  check({.operator_name = "China Mobile"}, "card_operator (operator=?");
  check({.bound = true}, "device_bound");
  for (const Abnormal reason :
       {Abnormal::terminated, Abnormal::not_found, Abnormal::suspended, Abnormal::network_blocked,
        Abnormal::over_limit, Abnormal::near_limit}) {
    check({.reason = reason}, "card_" + std::string{abnormal_names[reason]});
  }
  check({.reason = Abnormal::expired, .now = at(9), .order = CardOrder::expires_at},
        "expiry_key<?)");
  check({.reason = Abnormal::expiring_soon,
         .now = at(9),
         .soon = Duration{5},
         .order = CardOrder::expires_at},
        "expiry_key<?)");
  check({.expires_until = at(9), .order = CardOrder::expires_at}, "card_expires");
  check({.used_share_from = 0.8, .order = CardOrder::used_share, .descending = true},
        "card_share (used_share>?");
  for (const bool descending : {false, true}) {
    check({.order = CardOrder::iccid, .descending = descending}, "sqlite_autoindex_card_1");
    check({.order = CardOrder::status, .descending = descending}, "card_status");
    check({.order = CardOrder::platform, .descending = descending}, "card_platform");
    check({.order = CardOrder::operator_name, .descending = descending}, "card_operator");
    check({.order = CardOrder::expires_at, .descending = descending}, "card_expires");
    check({.order = CardOrder::used_bytes, .descending = descending}, "card_used");
    check({.order = CardOrder::used_share, .descending = descending}, "card_share");
  }
  // A place in such an order is found by both of its parts.
  const std::string never_expires = some_cursor({.order = CardOrder::expires_at});
  CHECK_THAT(plan_of({.order = CardOrder::expires_at}, never_expires),
             Contains("card_expires ((expiry_key,iccid)>(?,?))"));
  // A bound that the place has passed does not take its place.
  CHECK_THAT(
      plan_of(
          {.expires_after = at(1), .expires_until = at(9'000'000), .order = CardOrder::expires_at},
          never_expires),
      Contains("(expiry_key,iccid)>(?,?)") && !Contains("expiry_key>?"));
  // What a text fits is found first and sorted then.
  CHECK_THAT(plan_of({.text = "0970"}, ""), Contains("card_text"));
}

TEST_CASE("no query reads a whole table; only a count reads a whole index") {
  const SqlitePlace place;
  sqlite::SqliteStore store{place.path()};
  use_everything(store);
  SQLite::Database database{place.path()};
  CHECK(store.queries().size() > 60);
  for (const std::string& sql : store.queries()) {
    if (sql.find("sqlite_") != std::string::npos) continue;  // its own tables have a row or two
    if (sql.find("LIMIT 100000") != std::string::npos) continue;  // bounded, for doctor
    SQLite::Statement plan{database, "EXPLAIN QUERY PLAN " + sql};
    const bool counts =
        sql.starts_with("SELECT count(*)") || sql.starts_with("SELECT (SELECT count(*)");
    // No index has the platform, which each report of a mismatch writes.
    if (counts && sql.find("m.platform = ?") != std::string::npos) continue;
    const bool sums_payloads = sql.find("length(payload)") != std::string::npos;
    while (plan.executeStep()) {
      const std::string step = plan.getColumn(3).getString();
      CAPTURE(sql, step);
      const bool scan = step.starts_with("SCAN") && step != "SCAN CONSTANT ROW" &&
                        !step.ends_with("CONSTANT ROWS") && step != "SCAN k" &&  // keys of a query
                        step != "SCAN walk" &&
                        step.find("INDEX 0:M") == std::string::npos;  // MATCH
      const bool derived = step.find("(subquery") != std::string::npos;
      const bool covering = step.find("COVERING INDEX") != std::string::npos;
      // A list from its beginning on, and what goes through all of one, follow an index.
      const bool in_order =
          step.find("USING") != std::string::npos && (sql.find(" ORDER BY ") != std::string::npos ||
                                                      sql.find(" GROUP BY ") != std::string::npos);
      CHECK((!scan || derived || counts || in_order));
      // Few cards have such a reason, and an index of their own.
      const bool announced = sql.find("instr(c.abnormal") != std::string::npos &&
                             sql.find("') > 0") != std::string::npos;
      if (announced && scan && !derived)
        CHECK_THAT(step, Contains("USING") && Contains("INDEX card_"));
      if (announced && scan) CHECK_THAT(step, !Contains("card_used") && !Contains("card_expires"));
      CHECK(step != "SEARCH device");  // a minimum or maximum without an index
      const bool joins = sql.find("JOIN") != std::string::npos;
      if (counts && scan && !derived && !in_order && !sums_payloads && !joins) {
        CHECK(covering);
      }
    }
  }
}

TEST_CASE("a page of a list is read in the order of an index, without sorting") {
  const SqlitePlace place;
  sqlite::SqliteStore store{place.path()};
  use_everything(store);
  SQLite::Database database{place.path()};
  for (const std::string& sql : store.queries()) {
    const bool page = sql.find("LIMIT ?") != std::string::npos;
    const bool within_a_device = sql.find("number = ?") != std::string::npos;
    // Few cards have one of these values.
    const bool sparse = sql.find("c.status IN (") != std::string::npos &&
                        sql.find("+c.status IN (") == std::string::npos;
    // Those that a filter leaves are sorted, if the list has another order than the filter's index.
    const bool few = sql.find("WHERE") != std::string::npos &&
                     sql.find("ORDER BY c.used_key") != std::string::npos &&
                     sql.find("c.abnormal, '") != std::string::npos;
    // Mismatches: what such a filter leaves.
    const bool filtered = sql.find("m.reported >= ?") != std::string::npos ||
                          sql.find("m.first_seen >= ?") != std::string::npos ||
                          sql.find("m.id IN (SELECT") != std::string::npos;
    if (!page || within_a_device || sparse || few || filtered) continue;
    SQLite::Statement plan{database, "EXPLAIN QUERY PLAN " + sql};
    while (plan.executeStep()) {
      CAPTURE(sql);
      CHECK_THAT(plan.getColumn(3).getString(), !Contains("TEMP B-TREE"));
    }
  }
}

}  // namespace iotcard
