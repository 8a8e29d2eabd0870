// SPDX-License-Identifier: Apache-2.0
// list_store.h - The port for lists and counts, with their filters, of which all that are given
// must hold, and their rows; read only. A page behind a cursor costs the same wherever in its list
// it is, if the list has no filter or its filter's own order; others sort what the filter leaves.
// A page that is found by skipping rows costs more with each skipped row. Filters of devices that
// have no index look at a bounded number of rows for a page. A cursor is text of the
// store's own: a list continues behind it, and begins at "" or at what is no cursor of this list.
// One thread at a time; throws StoreError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/queue_store.h"
#include "store/report_store.h"

namespace iotcard {

template <typename Row>
struct StorePage {
  std::vector<Row> rows;
  std::string next_cursor;  // the next page begins behind it; "" if this one is the last
  // It ends since max_scanned_rows were looked at: it may have fewer rows than it could.
  bool is_partial = false;
};

// Where a page begins: behind a cursor, or so many rows from one end of the list. The rows of a
// page are in the order of the list either way.
struct PageStart {
  PageStart(std::string cursor) : after(std::move(cursor)) {}
  PageStart(const char* cursor) : after(cursor) {}
  static PageStart from_beginning(std::int64_t skip) { return {skip, false}; }
  // `skip` rows follow the page.
  static PageStart from_end(std::int64_t skip) { return {skip, true}; }

  std::string after;
  std::int64_t skip = 0;
  bool at_end = false;

 private:
  PageStart(std::int64_t rows, bool end) : skip(rows), at_end(end) {}
};

// That a page or a count looks at, if it has a filter without an index.
inline constexpr std::int64_t max_scanned_rows = 20'000;

inline constexpr std::int64_t count_all = std::numeric_limits<std::int64_t>::max();

// Sorted by this, then by ICCID. A card without a value counts as platform 0, as one that never
// expires, or as one that has used less than 0 bytes.
enum class CardOrder : std::uint8_t {
  iccid,
  status,  // by its name
  platform,
  operator_name,
  expires_at,
  used_bytes,
  used_share,  // of the card's own limit
};
// Values of which a card has one. Each kind that is empty says nothing.
struct CardValues {
  EnumSet<CardStatus> statuses{};
  std::vector<std::int64_t> platforms{};  // 0: none
  std::vector<std::string> operators{};
  EnumSet<Abnormal> reasons{};  // as CardFilter::reason

  bool empty() const { return *this == CardValues{}; }
  friend bool operator==(const CardValues&, const CardValues&) = default;
};
struct CardFilter {
  std::string iccid_prefix{};
  std::optional<CardStatus> status{};
  std::optional<std::int64_t> platform{};
  std::optional<bool> bound{};
  std::string operator_name{};
  // A reason for which the card is abnormal; with `worst`, its worst one.
  // `expired` and `expiring_soon` are computed from the dates, the others are as last announced.
  std::optional<Abnormal> reason{};
  bool worst = false;
  Instant now{};    // for `reason`
  Duration soon{};  // for `reason`: what expires within this expires soon
  std::optional<Instant> expires_after{};
  std::optional<Instant> expires_until{};
  std::optional<double> used_share_from{};  // 1.0 is the whole limit
  // At least min_search_characters, anywhere in a number, the operator, the plan or the note. The
  // case of ASCII letters does not matter.
  std::string text{};
  std::optional<DeviceKey> device{};  // that it is bound to
  // If few cards have one of the values of a kind, the index of the kind finds them; otherwise each
  // row of the order is tested.
  CardValues any{};                           // one of each kind
  CardValues none{};                          // not one of any kind
  std::optional<Instant> refreshed_before{};  // by its platform; or never
  std::optional<Instant> updated_since{};

  CardOrder order = CardOrder::iccid;
  bool descending = false;

