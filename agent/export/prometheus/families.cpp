// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <utility>

#include "agent/diagnosis/check.h"
#include "agent/export/prometheus/counts.h"
#include "agent/export/prometheus/metrics.h"
#include "agent/lws/callbacks.h"
#include "wsitrace/layout.h"

namespace wsitrace {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

class FamilyBuilder {
 public:
  FamilyBuilder(std::string name, std::string help, MetricType type) {
    exposed_.family.name = std::move(name);
    exposed_.family.help = std::move(help);
    exposed_.family.type = type;
  }

  void add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    if (exposed_.family.type == MetricType::Counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
    exposed_.family.metric.push_back(std::move(metric));
  }
  void add(Labels labels, uint64_t value) { add(std::move(labels), static_cast<double>(value)); }
  void add(Labels labels, const Gauge &gauge) {
    if (gauge.seen()) add(std::move(labels), gauge.value());
  }
  void add(Labels labels, const Histogram &histogram, const Bounds &bounds) {
    if (histogram.empty()) return;
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.histogram = histogram.snapshot(bounds);
    exposed_.family.metric.push_back(std::move(metric));
    exposed_.exemplars.push_back(histogram.exemplars());
  }

  // A family without a series is not shown.
  void move_to(std::vector<ExposedFamily> &families) {
    if (!exposed_.family.metric.empty()) families.push_back(std::move(exposed_));
  }

 private:
  ExposedFamily exposed_;
};

const char *class_name(size_t cls) {
  return cls == kOwnClass ? "wsitrace" : name_of(static_cast<ConnectionClass>(cls));
}

const char *counted_kind_name(size_t index) {
  if (index == kOtherKind) return "other";
  if (index < kCallbackKinds) return kind_name(static_cast<uint16_t>(index));
  return kind_name(static_cast<uint16_t>(index - kCallbackKinds + kFirstOwnKind));
}

// Turns counts into families; lives for one scrape, under their lock.
class Families {
 public:
  explicit Families(const MetricCounts &counts) : counts_(counts) {}

  std::vector<ExposedFamily> all() {
    connections();
    lifetimes();
    bindings();
    transactions();
    handshakes();
    sessions();
    callbacks();
    findings();
    diagnoses();
    tracer();
    scrape();
    return std::move(families_);
  }

 private:
  std::string vhost(size_t index) const { return counts_.vhosts.shown(index); }
  std::string protocol(size_t index) const { return counts_.protocols.shown(index); }

  template <typename Visit>
  static void each_vhost_and_class(Visit visit) {
    for (size_t v = 0; v < CappedNames::kIndices; ++v) {
      for (size_t c = 0; c < kShownClasses; ++c) visit(v, c);
    }
  }
  template <typename Visit>
  static void each_vhost_and_protocol(Visit visit) {
    for (size_t v = 0; v < CappedNames::kIndices; ++v) {
      for (size_t p = 0; p < CappedNames::kIndices; ++p) visit(v, p);
    }
  }

  void connections() {
    FamilyBuilder opened("lws_connections_opened_total", "Connections opened, by vhost, class and origin.",
                         MetricType::Counter);
    FamilyBuilder closed("lws_connections_closed_total", "Connections closed, by reason.", MetricType::Counter);
    FamilyBuilder open("lws_connections_open", "Open connections, by state.", MetricType::Gauge);
    each_vhost_and_class([&](size_t v, size_t c) {
      for (size_t i = 0; i < kOrigins; ++i) {
        if (const uint64_t n = counts_.opened[v][c][i]; n != 0)
          opened.add({{"vhost", vhost(v)}, {"class", class_name(c)}, {"origin", name_of(static_cast<Origin>(i))}}, n);
      }
      for (size_t i = 0; i < kReasons; ++i) {
        if (const uint64_t n = counts_.closed[v][c][i]; n != 0)
          closed.add({{"vhost", vhost(v)}, {"class", class_name(c)}, {"reason", name_of(static_cast<CloseReason>(i))}},
                     n);
      }
      for (size_t i = 0; i < kStates; ++i) {
        const auto state = static_cast<State>(i);
        open.add({{"vhost", vhost(v)}, {"class", class_name(c)}, {"state", name_of(state)}}, counts_.open[v][c][i]);
      }
    });
    opened.move_to(families_);
    closed.move_to(families_);
    open.move_to(families_);
  }

