// SPDX-License-Identifier: MIT
//
// What the API says, as types; agent/export/json/SCHEMA.md has the words. Times ending in _ns are nanoseconds since the start of
// their process, and null is unknown.

import type { CloseReason, FindingKind, Outcome } from "./vocabulary";

export type State = "handshake" | "idle" | "active" | "upgraded" | "closed";
export type Ns = number | null;

export interface Process {
  pid: number;
  program: string;
  now_ns: number;
  ended: string | null; // how; null while it runs
  running: Running[];
}

/** A callback of the program that keeps an event loop, for 0.2 s or more so far. */
export interface Running {
  thread: number;
  callback: string;
  protocol: string | null;
  connection: number | null;
  since_ns: number;
  waiting: number; // other open connections of the thread
}

export interface Loss {
  recorded: number;
  lost: number;
}

export interface Totals {
  opened: number;
  closed: number;
  open: number;
  transactions: number;
  findings: number;
  connections: number; // accepted, adopted and outbound ones
  connections_open: number;
  streams: number;
  listeners: number;
}

/** One connection in a line of the table. */
export interface Row {
  key: string; // "PID/ID"
  pid: number;
  program: string;
  id: number;
  class: string;
  origin: string;
  role: string | null;
  vhost: string | null;
  protocol: string | null;
  state: State;
  peer: string | null;
  path: string | null;
  opened_ns: Ns;
  closed_ns: Ns;
  transactions: number;
  parent: number | null;
  reason: CloseReason | null;
  by: string | null;
}

export interface Binding {
  protocol: string;
  bound_ns: number;
  dropped_ns: Ns;
  cause: string | null;
}

export interface Transaction {
  index: number;
  version: string | null;
  method: string | null;
  path: string | null;
  status: number | null;
  protocol: string | null;
  pipelined: boolean | null;
  pipelined_evidence: string | null;
  requested_ns: number;
  handled_ns: Ns;
  responded_ns: Ns;
  completed_ns: Ns;
  outcome: Outcome;
}

export interface Session {
  protocol: string | null;
  established_ns: number;
  closed_ns: Ns;
  peer_code: number | null;
  local_code: number | null;
}

export interface Close {
  reason: CloseReason;
  by: string;
  evidence: string;
  detail: string | null;
  ws_code: number | null;
}

export interface Tls {
  version: string | null;
  cipher: string | null;
  alpn: string | null;
  sni: string | null;
  resumed: boolean | null;
  verify: number | null;
  handshake_ns: Ns;
  failure: string | null;
}

/** One connection whole, as in wsitrace.report/1. */
export interface Connection {
  id: number;
  pointer: string;
  generation: number;
  class: string;
  origin: string;
  evidence: string;
  role: string | null;
  parent: number | null;
  thread: number | null;
  vhost: string | null;
  fd: number | null;
  local: string | null;
  peer: string | null;
  target: string | null;
  tls: Tls | null;
  tcp: { received_bytes: number; sent_bytes: number; rtt_us: number; retransmits: number } | null;
  opened_ns: Ns;
  connected_ns: Ns;
  closed_ns: Ns;
  state: State;
  close: Close | null;
  bindings: Binding[];
  bindings_total: number;
  transactions: Transaction[];
  transactions_total: number;
  session: Session | null;
}

export interface Finding {
  kind: FindingKind;
  program: string;
  pid: number;
  connections: number[];
  connection: number | null;
  certain: boolean;
  count: number;
  vhost: string | null;
  protocol: string | null;
  last_callback: string | null;
  first_ns: Ns;
  last_ns: Ns;
  age_ns: Ns;
  message: string;
  advice: string;
}

/** Why nothing can be promised of a process. */
export interface Doubt {
  program: string;
  pid: number;
  doubt: string;
}

export interface Findings {
  processes: Process[];
  verdict: "clean" | "findings" | "inconclusive";
  doubtful: Doubt[];
  findings: Finding[];
}

/** A place in a program, where it is known. */
export interface Frame {
  function: string | null;
  file: string | null;
  line: number | null;
}

export interface Diagnosed {
  cause: string;
  severity: "fault" | "trouble" | "note";
  certainty: "proven" | "likely";
  sentence: string;
  count: number;
  connections: number[];
  vhost: string | null;
  protocol: string | null;
  callback: Frame | null;
  evidence: string[];
  advice: string | null;
}

/** wsitrace.diagnosis/1 */
export interface DiagnosisDocument {
  process: { pid: number; program: string };
  lost: number;
  left_out: number;
  totals: Record<Diagnosed["severity"], number>;
  diagnoses: Diagnosed[];
}

export interface DiagnosisSet {
  documents: DiagnosisDocument[];
  not_read: string[];
}

export interface Page {
  processes: Process[];
  total: number;
  offset: number;
  connections: Row[];
}

export interface Hello {
  type: "hello";
  schema: string;
  processes: Process[];
  loss: Loss;
  totals: Totals;
  rows: Row[];
  more: number;
}

export interface Changes {
  type: "changes";
  processes: Omit<Process, "program">[];
  loss: Loss;
  totals: Totals;
  rows: Row[];
  gone: string[];
}

export type Message = Hello | Changes;
