// SPDX-License-Identifier: MIT
//
// Which rows the table shows, and in which order.

import { type Column, haystack_of } from "./cells";
import type { Row } from "./model";
import type { Store } from "./store";

export interface Filter {
  class: string; // "": all, "-internal": all but lws's own
  vhost: string;
  state: string; // "": all, "open": all but closed
  text: string;
}

export const EVERYTHING: Filter = { class: "", vhost: "", state: "", text: "" };

export interface Order {
  column: Column;
  down: boolean;
}

const WORDS: Record<string, (row: Row) => string> = {
  state: (row) => row.state,
  program: (row) => `${row.program} ${row.pid}`,
  class: (row) => `${row.class} ${row.role ?? ""}`,
  vhost: (row) => row.vhost ?? "",
  protocol: (row) => row.protocol ?? "",
  peer: (row) => row.peer ?? "",
  path: (row) => row.path ?? "",
  reason: (row) => row.reason ?? "",
};

export class View {
  filter: Filter = { class: "-internal", vhost: "", state: "", text: "" };
  order: Order = { column: "age", down: true };
  rows: Row[] = [];
  private readonly haystacks = new WeakMap<Row, string>();

  constructor(private readonly store: Store) {}

  refresh(): void {
    const text = this.filter.text.trim().toLowerCase();
    const rows: Row[] = [];
    for (const row of this.store.rows.values()) if (this.passes(row, text)) rows.push(row);
    this.rows = rows.sort(this.comparator());
  }

  /** The default order of a column: what matters most comes first. */
  static starts_down(column: Column): boolean {
    return column === "age" || column === "transactions";
  }

  private passes(row: Row, text: string): boolean {
    const { class: cls, vhost, state } = this.filter;
    if (cls === "-internal" ? row.class === "internal" : cls !== "" && row.class !== cls) return false;
    if (vhost !== "" && row.vhost !== vhost) return false;
    if (state === "open" ? row.state === "closed" : state !== "" && row.state !== state) return false;
    return text === "" || this.haystack(row).includes(text);
  }

  private haystack(row: Row): string {
    let text = this.haystacks.get(row);
    if (text === undefined) {
      text = haystack_of(row);
      this.haystacks.set(row, text);
    }
    return text;
  }

  /** Open ones first, whatever the order: they can still be looked after. Ties are settled by id. */
  private comparator(): (a: Row, b: Row) => number {
    const sign = this.order.down ? -1 : 1;
    const value = this.value();
    return (a, b) => {
      const a_closed = a.state === "closed", b_closed = b.state === "closed";
      if (a_closed !== b_closed) return a_closed ? 1 : -1;
      const x = value(a), y = value(b);
      if (x !== y) return (x < y ? -1 : 1) * sign;
      return a.pid - b.pid || a.id - b.id;
    };
  }

  private value(): (row: Row) => number | string {
    const column = this.order.column;
    if (column === "id") return (row) => row.id;
    if (column === "transactions") return (row) => row.transactions;
    if (column !== "age") return WORDS[column] ?? (() => "");
    // A process's clock starts with it: ages of several are compared by where their clocks stand now.
    return (row) => {
      if (row.opened_ns === null) return -1;
      const end = row.closed_ns ?? (row.state === "closed" ? null : this.store.processes.get(row.pid)?.now_ns);
      return end === null || end === undefined ? -1 : end - row.opened_ns;
    };
  }
}
