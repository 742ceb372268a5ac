// SPDX-License-Identifier: MIT
// At a glance: how many connections of which kind, what they do, how long things take, why they end, and how the tracer is.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { framed, type Row, statRow } from "./frame";
import { FULL_WIDTH, heatmapPanel, quantiles, seriesPanel } from "./panels";
import { CLIENT, count, increase, ofTarget, ofVhost, oldestAge, quantile, rate, share, sum } from "./queries";

const transactions = ofVhost("lws_transactions_total");
const durations = ofVhost("lws_transaction_duration_seconds_bucket");

const glance = (): Row =>
  statRow("At a glance", [
    {
      title: "Programs",
      description: "Programs that wsitrace observes: one a target, or as many as an agent has found.",
      unit: units.Short,
      expr: count(ofTarget("wsitrace_build_info")),
    },
    {
      title: "Open connections",
      description: "Client connections (accepted, adopted, outbound, HTTP/2 streams) that are open now.",
      unit: units.Short,
      expr: sum(ofVhost("lws_connections_open", CLIENT)),
    },
    {
      title: "Transactions",
      description: "Requests and their responses that ended, a second.",
      unit: units.RequestsPerSecond,
      expr: sum(rate(transactions)),
    },
    {
      title: "Failed",
      description:
        "Share of transactions that were aborted (the connection ended first) or rejected (refused before a " +
        "handler).",
      unit: units.PercentUnit,
      expr: share(rate(ofVhost("lws_transactions_total", 'outcome=~"aborted|rejected"')), rate(transactions)),
      warn: 0.01,
      fail: 0.05,
    },
    {
      title: "Duration, p99",
      description: "99 of 100 transactions took at most as long, from the request to the end of the response.",
      unit: units.Seconds,
      expr: quantile(0.99, durations),
      warn: 0.25,
      fail: 1,
    },
    {
      title: "Oldest connection",
      description: "How long the oldest open client connection is open.",
      unit: units.Seconds,
      expr: oldestAge(),
      warn: 86400,
      noValue: "none open",
    },
    {
      title: "Findings",
      description: "Leaks and faults that wsitrace sees now.",
      unit: units.Short,
      expr: sum(ofTarget("lws_findings")),
      fail: 1,
    },
    {
      title: "Events lost",
      description:
        "Events that happened in the time shown, but were not seen. Anything above 0: all else here is " +
        "incomplete.",
      unit: units.Short,
      expr: sum(increase(ofTarget("wsitrace_events_lost_total"))),
      fail: 1,
    },
  ]);

const connections = (): Row => ({
  title: "Connections",
  panels: [
    seriesPanel({
      title: "Open, by state",
      description:
        "handshake: TLS is not done or nothing was requested yet. idle: waits for the next request. active: a transaction is open. " +
        "upgraded: a websocket session.",
      unit: units.Short,
      stacked: true,
      queries: [{ expr: sum(ofVhost("lws_connections_open", CLIENT), "state"), legend: "{{state}}" }],
    }),
    seriesPanel({
      title: "Open, by vhost",
      description: "Open client connections of each vhost. Click on one to look at it alone.",
      unit: units.Short,
      leadsToVhost: true,
      queries: [{ expr: sum(ofVhost("lws_connections_open", CLIENT), "vhost"), legend: "{{vhost}}" }],
    }),
    seriesPanel({
      title: "Opened",
      description: "Client connections opened a second, by how they came to be.",
      unit: units.CountsPerSecond,
      stacked: true,
      queries: [{ expr: sum(rate(ofVhost("lws_connections_opened_total", CLIENT)), "origin"), legend: "{{origin}}" }],
    }),
    seriesPanel({
      title: "Lifetime",
      description:
        "How long client connections of all vhosts lived that ended: median and 99 of 100. (This metric has no " +
        "vhost.)",
      unit: units.Seconds,
      queries: quantiles([0.5, 0.99], ofTarget("lws_connection_duration_seconds_bucket", CLIENT)),
    }),
  ],
});

