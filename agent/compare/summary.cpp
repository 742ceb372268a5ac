// SPDX-License-Identifier: MIT
#include "agent/compare/summary.h"

#include "agent/diagnosis/check.h"

namespace wsitrace {
namespace {

struct FamilyWords {
  const char *name;
  const char *names;
};

constexpr FamilyWords kFamilyWords[] = {
#define WSITRACE_FAMILY(enumerator, name, names) {name, names},
    WSITRACE_COUNT_FAMILIES(WSITRACE_FAMILY)
#undef WSITRACE_FAMILY
};
static_assert(std::size(kFamilyWords) == std::tuple_size_v<decltype(Summary::counts)>);

constexpr const char *kMeasureNames[] = {"tls", "response", "transaction", "session", "connection"};
static_assert(std::size(kMeasureNames) == std::tuple_size_v<decltype(Summary::latencies)>);

constexpr const char *kQuantileNames[] = {"p50", "p90", "p99", "max"};

template <typename Enum>
std::vector<std::string> names_of(std::initializer_list<Enum> values) {
  std::vector<std::string> names;
  for (const Enum value : values) names.emplace_back(name_of(value));
  return names;
}

template <typename Rows>
std::vector<std::string> names_of_rows(const Rows &rows) {
  std::vector<std::string> names;
  for (const auto &row : rows) names.emplace_back(row.name);
  return names;
}

}  // namespace

const std::vector<Family> &all_families() {
  static const std::vector<Family> families = {
#define WSITRACE_FAMILY(enumerator, name, names) Family::enumerator,
      WSITRACE_COUNT_FAMILIES(WSITRACE_FAMILY)
#undef WSITRACE_FAMILY
  };
  return families;
}

const std::vector<Measure> &all_measures() {
  static const std::vector<Measure> measures = {Measure::kTls, Measure::kResponse, Measure::kTransaction,
                                                Measure::kSession, Measure::kConnection};
  return measures;
}

const std::vector<Quantile> &all_quantiles() {
  static const std::vector<Quantile> quantiles = {Quantile::kP50, Quantile::kP90, Quantile::kP99, Quantile::kMax};
  return quantiles;
}

Family whole_of(Family family) {
  switch (family) {
    case Family::kOutcome:
    case Family::kStatus:
    case Family::kProtocol:
    case Family::kTransactions: return Family::kTransactions;
    default: return Family::kConnections;
  }
}

const char *name_of(Family family) { return kFamilyWords[static_cast<size_t>(family)].name; }
const char *names_within(Family family) { return kFamilyWords[static_cast<size_t>(family)].names; }
const char *name_of(Measure measure) { return kMeasureNames[static_cast<size_t>(measure)]; }
const char *name_of(Quantile quantile) { return kQuantileNames[static_cast<size_t>(quantile)]; }

std::vector<std::string> known_names(Family family) {
  switch (family) {
    case Family::kFindings: return names_of_rows(kFaultRows);
    case Family::kOutcome: return names_of_rows(kOutcomes);
    case Family::kStatus: return {"1xx", "2xx", "3xx", "4xx", "5xx", "none"};
    case Family::kClose: return names_of_rows(kCloseReasons);
    case Family::kBy: return names_of({CloseBy::kPeer, CloseBy::kLocal, CloseBy::kLws, CloseBy::kUnknown});
    case Family::kClass:
      return names_of({ConnectionClass::kListener, ConnectionClass::kClient, ConnectionClass::kInternal});
    case Family::kOrigin:
      return names_of({Origin::kListen, Origin::kAccepted, Origin::kAdopted, Origin::kOutbound, Origin::kStream,
                       Origin::kInternal});
    default: return {};
  }
}

std::string count_name(Family family, std::string_view name) {
  return name.empty() ? name_of(family) : std::string(name_of(family)) + ":" + std::string(name);
}

std::string latency_name(Measure measure, Quantile quantile) {
  return std::string("latency:") + name_of(measure) + "." + name_of(quantile);
}

uint64_t Summary::count(Family family, std::string_view name) const {
  const auto found = of(family).find(name);
  return found == of(family).end() ? 0 : found->second;
}

uint64_t Summary::latency_ns(Measure measure, Quantile quantile) const {
  switch (quantile) {
    case Quantile::kP50: return of(measure).quantile_ns(50);
    case Quantile::kP90: return of(measure).quantile_ns(90);
    case Quantile::kP99: return of(measure).quantile_ns(99);
    case Quantile::kMax: break;
  }
  return of(measure).max_ns();
}

}  // namespace wsitrace
