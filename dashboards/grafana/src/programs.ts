// SPDX-License-Identifier: MIT
// What agents observe, program by program: how many processes, how they end, how each program does, and the rings.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { framed, type Row, statRow } from "./frame";
import { FULL_WIDTH, type SeriesAbout, seriesPanel, sums } from "./panels";
import {
  CLIENT,
  count,
  failed,
  increase,
  OLD_S,
  ofProgram,
  ofTarget,
  ofVhost,
  oldestAge,
  rate,
  share,
  sum,
  sumOrZero,
  transactions,
} from "./queries";
import * as shared from "./shared";

const processes = ofProgram("wsitrace_agent_processes");
const ended = ofProgram("wsitrace_agent_processes_ended_total");
const rings = ofTarget("wsitrace_agent_rings");

const glance = (): Row =>
  statRow("At a glance", [
    {
      title: "Processes",
      description: "Processes that agents observe now.",
      unit: units.Short,
      expr: sum(processes),
    },
    {
      title: "Programs",
      description: "Programs that agents have met, those included of which no process is left.",
      unit: units.Short,
      expr: count(sum(processes, "program")),
    },
    {
      title: "Killed or crashed",
      description: "Processes that ended in the time shown and did not say that they would.",
      unit: units.Short,
      expr: sumOrZero(increase(ofProgram("wsitrace_agent_processes_ended_total", 'ended="unknown"')), processes),
      warn: 1,
    },
    shared.findings(),
    shared.eventsLost("all else here is incomplete."),
    {
      title: "Rings refused",
      description: "Files among the rings that are none, or that others may write to. The agent has said why, once for each.",
      unit: units.Short,
      expr: sum(ofTarget("wsitrace_agent_rings", 'fate="refused"')),
      warn: 1,
    },
  ]);

/** One series a program: EXPR, which is by that label. */
const byProgram = (title: string, description: string, unit: string, expr: string): SeriesAbout => ({
  title,
  description,
  unit,
  leadsTo: "program",
  queries: [{ expr, legend: "{{program}}" }],
});

const processRow = (): Row => ({
  title: "Processes",
  panels: [
    seriesPanel({
      ...byProgram(
        "Processes, by program",
        "Processes that are observed now. Click on a program to look at it alone.",
        units.Short,
        sum(processes, "program"),
      ),
      stacked: true,
    }),
    seriesPanel({
      title: "Processes that ended, by how",
      description: "Processes a second. exit: in order. exec: it became another program. unknown: it was killed, or crashed.",
      unit: units.CountsPerSecond,
      leadsTo: "program",
      queries: sums(rate(ended), "program", "ended"),
    }),
  ],
});

const connections = (): Row => ({
  title: "Connections and transactions",
  panels: [
    seriesPanel(
      byProgram(
        "Open connections, by program",
        "Client connections that are open now.",
        units.Short,
        sum(ofVhost("lws_connections_open", CLIENT), "program"),
      ),
    ),
    seriesPanel({
      ...byProgram(
        "Oldest connection, by program",
        "How long the oldest open client connection is open. A line that climbs with the clock is one that nobody closes.",
        units.Seconds,
        oldestAge("program"),
      ),
      limit: OLD_S,
    }),
    seriesPanel(
      byProgram(
        "Transactions, by program",
        "Requests and their responses that ended, a second.",
        units.RequestsPerSecond,
        sum(rate(transactions), "program"),
      ),
    ),
    seriesPanel(
      byProgram(
        "Failed, by program",
        "Share of transactions that were aborted or rejected.",
        units.PercentUnit,
        share(rate(failed), rate(transactions), "program"),
      ),
    ),
  ],
});

const trust = (): Row => ({
  title: "Findings and loss",
  panels: [
    seriesPanel(
      byProgram(
        "Findings, by program",
        "Leaks and faults that wsitrace sees now.",
        units.Short,
        sum(ofProgram("lws_findings"), "program"),
      ),
    ),
    seriesPanel(
      byProgram(
        "Events lost, by program",
        "Events a second that happened and were not seen. It is 0 while all is well.",
        units.CountsPerSecond,
        sum(rate(ofProgram("wsitrace_events_lost_total")), "program"),
      ),
    ),
  ],
});

const ringRow = (): Row => ({
  title: "Rings",
  panels: [
    seriesPanel({
      title: "Rings, by fate",
      description:
        "made: the agent's own, into which programs record. taken_over: left behind by who is gone. left_to_owner: somebody " +
        "else reads it. refused: no ring, or not to be trusted.",
      unit: units.Short,
      width: FULL_WIDTH,
      queries: sums(rings, "instance", "fate"),
    }),
  ],
});

export const programs = () =>
  framed({
    uid: "wsitrace-programs",
    title: "wsitrace / programs",
    description: "The programs that agents observe: their processes, how these end, and how each program does.",
    agentsOnly: true,
    rows: [glance(), processRow(), connections(), trust(), ringRow()],
  });
