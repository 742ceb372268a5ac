// SPDX-License-Identifier: MIT
//
// A connection in words: its end, and what is known of it.

import { count, counted, span, visible, words } from "./format";
import type { Connection, Row } from "./model";

/** Why it ended, who did, and what says so. */
export function end_text(c: Connection): string {
  if (c.state !== "closed") return `Open, ${c.state}`;
  if (c.close === null) return "Closed: its end was not seen";
  const { reason, by, evidence, detail, ws_code } = c.close;
  const who = by === "unknown" ? "" : `, by ${by}`;
  const code = ws_code === null ? "" : ` (code ${ws_code})`;
  const why = evidence === "none" ? "nothing tells why" : `evidence: ${words(evidence)}${detail ? `, ${visible(detail)}` : ""}`;
  return `Closed: ${words(reason)}${code}${who} — ${why}`;
}

const known = (facts: [string, string | null][]): [string, string][] =>
  facts.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "");

/** What the table tells of it already. */
export function facts_of_row(row: Row): [string, string][] {
  return known([["what", `${row.class}, ${row.origin}`], ["vhost", row.vhost], ["protocol", row.protocol], ["peer", row.peer],
    ["path", row.path], ["carried by", row.parent === null ? null : `connection ${row.parent}`],
    ["transactions", row.transactions === 0 ? null : count(row.transactions)]]);
}

export function facts_of(c: Connection, more_streams: number): [string, string][] {
  const facts: [string, string | null][] = [
    ["what", `${c.class}, ${c.origin} (${words(c.evidence)})`],
    ["vhost", c.vhost], ["peer", c.peer], ["local", c.local], ["target", c.target],
    ["descriptor", c.fd === null ? null : String(c.fd)],
    ["thread", c.thread === null ? null : String(c.thread)],
    ["wsi", `${c.pointer}, life ${c.generation}`],
    ["carried by", c.parent === null ? null : `connection ${c.parent}`],
    ["transactions", c.transactions_total === 0 ? null : listed(c.transactions_total, c.transactions.length)],
    ["bindings", c.bindings_total === 0 ? null : listed(c.bindings_total, c.bindings.length)],
    ["more streams", more_streams === 0 ? null : `${counted(more_streams, "earlier one")}, in the table`],
  ];
  if (c.tls) {
    const { version, cipher, alpn, sni, resumed, verify, handshake_ns, failure } = c.tls;
    facts.push(["TLS", [version, cipher].filter(Boolean).join(", ")], ["ALPN", alpn], ["SNI", sni],
      ["TLS session", resumed === null ? null : resumed ? "resumed" : "new"],
      ["certificate", verify === null ? null : verify === 0 ? "verified" : `refused (${verify})`],
      ["TLS handshake", handshake_ns === null ? null : span(handshake_ns)], ["TLS failure", failure]);
  }
  if (c.tcp) {
    facts.push(["received", counted(c.tcp.received_bytes, "byte")], ["sent", counted(c.tcp.sent_bytes, "byte")],
      ["round trip", `${count(c.tcp.rtt_us)} µs`], ["retransmits", count(c.tcp.retransmits)]);
  }
  return known(facts);
}

function listed(total: number, kept: number): string {
  return total === kept ? count(total) : `${count(total)}, ${count(kept)} of them kept`;
}
