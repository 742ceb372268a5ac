// SPDX-License-Identifier: MIT
// What more than one dashboard shows.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { heatmapPanel, type Panel, quantiles, type SeriesAbout, type StatAbout, sums } from "./panels";
import {
  CLIENT,
  durations,
  failed,
  increase,
  OLD_S,
  ofProgram,
  ofVhost,
  oldestAge,
  quantile,
  rate,
  serverErrors,
  share,
  sum,
  transactions,
} from "./queries";

// Numbers.

export const openConnections = (): StatAbout => ({
  title: "Open connections",
  description: "Client connections (accepted, adopted, outbound, HTTP/2 streams) that are open now.",
  unit: units.Short,
  expr: sum(ofVhost("lws_connections_open", CLIENT)),
});

export const transactionsEnded = (): StatAbout => ({
  title: "Transactions",
  description: "Requests and their responses that ended, a second.",
  unit: units.RequestsPerSecond,
  expr: sum(rate(transactions)),
});

export const failedShare = (): StatAbout => ({
  title: "Failed",
  description:
    "Share of transactions that were aborted (the connection ended first) or rejected (refused before a handler).",
  unit: units.PercentUnit,
  expr: share(rate(failed), rate(transactions)),
  warn: 0.01,
  fail: 0.05,
});

export const longDuration = (): StatAbout => ({
  title: "Duration, p99",
  description: "99 of 100 transactions took at most as long, from the request to the end of the response.",
  unit: units.Seconds,
  expr: quantile(0.99, durations),
  warn: 0.25,
  fail: 1,
});

export const oldestConnection = (): StatAbout => ({
  title: "Oldest connection",
  description: "How long the oldest open client connection is open.",
  unit: units.Seconds,
  expr: oldestAge(),
  warn: OLD_S,
  noValue: "none open",
});

export const findings = (): StatAbout => ({
  title: "Findings",
  description: "Leaks and faults that wsitrace sees now.",
  unit: units.Short,
  expr: sum(ofProgram("lws_findings")),
  fail: 1,
});

/** IF_ANY: what it means for the rest of the dashboard. */
export const eventsLost = (ifAny: string): StatAbout => ({
  title: "Events lost",
  description: `Events that happened in the time shown, but were not seen. Above 0: ${ifAny}`,
  unit: units.Short,
  expr: sum(increase(ofProgram("wsitrace_events_lost_total"))),
  fail: 1,
});

// Series.

export const whyTheyEnd = (): SeriesAbout => ({
  title: "Why connections end",
  description: "Client connections closed a second, by reason.",
  unit: units.CountsPerSecond,
  stacked: true,
  queries: sums(rate(ofVhost("lws_connections_closed_total", CLIENT)), "reason"),
});

/** By LABEL. */
export const serverErrorShare = (label: string): SeriesAbout => ({
  title: "Server errors",
  description: "Share of transactions that were answered with a status of 500 or above.",
  unit: units.PercentUnit,
  limit: 0.05,
  queries: [{ expr: share(rate(serverErrors), rate(transactions), label), legend: `{{${label}}}` }],
});

export const tlsHandshakes = (): SeriesAbout => ({
  title: "TLS handshakes, how long",
  description:
    "From the first sight of a connection to the end of its TLS handshake: median and 99 of 100. No data without TLS.",
  unit: units.Seconds,
  queries: quantiles([0.5, 0.99], ofVhost("lws_tls_handshake_duration_seconds_bucket")),
});

export const keepAliveIdle = (): SeriesAbout => ({
  title: "Keep-alive idle time",
  description:
    "How long a kept connection waits for its next request: median and 95 of 100. A keep-alive timeout above the second " +
    "costs connections and brings nothing.",
  unit: units.Seconds,
  queries: quantiles([0.5, 0.95], ofVhost("lws_keepalive_idle_seconds_bucket")),
});

export const pipelined = (label: string): SeriesAbout => ({
  title: "Pipelined",
  description: "Transactions a second whose request surely arrived before the response before it was complete.",
  unit: units.RequestsPerSecond,
  queries: sums(rate(ofVhost("lws_transactions_pipelined_total")), label),
});

export const sessionsOpen = (...labels: string[]): SeriesAbout => ({
  title: "Websocket sessions open",
  description: `By ${labels.join(" and ")}.`,
  unit: units.Short,
  queries: sums(ofVhost("lws_websocket_sessions_open"), ...labels),
});

export const sessionDurations = (): SeriesAbout => ({
  title: "Websocket sessions, how long",
  description: "How long sessions lived that ended: median and 95 of 100.",
  unit: units.Seconds,
  queries: quantiles([0.5, 0.95], ofVhost("lws_websocket_session_duration_seconds_bucket"), "protocol"),
});

export const bindingsOpen = (...labels: string[]): SeriesAbout => ({
  title: "Open bindings",
  description: `Protocols that are bound to a connection now, by ${labels.join(" and ")}.`,
  unit: units.Short,
  queries: sums(ofVhost("lws_protocol_bindings_open"), ...labels),
});

export const durationHeatmap = (): Panel =>
  heatmapPanel(
    {
      title: "Duration, all",
      description: "Transactions a second in each bucket of the histogram.",
      unit: units.Seconds,
    },
    sum(rate(durations), "le"),
  );
