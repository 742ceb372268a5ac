// SPDX-License-Identifier: MIT
// Leak hunting: does everything that begins end, what is the oldest, what grows, what was found, and can it be trusted.
import * as units from "@grafana/grafana-foundation-sdk/units";
import { framed, type Row, statRow } from "./frame";
import { balancePanel, FULL_WIDTH, seriesPanel, sums } from "./panels";
import { CLIENT, increase, OLD_S, ofProgram, ofTarget, ofVhost, oldestAge, rate, sum, sumOrZero } from "./queries";
import * as shared from "./shared";

const opened = ofVhost("lws_connections_opened_total", CLIENT);
const closed = ofVhost("lws_connections_closed_total", CLIENT);
const binds = ofVhost("lws_protocol_binds_total");
const drops = ofVhost("lws_protocol_drops_total");
const lost = ofProgram("wsitrace_events_lost_total");

const minus = (begun: string, ended: string, ...labels: string[]): string =>
  `${sum(begun, ...labels)} - ${sumOrZero(ended, begun, ...labels)}`;

const verdict = (): Row =>
  statRow("Verdict", [
    shared.findings(),
    shared.oldestConnection(),
    {
      title: "Open bindings",
      description: "Protocols that are bound to a connection and were not dropped.",
      unit: units.Short,
      expr: sum(ofVhost("lws_protocol_bindings_open")),
    },
    {
      title: "Binds without drop",
      description:
        "How many more protocols were bound than dropped in the time shown. Around 0 over a time that begins and ends " +
        "quiet.",
      unit: units.Short,
      expr: minus(increase(binds), increase(drops)),
    },
    {
      title: "Opened and not closed",
      description: "How many more client connections were opened than closed in the time shown.",
      unit: units.Short,
      expr: minus(increase(opened), increase(closed)),
    },
    shared.eventsLost("nothing found does not mean that nothing leaked."),
  ]);

const balance = (): Row => ({
  title: "Balance",
  panels: [
    seriesPanel({
      title: "Binds and drops",
      description:
        "Protocols bound and dropped, a second. A protocol whose lines part leaks the memory of its " +
        "sessions.",
      unit: units.CountsPerSecond,
      queries: [
        { expr: sum(rate(binds), "protocol"), legend: "{{protocol}}: bind" },
        { expr: sum(rate(drops), "protocol"), legend: "{{protocol}}: drop" },
      ],
    }),
    balancePanel({
      title: "Binds minus drops",
      description: "By vhost and protocol. It swings around 0; one that stays above 0 grows without end.",
      unit: units.CountsPerSecond,
      leadsTo: "vhost",
      queries: [{ expr: minus(rate(binds), rate(drops), "vhost", "protocol"), legend: "{{vhost}} {{protocol}}" }],
    }),
    seriesPanel({
      ...shared.bindingsOpen("vhost", "protocol"),
      description: "By vhost and protocol. Compare the lowest points: a wave goes back, a leak does not.",
      width: FULL_WIDTH,
      leadsTo: "vhost",
    }),
  ],
});

const age = (): Row => ({
  title: "Age",
  panels: [
    seriesPanel({
      title: "Age of the oldest connection",
      description:
        "Of client connections of each vhost. A line that climbs with the clock is one connection that nobody " +
        "closes.",
      unit: units.Seconds,
      width: FULL_WIDTH,
      limit: OLD_S,
      leadsTo: "vhost",
      queries: [{ expr: oldestAge("vhost"), legend: "{{vhost}}" }],
    }),
  ],
});

const growth = (): Row => ({
  title: "Growth",
  panels: [
    seriesPanel({
      title: "Open connections",
      description:
        "Client connections of each vhost, and the least of them within the last hour: the floor that rises with a " +
        "leak.",
      unit: units.Short,
      leadsTo: "vhost",
      queries: [
        { expr: sum(ofVhost("lws_connections_open", CLIENT), "vhost"), legend: "{{vhost}}" },
        {
          expr: `sum by (vhost) (min_over_time(${ofVhost("lws_connections_open", CLIENT)}[1h]))`,
          legend: "{{vhost}}: least of 1 h",
        },
      ],
    }),
    balancePanel({
      title: "Opened minus closed",
      description: "Client connections a second. It swings around 0; above 0 for long means that they pile up.",
      unit: units.CountsPerSecond,
      leadsTo: "vhost",
      queries: [{ expr: minus(rate(opened), rate(closed), "vhost"), legend: "{{vhost}}" }],
    }),
    seriesPanel({
      title: "In their handshake",
      description: "Client connections that did not get as far as a request. Few and changing is well.",
      unit: units.Short,
      leadsTo: "vhost",
      queries: sums(ofVhost("lws_connections_open", `${CLIENT}, state="handshake"`), "vhost"),
    }),
    seriesPanel({ ...shared.sessionsOpen("vhost", "protocol"), leadsTo: "vhost" }),
  ],
});

const findings = (): Row => ({
  title: "Findings and diagnoses",
  panels: [
    seriesPanel({
      title: "Findings, by kind",
      description:
        "What each kind means and what to do: `wsitrace check FILE` tells it of each finding, with the " +
        "connection.",
      unit: units.Short,
      stacked: true,
      width: FULL_WIDTH,
      queries: sums(ofProgram("lws_findings"), "instance", "program", "kind"),
    }),
    seriesPanel({
      title: "Diagnoses, by severity",
      description:
        "What went wrong so far, as `wsitrace explain FILE` lists it. Each finding is a fault; trouble and notes are only " +
        "here. Empty where no trace is written.",
      unit: units.Short,
      width: FULL_WIDTH,
      queries: sums(ofProgram("lws_diagnoses"), "instance", "program", "severity"),
    }),
    seriesPanel({
      title: "Age of the diagnoses",
      description: "How long ago the traces were read for them. They are read again after a scrape.",
      unit: units.Seconds,
      queries: [
        { expr: `time() - min by (instance) (${ofProgram("lws_diagnoses_time_seconds")})`, legend: "{{instance}}" },
      ],
    }),
    seriesPanel({
      title: "Traces not diagnosed",
      description: "Too large, not readable, or not written: what went wrong there is not counted.",
      unit: units.Short,
      queries: sums(ofTarget("wsitrace_traces_not_diagnosed"), "instance"),
    }),
  ],
});

const loss = (): Row => ({
  title: "Loss",
  panels: [
    seriesPanel({
      title: "Events lost, by cause",
      description: "Events a second. ring_full: the host recorded faster than it was drained.",
      unit: units.CountsPerSecond,
      queries: sums(rate(lost), "instance", "cause"),
    }),
    seriesPanel({
      title: "Events recorded",
      description: "Events a second that reached the fold.",
      unit: units.CountsPerSecond,
      queries: sums(rate(ofProgram("wsitrace_events_recorded_total")), "instance"),
    }),
  ],
});

export const leaks = () =>
  framed({
    uid: "wsitrace-leaks",
    title: "wsitrace / leak hunting",
    description:
      "Does everything that begins end: bindings, connections and sessions, the oldest of them, and what wsitrace " +
      "found.",
    rows: [verdict(), balance(), age(), growth(), findings(), loss()],
  });