  friend bool operator==(const CardFilter&, const CardFilter&) = default;
};
inline constexpr std::size_t min_search_characters = 3;

// What a card counts for, without the rest of it.
struct CardTraits {
  CardStatus status = CardStatus::unknown;
  std::optional<std::int64_t> platform{};
  std::string operator_name{};
  AbnormalReasons announced{};
  std::optional<Instant> expires_at{};
  bool bound = false;
};

enum class CardGroup : std::uint8_t { status, platform, operator_name };

enum class DeviceOrder : std::uint8_t {
  device,    // by product, then number
  seen_day,  // by the day of the last report, UTC, then by device; first those without a report
  iccid,     // by the card that it is bound to; only bound devices
};
// These have an index: `silent`, `bound` = false, and `product` with `number_prefix` in the order
// by device; the times in the order by day; `iccid_prefix` in the order by ICCID. All others are
// tested on each row of the order.
struct DeviceFilter {
  std::string product{};
  std::optional<bool> bound{};
  std::string number_prefix{};
  std::string iccid_prefix{};  // of the card that it is bound to
  std::optional<bool> silent{};
  std::optional<Instant> seen_before{};  // its last report; a device without one is in neither
  std::optional<Instant> seen_after{};   // at this time or later
  // Of the last report.
  std::optional<Outcome> outcome{};
  std::optional<Leniency> leniency{};
  std::string issue{};  // a part of one
  std::string firmware{};
  std::optional<std::int64_t> rssi_below{};
  // Anywhere in product/number, the ICCIDs of its card and of the last report, IMEI, firmware or
  // user. The case of ASCII letters does not matter.
  std::string text{};

  DeviceOrder order = DeviceOrder::device;
  bool descending = false;

  friend bool operator==(const DeviceFilter&, const DeviceFilter&) = default;
};
struct DeviceRow {
  DeviceKey device;
  std::int64_t reports = 0;
  std::optional<Instant> first_seen;
  std::optional<Instant> last_seen;
  std::string last_topic;
  std::string last_payload;
  std::string reported_iccid;  // canonical, or "" if the last report had none
  std::optional<std::int64_t> platform;
  std::optional<std::int64_t> rssi;
  std::optional<std::int64_t> status;
  std::string firmware_version;
  std::string user_id;
  std::string imei;  // in the last report that had one
  std::optional<double> longitude;
  std::optional<double> latitude;
  std::string summary;  // JSON, or ""
  std::vector<std::string> leniencies;
  std::vector<std::string> issues;
  std::string outcome;  // "" before the first report
  std::optional<Instant> silent_since;
  std::optional<Binding> binding;  // the open one
};

// What a device counts for, by its last report.
struct DeviceTraits {
  std::string product{};
  std::string outcome{};  // "" before the first report
  std::string firmware_version{};
  std::vector<std::string> leniencies{};
  std::vector<std::string> issues{};
  bool bound = false;
};

// Sorted by this, then by id. The last two are for lists of standing mismatches only, or of ended
// ones only.
enum class MismatchOrder : std::uint8_t { id, first_seen, last_seen, count };
struct MismatchFilter {
  bool standing_only = true;
  EnumSet<Outcome> kinds{};  // one of these; empty: any
  std::optional<DeviceKey> device{};
  EnumSet<MismatchState> states{};  // one of these; empty: any
  bool newest_first = false;        // in reverse order
  std::string product{};
  std::optional<Suspect> suspect{};
  std::optional<std::int64_t> platform{};  // in the last of its reports
  std::string iccid_prefix{};              // of the reported ICCID
  // At least min_search_characters: the beginning of the reported ICCID or of the device's number.
  std::string text{};
  std::optional<Instant> since{};  // first seen then or later
  std::optional<Instant> until{};  // first seen before
  MismatchOrder order = MismatchOrder::id;

  enum class Stands : std::uint8_t { yes, no, any };
  Stands stands() const {
    const EnumSet standing{MismatchState::open, MismatchState::dismissed};
    if (standing_only || (!states.empty() && !states.exceeds(standing))) return Stands::yes;
    const EnumSet ended{MismatchState::accepted, MismatchState::followed, MismatchState::cleared};
    return states.empty() || states.exceeds(ended) ? Stands::any : Stands::no;
  }
  friend bool operator==(const MismatchFilter&, const MismatchFilter&) = default;
};
struct MismatchGroup {
  MismatchState state;
  Outcome kind;
  std::optional<Suspect> suspect{};
};
struct RejectedFilter {
  EnumSet<RejectionReason> reasons{};  // one of these; empty: any
  bool oldest_first = false;
  std::optional<Instant> before{};    // only those that came earlier
  std::optional<Instant> since{};     // only those that came then or later
  std::vector<std::string> topics{};  // MQTT filters without #, such as "/1/X/info/+": any of
                                      // these; empty: any topic
  std::string topic_part{};           // anywhere in the topic

