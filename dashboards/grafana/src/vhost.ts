// SPDX-License-Identifier: MIT
// One vhost alone.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { framed, type Row, statRow } from "./frame";
import { FULL_WIDTH, heatmapPanel, quantiles, seriesPanel, VHOST_DASHBOARD } from "./panels";
import { CLIENT, ofVhost, oldestAge, quantile, rate, share, shareBy, sum } from "./queries";

const transactions = ofVhost("lws_transactions_total");
const durations = ofVhost("lws_transaction_duration_seconds_bucket");
const failed = ofVhost("lws_transactions_total", 'outcome=~"aborted|rejected"');

const glance = (): Row =>
  statRow("At a glance", [
    {
      title: "Open connections",
      description: "Client connections of this vhost that are open now.",
      unit: units.Short,
      expr: sum(ofVhost("lws_connections_open", CLIENT)),
    },
    {
      title: "Opened",
      description: "Client connections a second that this vhost was the first to see.",
      unit: units.CountsPerSecond,
      expr: sum(rate(ofVhost("lws_connections_opened_total", CLIENT))),
    },
    {
      title: "Transactions",
      description: "Requests and their responses that ended, a second.",
      unit: units.RequestsPerSecond,
      expr: sum(rate(transactions)),
    },
    {
      title: "Failed",
      description: "Share of transactions that were aborted or rejected.",
      unit: units.PercentUnit,
      expr: share(rate(failed), rate(transactions)),
      warn: 0.01,
      fail: 0.05,
    },
    {
      title: "Duration, p99",
      description: "99 of 100 transactions took at most as long.",
      unit: units.Seconds,
      expr: quantile(0.99, durations),
      warn: 0.25,
      fail: 1,
    },
    {
      title: "Oldest connection",
      description: "How long the oldest open client connection of this vhost is open.",
      unit: units.Seconds,
      expr: oldestAge(),
      warn: 86400,
      noValue: "none open",
    },
  ]);

const connections = (): Row => ({
  title: "Connections",
  panels: [
    seriesPanel({
      title: "Open, by class and state",
      description: "All connections of this vhost, its listeners too.",
      unit: units.Short,
      stacked: true,
      queries: [{ expr: sum(ofVhost("lws_connections_open"), "class", "state"), legend: "{{class}} {{state}}" }],
    }),
    seriesPanel({
      title: "Why they end",
      description: "Client connections closed a second, by reason.",
      unit: units.CountsPerSecond,
      stacked: true,
      queries: [{ expr: sum(rate(ofVhost("lws_connections_closed_total", CLIENT)), "reason"), legend: "{{reason}}" }],
    }),
    seriesPanel({
      title: "Opened, by instance",
      description: "Client connections a second that this vhost was the first to see.",
      unit: units.CountsPerSecond,
      queries: [{ expr: sum(rate(ofVhost("lws_connections_opened_total", CLIENT)), "instance"), legend: "{{instance}}" }],
    }),
    seriesPanel({
      title: "TLS handshakes, how long",
      description: "Median and 99 of 100 of those that were finished. No data on a vhost without TLS.",
      unit: units.Seconds,
      queries: quantiles([0.5, 0.99], ofVhost("lws_tls_handshake_duration_seconds_bucket")),
    }),
  ],
});

const transactionRow = (): Row => ({
  title: "Transactions",
  panels: [
    seriesPanel({
      title: "Ended, by protocol and outcome",
      description: "Transactions a second.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: [{ expr: sum(rate(transactions), "protocol", "outcome"), legend: "{{protocol}} {{outcome}}" }],
    }),
    seriesPanel({
      title: "Failed, by protocol",
      description: "Share of transactions of each protocol that were aborted or rejected.",
      unit: units.PercentUnit,
      queries: [{ expr: shareBy(rate(failed), rate(transactions), "protocol"), legend: "{{protocol}}" }],
    }),
    seriesPanel({
      title: "Duration, by protocol",
      description: "Median and 99 of 100 of the transactions of each protocol.",
      unit: units.Seconds,
      limit: 0.25,
      queries: quantiles([0.5, 0.99], durations, "protocol"),
    }),
    heatmapPanel(
      {
        title: "Duration, all",
        description: "Transactions a second in each bucket of the histogram.",
        unit: units.Seconds,
      },
      sum(rate(durations), "le"),
    ),
    seriesPanel({
      title: "By version and class of status",
      description: "Transactions a second. none: no status was seen.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: [{ expr: sum(rate(transactions), "version", "status_class"), legend: "{{version}} {{status_class}}" }],
    }),
    seriesPanel({
      title: "Keep-alive idle time",
      description: "How long a kept connection waits for its next request: median and 95 of 100.",
      unit: units.Seconds,
      queries: quantiles([0.5, 0.95], ofVhost("lws_keepalive_idle_seconds_bucket")),
    }),
    seriesPanel({
      title: "Transactions per connection",
      description: "Of connections that ended: median and 99 of 100. 1: keep-alive is not used.",
      unit: units.Short,
      queries: quantiles([0.5, 0.99], ofVhost("lws_connection_transactions_bucket")),
    }),
    seriesPanel({
      title: "Pipelined",
      description: "Transactions a second whose request surely arrived before the response before it was complete.",
      unit: units.RequestsPerSecond,
      queries: [{ expr: sum(rate(ofVhost("lws_transactions_pipelined_total")), "instance"), legend: "{{instance}}" }],
    }),
  ],
});

const protocols = (): Row => ({
  title: "Protocols",
  panels: [
    seriesPanel({
      title: "Open bindings",
      description: "Protocols that are bound to a connection now.",
      unit: units.Short,
      width: FULL_WIDTH / 3,
      queries: [{ expr: sum(ofVhost("lws_protocol_bindings_open"), "protocol"), legend: "{{protocol}}" }],
    }),
    seriesPanel({
      title: "Websocket sessions open",
      description: "By protocol.",
      unit: units.Short,
      width: FULL_WIDTH / 3,
      queries: [{ expr: sum(ofVhost("lws_websocket_sessions_open"), "protocol"), legend: "{{protocol}}" }],
    }),
    seriesPanel({
      title: "Websocket sessions, how long",
      description: "Of sessions that ended: median and 95 of 100.",
      unit: units.Seconds,
      width: FULL_WIDTH / 3,
      queries: quantiles([0.5, 0.95], ofVhost("lws_websocket_session_duration_seconds_bucket"), "protocol"),
    }),
  ],
});

export const vhost = () =>
  framed({
    uid: VHOST_DASHBOARD,
    title: "wsitrace / one vhost",
    description: "Everything about one vhost.",
    oneVhost: true,
    rows: [glance(), connections(), transactionRow(), protocols()],
  });
