// SPDX-License-Identifier: Apache-2.0
#include "upkeep/report_series.h"

#include "domain/event.h"

namespace iotcard {
namespace {

constexpr std::chrono::minutes save_interval{1};

std::int64_t grown(std::uint64_t now, std::uint64_t before) {
  return static_cast<std::int64_t>(now - before);
}

template <typename Take>
void each_series(const ReportTotals& now, const ReportTotals& before, const Take& take) {
  take("received", grown(now.received, before.received));
  take("accepted", grown(now.counts.outcomes.total(), before.counts.outcomes.total()));
  take("rejected", grown(now.counts.rejected.total(), before.counts.rejected.total()));
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    take("outcome." + std::string{outcome_name(outcome)},
         grown(now.counts.outcomes[outcome], before.counts.outcomes[outcome]));
  }
  for (std::size_t i = 0; i < leniency_names.names.size(); ++i) {
    const auto leniency = static_cast<Leniency>(i);
    take("leniency." + std::string{leniency_names[leniency]},
         grown(now.counts.leniencies[leniency], before.counts.leniencies[leniency]));
  }
}

Instant bucket_of(Instant time) {
  return Instant{std::chrono::floor<std::chrono::duration<std::int64_t, std::ratio<300>>>(
      time.time_since_epoch())};
}
static_assert(series_bucket == std::chrono::seconds{300});

}  // namespace

Check ReportSeries::step(Instant now) {
  if (!bucket_) {
    bucket_ = bucket_of(now);
    saved_at_ = now;
  }
  const bool early = now >= saved_at_ && now < saved_at_ + save_interval;
  if (early && bucket_of(now) == *bucket_) return std::nullopt;
  try {
    save(now);
  } catch (const StoreError& error) {
    saved_at_ = now;
    return Problem{error.what()};
  }
  return std::nullopt;
}

void ReportSeries::save(Instant now) {
  if (!bucket_) return;
  const ReportTotals totals = read_();
  SeriesStore::Counts counts;
  each_series(totals, saved_, [&](std::string metric, std::int64_t count) {
    // A row of the first one says that a daemon ran, even if nothing came.
    if (count > 0 || counts.empty()) counts.emplace_back(std::move(metric), count);
  });
  Transaction transaction{store_};
  store_.add_series(*bucket_, counts);
  if (bucket_of(now) != *bucket_) store_.remove_series_before(bucket_of(now) - series_kept);
  transaction.commit();
  saved_ = totals;
  saved_at_ = now;
  bucket_ = bucket_of(now);
}

}  // namespace iotcard
