// SPDX-License-Identifier: MIT
// One vhost alone.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { framed, type Row, statRow } from "./frame";
import { FULL_WIDTH, quantiles, seriesPanel, sums, VHOST_DASHBOARD } from "./panels";
import { CLIENT, durations, failed, ofVhost, rate, share, sum, transactions } from "./queries";
import * as shared from "./shared";

const glance = (): Row =>
  statRow("At a glance", [
    shared.openConnections(),
    {
      title: "Opened",
      description: "Client connections a second that this vhost was the first to see.",
      unit: units.CountsPerSecond,
      expr: sum(rate(ofVhost("lws_connections_opened_total", CLIENT))),
    },
    shared.transactionsEnded(),
    shared.failedShare(),
    shared.longDuration(),
    shared.oldestConnection(),
  ]);

const connections = (): Row => ({
  title: "Connections",
  panels: [
    seriesPanel({
      title: "Open, by class and state",
      description: "All connections of this vhost, its listeners too.",
      unit: units.Short,
      stacked: true,
      queries: sums(ofVhost("lws_connections_open"), "class", "state"),
    }),
    seriesPanel(shared.whyTheyEnd()),
    seriesPanel({
      title: "Opened, by instance",
      description: "Client connections a second that this vhost was the first to see.",
      unit: units.CountsPerSecond,
      queries: sums(rate(ofVhost("lws_connections_opened_total", CLIENT)), "instance"),
    }),
    seriesPanel(shared.tlsHandshakes()),
  ],
});

const transactionRow = (): Row => ({
  title: "Transactions",
  panels: [
    seriesPanel({
      title: "Ended, by protocol and outcome",
      description: "Transactions a second.",
      width: FULL_WIDTH / 3,
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: sums(rate(transactions), "protocol", "outcome"),
    }),
    seriesPanel({
      title: "Failed, by protocol",
      description: "Share of transactions of each protocol that were aborted or rejected.",
      unit: units.PercentUnit,
      width: FULL_WIDTH / 3,
      queries: [{ expr: share(rate(failed), rate(transactions), "protocol"), legend: "{{protocol}}" }],
    }),
    seriesPanel({ ...shared.serverErrorShare("protocol"), width: FULL_WIDTH / 3 }),
    seriesPanel({
      title: "Duration, by protocol",
      description: "Median and 99 of 100 of the transactions of each protocol.",
      unit: units.Seconds,
      limit: 0.25,
      queries: quantiles([0.5, 0.99], durations, "protocol"),
    }),
    shared.durationHeatmap(),
    seriesPanel({
      title: "By version and class of status",
      description: "Transactions a second. none: no status was seen.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: sums(rate(transactions), "version", "status_class"),
    }),
    seriesPanel(shared.keepAliveIdle()),
    seriesPanel({
      title: "Transactions per connection",
      description: "Of connections that ended: median and 99 of 100. 1: keep-alive is not used.",
      unit: units.Short,
      queries: quantiles([0.5, 0.99], ofVhost("lws_connection_transactions_bucket")),
    }),
    seriesPanel(shared.pipelined("instance")),
  ],
});

const protocols = (): Row => ({
  title: "Protocols",
  panels: [
    seriesPanel({ ...shared.bindingsOpen("protocol"), width: FULL_WIDTH / 3 }),
    seriesPanel({ ...shared.sessionsOpen("protocol"), width: FULL_WIDTH / 3 }),
    seriesPanel({ ...shared.sessionDurations(), width: FULL_WIDTH / 3 }),
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
