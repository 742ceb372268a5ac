// SPDX-License-Identifier: MIT
#include "agent/compare/change.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <set>

#include "agent/timeline/connection.h"

namespace wsitrace {
namespace {

constexpr double kNoiseAbove = 1.25, kNoiseBelow = 0.8;

template <typename Row, size_t kRows>
bool calls_for_attention(const Row (&rows)[kRows], std::string_view name) {
  return std::any_of(std::begin(rows), std::end(rows),
                     [&](const Row &row) { return name == row.name && row.severity != Severity::kNeutral; });
}

bool more_is_worse(Family family, std::string_view name) {
  switch (family) {
    case Family::kFindings:
    case Family::kLeaks:
    case Family::kLost:
    case Family::kOpen: return true;
    case Family::kOutcome: return calls_for_attention(kOutcomes, name);
    case Family::kStatus: return name == "4xx" || name == "5xx";
    case Family::kClose: return calls_for_attention(kCloseReasons, name);
    default: return false;
  }
}

// A session or a connection that lasts longer is neither good nor bad.
bool longer_is_worse(Measure measure) { return measure != Measure::kSession && measure != Measure::kConnection; }

Tendency tendency_of(const Change &change, bool more_worse) {
  if (!more_worse || change.before == change.after) return Tendency::kNeutral;
  return change.after > change.before ? Tendency::kWorse : Tendency::kBetter;
}

constexpr double kSameLoad = 1.1;

bool differs(uint64_t one, uint64_t other) {
  const auto [less, more] = std::minmax(one, other);
  return static_cast<double>(more) > kSameLoad * static_cast<double>(less);
}

// A leak is one, however much there was to do.
bool is_share(Family family) {
  return family == Family::kOutcome || family == Family::kStatus || family == Family::kClose;
}

std::optional<double> share_of(Family family, uint64_t count, const Summary &summary) {
  const uint64_t whole = summary.count(whole_of(family));
  if (!is_share(family) || whole == 0) return std::nullopt;
  return static_cast<double>(count) / static_cast<double>(whole);
}

bool shares_are_alike(const Change &change) {
  if (!change.share_before || !change.share_after) return false;
  return *change.share_after <= *change.share_before * kNoiseAbove &&
         *change.share_after >= *change.share_before * kNoiseBelow;
}

void add_counts(std::vector<Change> &changes, Family family, const Summary &before, const Summary &after) {
  std::vector<Change> of_family;
  for (const std::string &name : names_in(family, before, after)) {
    Change change = change_of(family, name, before, after);
    if (change.before != change.after) of_family.push_back(std::move(change));
  }
  std::stable_sort(of_family.begin(), of_family.end(), [](const Change &one, const Change &other) {
    return std::abs(one.absolute()) > std::abs(other.absolute());
  });
  changes.insert(changes.end(), of_family.begin(), of_family.end());
}

void add_latencies(std::vector<Change> &changes, Measure measure, const Summary &before, const Summary &after) {
  for (const Quantile quantile : {Quantile::kP50, Quantile::kP90}) {
    if (!has_samples(measure, quantile, before) || !has_samples(measure, quantile, after)) continue;
    Change change = change_of(measure, quantile, before, after);
    if (!is_noise(change)) changes.push_back(std::move(change));
  }
}

}  // namespace

const char *name_of(Tendency tendency) {
  switch (tendency) {
    case Tendency::kWorse: return "worse";
    case Tendency::kBetter: return "better";
    case Tendency::kNeutral: break;
  }
  return "neutral";
}

std::optional<double> Change::relative() const {
  if (before == 0) return std::nullopt;
  return static_cast<double>(absolute()) / static_cast<double>(before);
}

Change change_of(Family family, std::string_view name, const Summary &before, const Summary &after) {
  Change change;
  change.what = count_name(family, name);
  change.before = before.count(family, name);
  change.after = after.count(family, name);
  change.share_before = share_of(family, change.before, before);
  change.share_after = share_of(family, change.after, after);
  const bool more_worse = more_is_worse(family, name);
  if (!differs(before.count(whole_of(family)), after.count(whole_of(family))) || !is_share(family))
    change.tendency = tendency_of(change, more_worse);
  else if (more_worse && !shares_are_alike(change))
    change.tendency =
        change.share_after.value_or(0) > change.share_before.value_or(0) ? Tendency::kWorse : Tendency::kBetter;
  return change;
}

Change change_of(Measure measure, Quantile quantile, const Summary &before, const Summary &after) {
  Change change;
  change.what = latency_name(measure, quantile);
  change.unit = Unit::kNs;
  change.before = before.latency_ns(measure, quantile);
  change.after = after.latency_ns(measure, quantile);
  change.tendency = tendency_of(change, longer_is_worse(measure));
  return change;
}

bool loads_differ(const Summary &before, const Summary &after) {
  return differs(before.count(Family::kConnections), after.count(Family::kConnections)) ||
         differs(before.count(Family::kTransactions), after.count(Family::kTransactions));
}

bool is_noise(const Change &latency) {
  if (static_cast<uint64_t>(std::abs(latency.absolute())) <= kNoiseNs) return true;
  const double before = static_cast<double>(latency.before), after = static_cast<double>(latency.after);
  return after <= before * kNoiseAbove && after >= before * kNoiseBelow;
}

bool has_samples(Measure measure, Quantile quantile, const Summary &summary) {
  return summary.of(measure).count() >= (quantile == Quantile::kP99 ? kMinSamplesP99 : kMinSamples);
}

std::vector<std::string> names_in(Family family, const Summary &before, const Summary &after) {
  std::set<std::string> names;
  for (const auto &[name, count] : before.of(family)) names.insert(name);
  for (const auto &[name, count] : after.of(family)) names.insert(name);
  return {names.begin(), names.end()};
}

std::vector<Change> changes_between(const Summary &before, const Summary &after) {
  std::vector<Change> changes;
  for (const Family family : all_families()) add_counts(changes, family, before, after);
  for (const Measure measure : all_measures()) add_latencies(changes, measure, before, after);
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change &one, const Change &other) { return one.tendency < other.tendency; });
  return changes;
}

}  // namespace wsitrace