const transactionRow = (): Row => ({
  title: "Transactions",
  panels: [
    seriesPanel({
      title: "Ended, by outcome",
      description:
        "completed: with a response. upgraded: to a websocket session. aborted: the connection ended first. rejected: refused before " +
        "a handler saw it.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: [{ expr: sum(rate(transactions), "outcome"), legend: "{{outcome}}" }],
    }),
    seriesPanel({
      title: "Ended, by class of status",
      description: "none: no status was seen (aborted before a response, or an upgrade).",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: [{ expr: sum(rate(transactions), "status_class"), legend: "{{status_class}}" }],
    }),
    seriesPanel({
      title: "Duration",
      description:
        "From the request to the end of the response: median, 95 and 99 of 100, interpolated between the histogram's " +
        "bounds.",
      unit: units.Seconds,
      limit: 0.25,
      queries: quantiles([0.5, 0.95, 0.99], durations),
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
      title: "By version of HTTP",
      description: "Transactions a second.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: [{ expr: sum(rate(transactions), "version"), legend: "{{version}}" }],
    }),
    seriesPanel({
      title: "Use of keep-alive",
      description:
        "idle: how long a kept connection waits for its next request (median, 95 of 100). A keep-alive timeout above the second " +
        "costs connections and brings nothing.",
      unit: units.Seconds,
      queries: quantiles([0.5, 0.95], ofVhost("lws_keepalive_idle_seconds_bucket")),
    }),
    seriesPanel({
      title: "Transactions per connection",
      description: "Mean over connections that ended. 1: nobody uses keep-alive.",
      unit: units.Short,
      leadsToVhost: true,
      queries: [
        {
          expr:
            `${sum(rate(ofVhost("lws_connection_transactions_sum")), "vhost")} / ` +
            sum(rate(ofVhost("lws_connection_transactions_count")), "vhost"),
          legend: "{{vhost}}",
        },
      ],
    }),
    seriesPanel({
      title: "Pipelined",
      description: "Transactions a second whose request surely arrived before the response before it was complete.",
      unit: units.RequestsPerSecond,
      leadsToVhost: true,
      queries: [{ expr: sum(rate(ofVhost("lws_transactions_pipelined_total")), "vhost"), legend: "{{vhost}}" }],
    }),
  ],
});

const sessions = (): Row => ({
  title: "Sessions",
  panels: [
    seriesPanel({
      title: "Websocket sessions open",
      description: "By protocol of the session.",
      unit: units.Short,
      stacked: true,
      queries: [{ expr: sum(ofVhost("lws_websocket_sessions_open"), "protocol"), legend: "{{protocol}}" }],
    }),
    seriesPanel({
      title: "Websocket sessions, how long",
      description: "How long sessions lived that ended: median and 95 of 100.",
      unit: units.Seconds,
      queries: quantiles([0.5, 0.95], ofVhost("lws_websocket_session_duration_seconds_bucket"), "protocol"),
    }),
  ],
});

const tls = (): Row => ({
  title: "TLS",
  panels: [
    seriesPanel({
      title: "Handshakes",
      description: "TLS handshakes that were finished, a second.",
      unit: units.CountsPerSecond,
      leadsToVhost: true,
      queries: [{ expr: sum(rate(ofVhost("lws_tls_handshake_duration_seconds_count")), "vhost"), legend: "{{vhost}}" }],
    }),
    seriesPanel({
      title: "Handshakes, how long",
      description: "From the first sight of a connection to the end of its TLS handshake: median and 99 of 100.",
      unit: units.Seconds,
      queries: quantiles([0.5, 0.99], ofVhost("lws_tls_handshake_duration_seconds_bucket")),
    }),
  ],
});

const causes = (): Row => ({
  title: "Causes",
  panels: [
    seriesPanel({
      title: "Why connections end",
      description: "Client connections closed a second, by reason.",
      unit: units.CountsPerSecond,
      stacked: true,
      width: FULL_WIDTH,
      queries: [{ expr: sum(rate(ofVhost("lws_connections_closed_total", CLIENT)), "reason"), legend: "{{reason}}" }],
    }),
  ],
});

const tracer = (): Row => ({
  title: "The tracer itself",
  panels: [
    seriesPanel({
      title: "Events recorded",
      description: "Events a second that reached the fold: the ten most frequent kinds.",
      unit: units.CountsPerSecond,
      width: FULL_WIDTH / 4,
      queries: [
        { expr: `topk(10, ${sum(rate(ofTarget("wsitrace_events_recorded_total")), "kind")})`, legend: "{{kind}}" },
      ],
    }),
    seriesPanel({
      title: "Events lost",
      description: "Events a second that happened and were not seen, by cause. It is 0 while all is well.",
      unit: units.CountsPerSecond,
      width: FULL_WIDTH / 4,
      queries: [{ expr: sum(rate(ofTarget("wsitrace_events_lost_total")), "cause"), legend: "{{cause}}" }],
    }),
    seriesPanel({
      title: "Duration of a scrape",
      description: "How long a scrape took to render, which happens on a thread of its own.",
      unit: units.Seconds,
      width: FULL_WIDTH / 4,
      queries: [{ expr: sum(ofTarget("wsitrace_scrape_duration_seconds"), "instance"), legend: "{{instance}}" }],
    }),
    seriesPanel({
      title: "Size of a scrape",
      description: "It depends on the number of vhosts and protocols, not on the number of connections.",
      unit: units.BytesIEC,
      width: FULL_WIDTH / 4,
      queries: [{ expr: sum(ofTarget("wsitrace_scrape_size_bytes"), "instance"), legend: "{{instance}}" }],
    }),
  ],
});

export const overview = () =>
  framed({
    uid: "wsitrace-overview",
    title: "wsitrace / overview",
    description: "Connections of programs that use libwebsockets, as wsitrace sees them.",
    rows: [glance(), connections(), transactionRow(), sessions(), tls(), causes(), tracer()],
  });
