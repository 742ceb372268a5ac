// SPDX-License-Identifier: MIT
//
// What the cells of a row say: the table shows it, and the filter looks through it.

import { count, visible, words } from "./format";
import type { Row } from "./model";
import { SEVERITY_OF_CLOSE, type Severity } from "./vocabulary";

export type Column = "state" | "program" | "id" | "class" | "vhost" | "protocol" | "peer" | "path" | "transactions" | "age" | "reason";

/** How a closed one ended, for its colour: as they do, or not. */
export function end_of(row: Row): "" | Severity {
  if (row.state !== "closed") return "";
  return row.reason === null ? "bad" : SEVERITY_OF_CLOSE[row.reason];
}

export function reason_text(row: Row): string {
  if (row.state !== "closed") return "";
  return `${words(row.reason ?? "end not seen")}${row.by && row.by !== "unknown" ? `, by ${row.by}` : ""}`;
}

/** All cells but the age. */
export function texts_of(row: Row): [Column, string][] {
  const text = (value: string | null) => (value === null || value === "" ? "–" : visible(value));
  return [
    ["state", row.state],
    ["program", `${visible(row.program)} ${row.pid}`],
    ["id", String(row.id)],
    ["class", row.class === "listener" ? row.class : [row.class, row.role].filter(Boolean).join(" ")],
    ["vhost", text(row.vhost)],
    ["protocol", text(row.protocol)],
    ["peer", text(row.peer)],
    ["path", text(row.path)],
    ["transactions", count(row.transactions)],
    ["reason", reason_text(row)],
  ];
}

/** What is cut last when a cell has no room for all: the pid behind a program's name, the port behind an address. */
export function tail_of(column: Column, text: string): string {
  if (column === "program") return /\s\d+$/.exec(text)?.[0] ?? "";
  if (column === "peer") return /:\d+$/.exec(text)?.[0] ?? "";
  return "";
}

/** All that a filter by text finds a row by: what is displayed, and the names that the API has for it. */
export function haystack_of(row: Row): string {
  const raw = [row.key, row.program, row.class, row.origin, row.role, row.vhost, row.protocol, row.state, row.peer, row.path,
    row.reason, row.by];
  return [...raw, ...texts_of(row).map(([, text]) => text)].join("\n").toLowerCase();
}
