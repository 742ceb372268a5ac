// SPDX-License-Identifier: MIT
//
// A connection as lanes of bars on one time axis: pure, without a document. dashboards/timeline draws by the same rules.

import { span, words } from "./format";
import type { Binding, Connection, Session, Transaction } from "./model";
import { type Outcome, SEVERITY_OF_OUTCOME } from "./vocabulary";

export type Phase = "life" | "handshake" | "waiting" | "handler" | "response" | "session" | "failed" | "binding";

export interface Bar {
  phase: Phase;
  from_ns: number;
  to_ns: number;
  open: boolean; // has not ended: to_ns is now
  tip: string;
}

export interface Lane {
  kind: "connection" | "binding" | "transaction" | "session" | "stream";
  name: string;
  note: string;
  bars: Bar[];
  end_ns: number | null; // where a mark shows that it is closed
  failed: boolean;
}

export const PHASES: [Phase, string][] = [
  ["life", "open, idle"],
  ["handshake", "handshake"],
  ["waiting", "request waits"],
  ["handler", "handler works"],
  ["response", "response"],
  ["session", "websocket session"],
  ["failed", "aborted or refused"],
  ["binding", "protocol bound"],
];

const is_failed = (outcome: Outcome): boolean => SEVERITY_OF_OUTCOME[outcome] === "bad";

function bar(phase: Phase, what: string, from_ns: number, to_ns: number | null, end_ns: number): Bar {
  const until = Math.max(to_ns ?? end_ns, from_ns);
  const tip = `${what}: ${span(until - from_ns)}${to_ns === null ? " and goes on" : ""}`;
  return { phase, from_ns, to_ns: until, open: to_ns === null, tip };
}

/** When it was first and last heard of: an open one until now, a closed one whose end was not seen until its last sign. */
export function extent(connection: Connection, now_ns: number): [number, number] {
  const times = [connection.opened_ns, connection.closed_ns];
  for (const b of connection.bindings) times.push(b.bound_ns, b.dropped_ns);
  for (const t of connection.transactions) times.push(t.requested_ns, t.completed_ns);
  if (connection.session) times.push(connection.session.established_ns, connection.session.closed_ns);
  const known = times.filter((time): time is number => time !== null);
  let from = Infinity, to = -Infinity;
  for (const time of known) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  if (known.length === 0) return [connection.state === "closed" ? now_ns : 0, now_ns];
  return [from, connection.state === "closed" ? to : Math.max(now_ns, to)];
}

/** When the handshake was over; null where there was none, or none is known. */
export function handshake_end(connection: Connection, end_ns: number): number | null {
  const { opened_ns, connected_ns, tls, origin, state } = connection;
  if (tls?.handshake_ns != null && opened_ns !== null) return (connected_ns ?? opened_ns) + tls.handshake_ns;
  if (state === "handshake") return end_ns;
  if (origin === "outbound") return connected_ns ?? end_ns;
  return null;
}

/** The phases of a transaction, in order. */
export function transaction_bars(transaction: Transaction, end_ns: number): Bar[] {
  const { requested_ns, handled_ns, responded_ns, completed_ns } = transaction;
  const steps: [Phase, string, number | null][] =
    handled_ns === null
      ? [responded_ns === null ? ["handler", "works", completed_ns] : ["waiting", "waits for the response", responded_ns]]
      : [["waiting", "waits for its handler", handled_ns],
         ["handler", "handler", responded_ns ?? completed_ns]];
  if (responded_ns !== null) steps.push(["response", "response", completed_ns]);
  const bars: Bar[] = [];
  let at_ns = requested_ns;
  for (const [phase, what, until_ns] of steps) {
    const made = bar(phase, what, at_ns, until_ns, end_ns);
    if (is_failed(transaction.outcome) && until_ns === completed_ns) made.phase = "failed";
    bars.push(made);
    at_ns = made.to_ns;
  }
  return bars;
}

export function request_text(transaction: Transaction): string {
  return `${transaction.method ?? "request"} ${transaction.path ?? ""}`.trim();
}

function transaction_lane(transaction: Transaction, end_ns: number): Lane {
  const { outcome, status, requested_ns, completed_ns } = transaction;
  const facts = [status === null ? "" : String(status), outcome === "completed" ? "" : outcome,
    transaction.pipelined ? "pipelined" : "", span(Math.max((completed_ns ?? end_ns) - requested_ns, 0))];
  return { kind: "transaction", name: request_text(transaction), note: facts.filter(Boolean).join(" · "),
    bars: transaction_bars(transaction, end_ns), end_ns: completed_ns, failed: is_failed(outcome) };
}

