// SPDX-License-Identifier: MIT
//
// One trace in numbers that can be set beside those of another: counts, and how long things took. Plain values; a Tally makes them.
//
// Names: a count is called FAMILY:NAME ("close:timeout"), where the family has no names FAMILY ("leaks"); a duration
//        latency:MEASURE.QUANTILE ("latency:transaction.p90"). Rules, texts and JSON use these.
#ifndef WSITRACE_COMPARE_SUMMARY_H
#define WSITRACE_COMPARE_SUMMARY_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/compare/distribution.h"

namespace wsitrace {

// X(enumerator, name, what its names are; nullptr: it is one number). What weighs most comes first: reports keep this order.
#define WSITRACE_COUNT_FAMILIES(X)                                                                              \
  X(kFindings, "findings", "KIND")          /* what `wsitrace check` finds */                                   \
  X(kLeaks, "leaks", nullptr)               /* connections, bindings, descriptors, ... that were never freed */ \
  X(kLost, "lost", nullptr)                 /* events */                                                        \
  X(kOpen, "open", nullptr)                 /* connections open at the end, leaked or not */                    \
  X(kOutcome, "outcome", "OUTCOME")         /* of transactions */                                               \
  X(kStatus, "status", "CLASS")             /* of transactions: "5xx"; "none" where it is unknown */            \
  X(kClose, "close", "REASON")              /* of connections */                                                \
  X(kBy, "by", "WHO")                       /* who closed them */                                               \
  X(kConnections, "connections", nullptr)   /* */                                                               \
  X(kClass, "class", "CLASS")               /* of connections, like the three that follow */                    \
  X(kOrigin, "origin", "ORIGIN")            /* */                                                               \
  X(kRole, "role", "ROLE")                  /* the last one: "ws" for what was upgraded */                      \
  X(kVhost, "vhost", "NAME")                /* the last one */                                                  \
  X(kTransactions, "transactions", nullptr) /* */                                                               \
  X(kProtocol, "protocol", "NAME")          /* that handled a transaction */                                    \
  X(kSessions, "sessions", nullptr)         /* of websockets */

enum class Family {
#define WSITRACE_FAMILY(enumerator, name, names) enumerator,
  WSITRACE_COUNT_FAMILIES(WSITRACE_FAMILY)
#undef WSITRACE_FAMILY
};

enum class Measure {
  kTls,          // the TLS handshake
  kResponse,     // request to response head
  kTransaction,  // request to the end of the response, of those that were completed or upgraded; idle time is between them
  kSession,      // websocket, upgrade to close
  kConnection,  // first sight to destroy, of clients without streams
};

enum class Quantile { kP50, kP90, kP99, kMax };

const std::vector<Family> &all_families();
const std::vector<Measure> &all_measures();
const std::vector<Quantile> &all_quantiles();

// What a count of FAMILY is a share of: kTransactions or kConnections.
Family whole_of(Family family);

const char *name_of(Family);
const char *name_of(Measure);
const char *name_of(Quantile);
const char *names_within(Family);              // "REASON"; nullptr: it is one number
std::vector<std::string> known_names(Family);  // all there can be; empty: any, or it is one number

std::string count_name(Family family, std::string_view name);
std::string latency_name(Measure measure, Quantile quantile);

// Why a summary says less than one could wish, and which of its numbers that touches.
enum class Reach {
  kEverything,  // events are missing
  kCounts,      // the log has no end: what there is of it tells how long things took, but not how many there are
  kLeftovers,   // the program did not end by itself: findings, leaks, open
};
struct Doubt {
  std::string text;
  Reach reach = Reach::kEverything;
};

struct Summary {
  using Counts = std::map<std::string, uint64_t, std::less<>>;  // by name; "" where the family has none

  std::string program;
  std::string attach;  // the way in: what one cannot see, another may
  std::vector<Doubt> doubts;
  std::array<Counts, 16> counts;
  std::array<Distribution, 5> latencies;

  [[nodiscard]] const Counts &of(Family family) const { return counts[static_cast<size_t>(family)]; }
  [[nodiscard]] const Distribution &of(Measure measure) const { return latencies[static_cast<size_t>(measure)]; }
  [[nodiscard]] uint64_t count(Family family, std::string_view name = {}) const;  // 0 when there is none
  [[nodiscard]] uint64_t latency_ns(Measure measure, Quantile quantile) const;
};

}  // namespace wsitrace

#endif
