// SPDX-License-Identifier: MIT
// At a glance: how many connections of which kind, what they do, how long things take, why they end, and how the tracer is.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { framed, type Row, statRow } from "./frame";
import { FULL_WIDTH, OVERVIEW_DASHBOARD, quantiles, seriesPanel, sums } from "./panels";
import { CLIENT, count, durations, ofProgram, ofTarget, ofVhost, rate, sum, sumOrZero, transactions } from "./queries";
import * as shared from "./shared";

const glance = (): Row =>
  statRow("At a glance", [
    {
      title: "Programs",
      description: "Programs that wsitrace observes: one a target, or as many as an agent has found.",
      unit: units.Short,
      expr: count(ofProgram("wsitrace_build_info")),
    },
    shared.openConnections(),
    shared.transactionsEnded(),
    shared.failedShare(),
    shared.longDuration(),
    shared.oldestConnection(),
    shared.findings(),
    shared.eventsLost("all else here is incomplete."),
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
      queries: sums(ofVhost("lws_connections_open", CLIENT), "state"),
    }),
    seriesPanel({
      title: "Open, by vhost",
      description: "Open client connections of each vhost. Click on one to look at it alone.",
      unit: units.Short,
      leadsTo: "vhost",
      queries: sums(ofVhost("lws_connections_open", CLIENT), "vhost"),
    }),
    seriesPanel({
      title: "Opened",
      description: "Client connections opened a second, by how they came to be.",
      unit: units.CountsPerSecond,
      stacked: true,
      queries: sums(rate(ofVhost("lws_connections_opened_total", CLIENT)), "origin"),
    }),
    seriesPanel({
      title: "Lifetime",
      description:
        "How long client connections of all vhosts lived that ended: median and 99 of 100. (This metric has no " +
        "vhost.)",
      unit: units.Seconds,
      queries: quantiles([0.5, 0.99], ofProgram("lws_connection_duration_seconds_bucket", CLIENT)),
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
      width: FULL_WIDTH / 3,
      stacked: true,
      queries: sums(rate(transactions), "outcome"),
    }),
    seriesPanel({
      title: "Ended, by class of status",
      description: "none: no status was seen (aborted before a response, or an upgrade).",
      unit: units.RequestsPerSecond,
      width: FULL_WIDTH / 3,
      stacked: true,
      queries: sums(rate(transactions), "status_class"),
    }),
    seriesPanel({ ...shared.serverErrorShare("vhost"), width: FULL_WIDTH / 3, leadsTo: "vhost" }),
    seriesPanel({
      title: "Duration",
      description:
        "From the request to the end of the response: median, 95 and 99 of 100, interpolated between the histogram's " +
        "bounds.",
      unit: units.Seconds,
      limit: 0.25,
      queries: quantiles([0.5, 0.95, 0.99], durations),
    }),
    shared.durationHeatmap(),
    seriesPanel({
      title: "By version of HTTP",
      description: "Transactions a second.",
      unit: units.RequestsPerSecond,
      stacked: true,
      queries: sums(rate(transactions), "version"),
    }),
    seriesPanel(shared.keepAliveIdle()),
    seriesPanel({
      title: "Transactions per connection",
      description: "Mean over connections that ended. 1: nobody uses keep-alive.",
      unit: units.Short,
      leadsTo: "vhost",
      queries: [
        {
          expr:
            `${sum(rate(ofVhost("lws_connection_transactions_sum")), "vhost")} / ` +
            sum(rate(ofVhost("lws_connection_transactions_count")), "vhost"),
          legend: "{{vhost}}",
        },
      ],
    }),
    seriesPanel({ ...shared.pipelined("vhost"), leadsTo: "vhost" }),
  ],
});

const sessions = (): Row => ({
  title: "Sessions",
  panels: [
    seriesPanel({ ...shared.sessionsOpen("protocol"), stacked: true }),
    seriesPanel(shared.sessionDurations()),
  ],
});

const tls = (): Row => ({
  title: "TLS",
  panels: [
    seriesPanel({
      title: "Handshakes",
      description: "TLS handshakes that were finished, a second.",
      unit: units.CountsPerSecond,
      leadsTo: "vhost",
      queries: sums(rate(ofVhost("lws_tls_handshake_duration_seconds_count")), "vhost"),
    }),
    seriesPanel(shared.tlsHandshakes()),
  ],
});

const causes = (): Row => ({
  title: "Causes",
  panels: [
    seriesPanel({ ...shared.whyTheyEnd(), width: FULL_WIDTH }),
  ],
});

const inCallbacks = ofProgram("lws_callback_sampled_seconds_total");

const loop = (): Row => ({
  title: "Event loop",
  panels: [
    seriesPanel({
      title: "Blocked now",
      description:
        "How long the callback has run by now that keeps its event loop: nobody else on its thread is served meanwhile. " +
        "0 while none has run for 0.2 s.",
      unit: units.Seconds,
      width: FULL_WIDTH / 3,
      limit: 1,
      queries: [
        {
          expr:
            `max by (protocol, callback) (time() - ${ofProgram("lws_callback_running_start_time_seconds")}) or ` +
            `0 * ${sum(rate(inCallbacks), "protocol", "callback")}`,
          legend: "{{protocol}} {{callback}}",
        },
      ],
    }),
    seriesPanel({
      title: "Slow callbacks",
      description: "Callbacks a second that kept their event loop for 0.2 s or longer.",
      unit: units.CountsPerSecond,
      width: FULL_WIDTH / 3,
      queries: [
        {
          expr: sumOrZero(
            rate(ofProgram("lws_slow_callback_duration_seconds_count")),
            rate(inCallbacks),
            "protocol",
            "callback",
          ),
          legend: "{{protocol}} {{callback}}",
        },
      ],
    }),
    seriesPanel({
      title: "Time in callbacks",
      description:
        "In which callbacks threads spend their time, in seconds a second; none: they wait, or lws works. An estimate: " +
        "wsitrace looks at each thread every 10 ms or so.",
      unit: units.Short,
      width: FULL_WIDTH / 3,
      stacked: true,
      queries: [
        {
          expr: `topk(10, ${sum(rate(inCallbacks), "protocol", "callback")})`,
          legend: "{{protocol}} {{callback}}",
        },
      ],
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
        { expr: `topk(10, ${sum(rate(ofProgram("wsitrace_events_recorded_total")), "kind")})`, legend: "{{kind}}" },
      ],
    }),
    seriesPanel({
      title: "Events lost",
      description: "Events a second that happened and were not seen, by cause. It is 0 while all is well.",
      unit: units.CountsPerSecond,
      width: FULL_WIDTH / 4,
      queries: sums(rate(ofProgram("wsitrace_events_lost_total")), "cause"),
    }),
    seriesPanel({
      title: "Duration of a scrape",
      description: "How long a scrape took to render, which happens on a thread of its own.",
      unit: units.Seconds,
      width: FULL_WIDTH / 4,
      queries: sums(ofTarget("wsitrace_scrape_duration_seconds"), "instance"),
    }),
    seriesPanel({
      title: "Size of a scrape",
      description: "It depends on the number of vhosts and protocols, not on the number of connections.",
      unit: units.BytesIEC,
      width: FULL_WIDTH / 4,
      queries: sums(ofTarget("wsitrace_scrape_size_bytes"), "instance"),
    }),
  ],
});

export const overview = () =>
  framed({
    uid: OVERVIEW_DASHBOARD,
    title: "wsitrace / overview",
    description: "Connections of programs that use libwebsockets, as wsitrace sees them.",
    rows: [glance(), connections(), transactionRow(), sessions(), tls(), causes(), loop(), tracer()],
  });