  void lifetimes() {
    FamilyBuilder oldest("lws_connection_oldest_start_time_seconds",
                         "Unix time at which the oldest open connection was opened.", MetricType::Gauge);
    each_vhost_and_class([&](size_t v, size_t c) {
      const OpenGroup &group = counts_.open_by_start[v][c];
      if (group.empty()) return;
      const auto opened_ns = static_cast<int64_t>(group.begin()->first.first) + counts_.real_minus_mono_ns;
      oldest.add({{"vhost", vhost(v)}, {"class", class_name(c)}}, static_cast<double>(opened_ns) / 1e9);
    });
    oldest.move_to(families_);

    FamilyBuilder lived("lws_connection_duration_seconds", "Lifetime of closed connections.", MetricType::Histogram);
    for (size_t c = 0; c < kShownClasses; ++c) {
      lived.add({{"class", class_name(c)}}, counts_.connection_seconds[c], kConnectionSeconds);
    }
    lived.move_to(families_);

    FamilyBuilder asked("lws_connection_transactions",
                        "Transactions on each closed client connection, HTTP/2 streams left out.",
                        MetricType::Histogram);
    for (size_t v = 0; v < CappedNames::kIndices; ++v) {
      asked.add({{"vhost", vhost(v)}}, counts_.transactions_per_connection[v], kTransactionsPerConnection);
    }
    asked.move_to(families_);
  }

  void bindings() {
    FamilyBuilder binds("lws_protocol_binds_total", "Protocols bound to connections.", MetricType::Counter);
    FamilyBuilder drops("lws_protocol_drops_total",
                        "Bindings that ended, including those that ended with their connection.", MetricType::Counter);
    FamilyBuilder open("lws_protocol_bindings_open", "Open bindings.", MetricType::Gauge);
    each_vhost_and_protocol([&](size_t v, size_t p) {
      if (!counts_.bindings_open[v][p].seen()) return;
      const Labels labels = {{"vhost", vhost(v)}, {"protocol", protocol(p)}};
      if (counts_.binds[v][p] != 0) binds.add(labels, counts_.binds[v][p]);
      if (counts_.drops[v][p] != 0) drops.add(labels, counts_.drops[v][p]);
      open.add(labels, counts_.bindings_open[v][p]);
    });
    binds.move_to(families_);
    drops.move_to(families_);
    open.move_to(families_);
  }

  void transactions() {
    FamilyBuilder total("lws_transactions_total", "Transactions that ended, by outcome and status class.",
                        MetricType::Counter);
    for (const auto &[key, n] : counts_.transactions) {
      const auto &[v, p, version, outcome, status] = key;
      total.add({{"vhost", vhost(v)},
                 {"protocol", protocol(p)},
                 {"version", kHttpVersions[version]},
                 {"outcome", name_of(outcome)},
                 {"status_class", kStatusClasses[static_cast<size_t>(status)]}},
                n);
    }
    total.move_to(families_);

    FamilyBuilder took("lws_transaction_duration_seconds", "Time from the request to the end of its transaction.",
                       MetricType::Histogram);
    each_vhost_and_protocol([&](size_t v, size_t p) {
      took.add({{"vhost", vhost(v)}, {"protocol", protocol(p)}}, counts_.transaction_seconds[v][p],
               kTransactionSeconds);
    });
    took.move_to(families_);

    FamilyBuilder idle("lws_keepalive_idle_seconds",
                       "Time between the end of a transaction and the next request on the same connection.",
                       MetricType::Histogram);
    for (size_t v = 0; v < CappedNames::kIndices; ++v) {
      idle.add({{"vhost", vhost(v)}}, counts_.keepalive_idle_seconds[v], kKeepaliveIdleSeconds);
    }
    idle.move_to(families_);

    FamilyBuilder pipelined("lws_transactions_pipelined_total",
                            "Requests known to arrive before the previous response completed.", MetricType::Counter);
    for (size_t v = 0; v < CappedNames::kIndices; ++v) {
      if (counts_.pipelined[v].seen()) pipelined.add({{"vhost", vhost(v)}}, counts_.pipelined[v].value());
    }
    pipelined.move_to(families_);
  }

