// SPDX-License-Identifier: MIT
//
// What Metrics counts. metrics.cpp adds, families.cpp reads; everything is guarded by `mutex`.
#ifndef WSITRACE_EXPORT_PROMETHEUS_COUNTS_H
#define WSITRACE_EXPORT_PROMETHEUS_COUNTS_H

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/base/batch_mutex.h"
#include "agent/diagnosis/finding.h"
#include "agent/export/prometheus/capped_names.h"
#include "agent/export/prometheus/diagnosed.h"
#include "agent/export/prometheus/histogram.h"
#include "agent/lws/callbacks.h"
#include "agent/timeline/connection.h"

namespace wsitrace {

inline constexpr size_t kClasses = static_cast<size_t>(ConnectionClass::kInternal) + 1;
// Behind the classes of the fold: client connections that ask for nothing but wsitrace (OwnClients).
inline constexpr size_t kOwnClass = kClasses;
inline constexpr size_t kShownClasses = kClasses + 1;
inline constexpr size_t kOrigins = static_cast<size_t>(Origin::kInternal) + 1;
inline constexpr size_t kStates = static_cast<size_t>(State::kClosed) + 1;
inline constexpr size_t kReasons = std::size(kCloseReasons);

// Callback reasons below kCallbackKinds have a counter each, own kinds follow, the last one counts "other".
inline constexpr uint16_t kFirstOwnKind = 1000;
inline constexpr uint16_t kOwnKinds = [] {
  uint16_t last = kFirstOwnKind;
#define WSITRACE_LAST(name, number) last = number > last ? number : last;
  WSITRACE_OWN_KINDS(WSITRACE_LAST)
#undef WSITRACE_LAST
  return static_cast<uint16_t>(last - kFirstOwnKind + 1);
}();
inline constexpr size_t kOtherKind = kCallbackKinds + kOwnKinds;
// Pairs of protocol and callback that have series of their own; all others share "overflow" and "other".
inline constexpr size_t kMostCallbacks = 32;
inline constexpr uint16_t kOtherCallback = kCallbackKinds;

// A gauge is shown from its first change on, also at 0: an alert must not lose its series.
class Gauge {
 public:
  void add(int64_t change) {
    value_ += change;
    seen_ = true;
  }
  [[nodiscard]] bool seen() const { return seen_; }
  [[nodiscard]] double value() const { return static_cast<double>(value_); }

 private:
  int64_t value_ = 0;
  bool seen_ = false;
};

template <typename T>
using ByVhost = std::array<T, CappedNames::kIndices>;
template <typename T>
using ByVhostAndProtocol = ByVhost<std::array<T, CappedNames::kIndices>>;
template <typename T>
using ByClass = std::array<T, kShownClasses>;

// Open connections of one vhost and class in the order of their start. The id keeps apart what one process opened in
// one nanosecond; several processes may still bring the same key.
using OpenKey = std::pair<Ns, uint64_t>;
using OpenGroup = std::multimap<OpenKey, State>;

// vhost, protocol, version, outcome, class of the status
using TransactionKey = std::tuple<size_t, size_t, size_t, Outcome, int>;

struct MetricCounts {
  mutable BatchMutex mutex;

  std::array<uint64_t, kOtherKind + 1> events{};
  CappedNames vhosts;
  CappedNames protocols;

  ByVhost<ByClass<std::array<uint64_t, kOrigins>>> opened{};
  ByVhost<ByClass<std::array<uint64_t, kReasons>>> closed{};
  ByVhost<ByClass<std::array<Gauge, kStates>>> open{};
  ByVhost<ByClass<OpenGroup>> open_by_start;
  ByClass<Histogram> connection_seconds;
  ByVhost<Histogram> transactions_per_connection;

  ByVhostAndProtocol<uint64_t> binds{};
  ByVhostAndProtocol<uint64_t> drops{};
  ByVhostAndProtocol<Gauge> bindings_open{};

  std::map<TransactionKey, uint64_t> transactions;
  ByVhostAndProtocol<Histogram> transaction_seconds;
  ByVhost<Histogram> keepalive_idle_seconds;
  ByVhost<Gauge> pipelined{};  // only grows; shown once it is known of any transaction
  ByVhost<Histogram> tls_handshake_seconds;

  ByVhostAndProtocol<Gauge> sessions_open{};
  ByVhostAndProtocol<Histogram> session_seconds;

  // Of callbacks that last, by pid: callback, protocol, and since when.
  std::multimap<uint32_t, std::tuple<uint16_t, size_t, Ns>> lasting;

  // By protocol and callback: kCallbackKinds is "other".
  std::map<std::pair<size_t, uint16_t>, uint64_t> sampled_ns;
  std::optional<uint64_t> sampled_outside_ns;  // in no callback; nothing: no thread was looked at
  std::map<std::pair<size_t, uint16_t>, Histogram> slow_seconds;
  // Where in them a callback has its place; they do not grow beyond kMostCallbacks.
  [[nodiscard]] std::pair<size_t, uint16_t> callback_of(std::string_view protocol, int reason);
  std::set<std::pair<size_t, uint16_t>> callbacks;

  std::array<uint64_t, kFaults> findings{};
  std::optional<Diagnosed> diagnosed;
  std::optional<uint64_t> not_diagnosed;  // traces; nothing: nobody has tried
  struct Scrape {
    double seconds = 0;
    uint64_t bytes = 0;
  };
  std::optional<Scrape> last_scrape;

  std::map<std::string, uint64_t> lost;                 // by cause
  std::set<std::pair<std::string, std::string>> hosts;  // lws version, attach
  int64_t real_minus_mono_ns = 0;

  // Puts an open connection into a group and takes it out again; leave() tells the state it was in, if it was there.
  void enter(size_t vhost, size_t cls, const OpenKey &key, wsitrace::State state);
  std::optional<wsitrace::State> leave(size_t vhost, size_t cls, const OpenKey &key);
  // It stays in its group; what has been closed keeps the state that it was in until it leaves.
  void change(size_t vhost, size_t cls, const OpenKey &key, wsitrace::State state);
  [[nodiscard]] Exemplar exemplar(uint32_t pid, const Connection &connection, double value, Ns at_ns) const;
  // Adds CHANGE to the gauges of what the connection holds: its open bindings and its session.
  void hold(size_t vhost, const Connection &connection, int64_t change);
};

// The words that the labels `version` and `status_class` may have.
inline constexpr std::array<const char *, 5> kHttpVersions = {"HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3", "other"};
inline constexpr std::array<const char *, 7> kStatusClasses = {"none", "1xx", "2xx", "3xx", "4xx", "5xx", "other"};

}  // namespace wsitrace

#endif