  friend bool operator==(const RejectedFilter&, const RejectedFilter&) = default;
};

struct ScannedCount {
  std::int64_t rows = 0;
  bool is_lower_bound = false;  // there are more rows than were looked at
};

// A count of a list stops at `at_most` rows.
class ListStore {
 public:
  virtual ~ListStore() = default;

  virtual StorePage<StoredCard> list_cards(const CardFilter& filter, const PageStart& start,
                                           int limit) = 0;
  virtual std::int64_t count_cards(const CardFilter& filter, std::int64_t at_most = count_all) = 0;
  // Of the first `limit` cards of a list, in any order.
  virtual std::vector<CardTraits> card_traits(const CardFilter& filter, int limit) = 0;
  // Cards that have this text, of at least min_search_characters, anywhere: see CardFilter::text.
  // Looks at a bounded number of cards that may have it, and so may miss one of a text that nearly
  // all have.
  virtual std::vector<StoredCard> search_cards(const std::string& text, int limit) = 0;
  // How many cards there are of each, by its name or number.
  virtual std::vector<std::pair<std::string, std::int64_t>> count_cards_by(CardGroup group) = 0;

  // Devices that have reported, and those that were bound before they did.
  virtual std::optional<DeviceRow> find_device(const DeviceKey& device) = 0;
  virtual StorePage<DeviceRow> list_devices(const DeviceFilter& filter, const PageStart& start,
                                            int limit) = 0;
  virtual std::int64_t count_devices(const DeviceFilter& filter = {},
                                     std::int64_t at_most = count_all) = 0;
  // Among the first max_scanned_rows; nullopt: the filter has an index, so ask count_devices().
  virtual std::optional<ScannedCount> count_scanned_devices(const DeviceFilter& filter) = 0;

  // Of the first `limit` devices of a list. Looks at max_scanned_rows rows at most.
  virtual std::vector<DeviceTraits> device_traits(const DeviceFilter& filter, int limit) = 0;
  // In any product, by the beginning of the number.
  virtual std::vector<DeviceRow> devices_numbered(const std::string& prefix, int limit) = 0;

  virtual std::int64_t count_open_bindings() = 0;
  virtual StorePage<Mismatch> list_mismatches(const MismatchFilter& filter, const PageStart& start,
                                              int limit) = 0;
  virtual std::int64_t count_mismatches(const MismatchFilter& filter,
                                        std::int64_t at_most = count_all) = 0;
  virtual std::int64_t count_open_mismatches() = 0;
  virtual std::int64_t count_mismatch_group(const MismatchGroup& group,
                                            std::int64_t at_most = count_all) = 0;

  virtual std::optional<RejectedReport> find_rejected(std::int64_t id) = 0;
  // By descending id, or by ascending.
  virtual StorePage<RejectedReport> list_rejected(const RejectedFilter& filter,
                                                  const PageStart& start, int limit) = 0;
  virtual std::int64_t count_rejected(const RejectedFilter& filter = {},
                                      std::int64_t at_most = count_all) = 0;
  // Of those that are kept, how many came from `since` on, by reason. Reads an index, no payloads.
  virtual std::vector<std::pair<RejectionReason, std::int64_t>> count_rejected_by_reason(
      Instant since) = 0;

  virtual std::optional<QuarantinedEvent> find_quarantined(std::int64_t id) = 0;
  // By ascending id, the oldest first.
  virtual StorePage<QuarantinedEvent> list_quarantined(const PageStart& start, int limit) = 0;
  virtual std::int64_t count_quarantined(std::int64_t at_most = count_all) = 0;
};

}  // namespace iotcard