  void handshakes() {
    FamilyBuilder took(
        "lws_tls_handshake_duration_seconds",
        "Time from the first sight of a connection (outbound: from being connected) to the end of its TLS handshake.",
        MetricType::Histogram);
    for (size_t v = 0; v < CappedNames::kIndices; ++v) {
      took.add({{"vhost", vhost(v)}}, counts_.tls_handshake_seconds[v], kTlsHandshakeSeconds);
    }
    took.move_to(families_);
  }

  void sessions() {
    FamilyBuilder open("lws_websocket_sessions_open", "Open websocket sessions.", MetricType::Gauge);
    FamilyBuilder lived("lws_websocket_session_duration_seconds", "Lifetime of closed websocket sessions.",
                        MetricType::Histogram);
    each_vhost_and_protocol([&](size_t v, size_t p) {
      if (!counts_.sessions_open[v][p].seen()) return;
      const Labels labels = {{"vhost", vhost(v)}, {"protocol", protocol(p)}};
      open.add(labels, counts_.sessions_open[v][p]);
      lived.add(labels, counts_.session_seconds[v][p], kSessionSeconds);
    });
    open.move_to(families_);
    lived.move_to(families_);
  }

  [[nodiscard]] Labels labels_of_callback(const std::pair<size_t, uint16_t> &key) const {
    const char *name = key.second < kCallbackKinds ? kind_name(key.second) : nullptr;
    return {{"protocol", protocol(key.first)}, {"callback", name != nullptr ? name : "other"}};
  }

  void callbacks() {
    FamilyBuilder since("lws_callback_running_start_time_seconds",
                        "Unix time at which a callback began that keeps its event loop, for 0.2 s or more so far.",
                        MetricType::Gauge);
    std::map<std::pair<uint16_t, size_t>, Ns> oldest;
    for (const auto &[pid, one] : counts_.lasting) {
      const auto &[callback, p, since_ns] = one;
      const auto [at, is_new] = oldest.try_emplace({callback, p}, since_ns);
      if (!is_new) at->second = std::min(at->second, since_ns);
    }
    for (const auto &[what, since_ns] : oldest) {
      const auto began_ns = static_cast<int64_t>(since_ns) + counts_.real_minus_mono_ns;
      const char *name = what.first < kCallbackKinds ? kind_name(what.first) : nullptr;
      since.add({{"protocol", protocol(what.second)}, {"callback", name != nullptr ? name : "other"}},
                static_cast<double>(began_ns) / 1e9);
    }
    since.move_to(families_);
    FamilyBuilder slow("lws_slow_callback_duration_seconds",
                       "Time for which a callback kept its event loop, of those that did for 0.2 s or longer.",
                       MetricType::Histogram);
    for (const auto &[key, seconds] : counts_.slow_seconds)
      slow.add(labels_of_callback(key), seconds, kSlowCallbackSeconds);
    slow.move_to(families_);
    FamilyBuilder sampled(
        "lws_callback_sampled_seconds_total",
        "Time of threads in each callback, and in none: estimated by looking at them every 10 ms or so.",
        MetricType::Counter);
    if (counts_.sampled_outside_ns)
      sampled.add({{"protocol", "none"}, {"callback", "none"}}, static_cast<double>(*counts_.sampled_outside_ns) / 1e9);
    for (const auto &[key, ns] : counts_.sampled_ns)
      sampled.add(labels_of_callback(key), static_cast<double>(ns) / 1e9);
    sampled.move_to(families_);
  }