function life_lane(connection: Connection, from_ns: number, end_ns: number): Lane {
  const { opened_ns, closed_ns, session } = connection;
  const bars = [bar("life", "open", opened_ns ?? from_ns, connection.state === "closed" ? (closed_ns ?? end_ns) : null, end_ns)];
  const handshake = handshake_end(connection, end_ns);
  if (opened_ns !== null && handshake !== null) {
    bars.push(bar("handshake", "handshake", opened_ns, connection.state === "handshake" ? null : handshake, end_ns));
  }
  for (const t of connection.transactions) bars.push(...transaction_bars(t, end_ns));
  if (session) bars.push(session_bar(session, end_ns));
  return { kind: "connection", name: `connection ${connection.id}`, note: span(end_ns - (opened_ns ?? from_ns)), bars,
    end_ns: connection.state === "closed" ? end_ns : null, failed: false };
}

function session_bar(session: Session, end_ns: number): Bar {
  return bar("session", `session ${session.protocol ?? ""}`.trim(), session.established_ns, session.closed_ns, end_ns);
}

function session_lane(session: Session, end_ns: number): Lane {
  const codes = [session.peer_code === null ? "" : `peer sent ${session.peer_code}`,
    session.local_code === null ? "" : `sent ${session.local_code}`];
  const length = span((session.closed_ns ?? end_ns) - session.established_ns);
  return { kind: "session", name: `session ${session.protocol ?? ""}`, note: [...codes, length].filter(Boolean).join(" · "),
    bars: [session_bar(session, end_ns)], end_ns: session.closed_ns, failed: false };
}

/** One lane for each protocol, in the order in which they were bound first. */
function binding_lanes(bindings: Binding[], end_ns: number): Lane[] {
  const lanes = new Map<string, Lane>();
  for (const binding of bindings) {
    let lane = lanes.get(binding.protocol);
    if (!lane) {
      lane = { kind: "binding", name: `bound to ${binding.protocol}`, note: "", bars: [], end_ns: null, failed: false };
      lanes.set(binding.protocol, lane);
    }
    const made = bar("binding", `bound to ${binding.protocol}`, binding.bound_ns, binding.dropped_ns, end_ns);
    made.tip += binding.cause === null ? "" : `, ended by ${words(binding.cause)}`;
    lane.bars.push(made);
    lane.note = lane.bars.length === 1 ? span(made.to_ns - made.from_ns) : `${lane.bars.length} times`;
  }
  return [...lanes.values()];
}

/** A stream in one lane, below the connection that carries it. */
function stream_lane(stream: Connection, now_ns: number): Lane {
  const [from, end] = extent(stream, now_ns);
  const lane = life_lane(stream, from, end);
  const [first] = stream.transactions;
  lane.kind = "stream";
  lane.name = `${stream.id}: ${first ? request_text(first) : (stream.session?.protocol ?? words(stream.origin))}`;
  lane.note = [first?.status ?? "", stream.close?.reason === "response_done" ? "" : words(stream.close?.reason ?? ""),
    lane.note].filter(Boolean).join(" · ");
  lane.failed = stream.transactions.some((t) => is_failed(t.outcome));
  return lane;
}

/** All lanes of a connection; STREAMS are those that it carries. */
export function lanes_of(connection: Connection, streams: Connection[], now_ns: number): Lane[] {
  const [from, end] = extent(connection, now_ns);
  return [
    life_lane(connection, from, end),
    ...binding_lanes(connection.bindings, end),
    ...connection.transactions.map((t) => transaction_lane(t, end)),
    ...(connection.session ? [session_lane(connection.session, end)] : []),
    ...streams.map((stream) => stream_lane(stream, now_ns)),
  ];
}

/** Round times between two, at most MOST of them. */
export function ticks(from_ns: number, to_ns: number, most: number): number[] {
  let step = 1;
  for (let i = 0; (to_ns - from_ns) / step > most; i++) step *= i % 3 === 1 ? 2.5 : 2;
  const marks: number[] = [];
  for (let at = Math.ceil(from_ns / step) * step; at <= to_ns; at += step) marks.push(at);
  return marks;
}