  void findings() {
    FamilyBuilder found("lws_findings", "Leaks and faults found so far, one for each kind, vhost and protocol.",
                        MetricType::Gauge);
    for (const Cause kind : fault_causes())
      found.add({{"kind", name_of(kind)}}, counts_.findings[static_cast<size_t>(kind)]);
    found.move_to(families_);
  }

  void diagnoses() {
    FamilyBuilder found("lws_diagnoses", "What went wrong so far, by severity, as `wsitrace explain` counts it.",
                        MetricType::Gauge);
    FamilyBuilder when("lws_diagnoses_time_seconds", "Unix time at which the trace was read for lws_diagnoses.",
                       MetricType::Gauge);
    if (const auto &diagnosed = counts_.diagnosed) {
      found.add({{"severity", name_of(Weight::kFault)}}, diagnosed->counts.faults);
      found.add({{"severity", name_of(Weight::kTrouble)}}, diagnosed->counts.troubles);
      found.add({{"severity", name_of(Weight::kNote)}}, diagnosed->counts.notes);
      when.add({}, static_cast<double>(diagnosed->unix_ns) / 1e9);
    }
    found.move_to(families_);
    when.move_to(families_);
    FamilyBuilder unread("wsitrace_traces_not_diagnosed",
                         "Traces that lws_diagnoses leaves out: too large, not readable, or not written.",
                         MetricType::Gauge);
    if (counts_.not_diagnosed) unread.add({}, *counts_.not_diagnosed);
    unread.move_to(families_);
  }

  void tracer() {
    FamilyBuilder events("wsitrace_events_recorded_total", "Events recorded, by kind.", MetricType::Counter);
    for (size_t i = 0; i < counts_.events.size(); ++i) {
      const uint64_t n = counts_.events[i];
      if (n != 0) events.add({{"kind", counted_kind_name(i)}}, n);
    }
    events.move_to(families_);

    FamilyBuilder lost("wsitrace_events_lost_total", "Events lost, by cause.", MetricType::Counter);
    auto by_cause = counts_.lost;
    for (uint32_t cause = 0; cause < kLossCauses; ++cause) by_cause.try_emplace(loss_cause_name(cause), 0);
    for (const auto &[cause, n] : by_cause) lost.add({{"cause", cause}}, n);
    lost.move_to(families_);

    FamilyBuilder build("wsitrace_build_info",
                        "Always 1; the labels are the versions of wsitrace and libwebsockets, and the way in.",
                        MetricType::Gauge);
    for (const auto &[lws_version, attach] : counts_.hosts) {
      build.add({{"version", WSITRACE_VERSION}, {"lws_version", lws_version}, {"attach", attach}}, 1.0);
    }
    build.move_to(families_);
  }

  void scrape() {
    if (!counts_.last_scrape) return;
    FamilyBuilder took("wsitrace_scrape_duration_seconds", "Time it took to render the previous scrape.",
                       MetricType::Gauge);
    took.add({}, counts_.last_scrape->seconds);
    took.move_to(families_);
    FamilyBuilder size("wsitrace_scrape_size_bytes", "Size of the previous scrape.", MetricType::Gauge);
    size.add({}, counts_.last_scrape->bytes);
    size.move_to(families_);
  }

  const MetricCounts &counts_;
  std::vector<ExposedFamily> families_;
};

}  // namespace

std::vector<ExposedFamily> Metrics::collect_exposed() const {
  const std::lock_guard lock(counts_->mutex);
  return Families(*counts_).all();
}

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  for (ExposedFamily &exposed : collect_exposed()) families.push_back(std::move(exposed.family));
  return families;
}

}  // namespace wsitrace
