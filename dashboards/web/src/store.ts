// SPDX-License-Identifier: MIT
//
// The rows as they are known now, and the time of each process between two messages.

import type { Loss, Message, Process, Row, Totals } from "./model";
import type { Blocker } from "./running";

export class Store {
  readonly rows = new Map<string, Row>();
  readonly processes = new Map<number, Process>();
  loss: Loss = { recorded: 0, lost: 0 };
  totals: Totals = { opened: 0, closed: 0, open: 0, transactions: 0, findings: 0, connections: 0, connections_open: 0, streams: 0, listeners: 0 };
  /** Changes with every row that does. */
  version = 0;
  /** How many rows the first message has left out; they come by add_page(). */
  more = 0;
  private heard_ms = 0;
  private readonly gone = new Set<string>(); // while pages are on their way

  /** Returns the keys of the rows that are new, changed or gone. */
  apply(message: Message): Set<string> {
    const touched = new Set<string>();
    this.heard_ms = performance.now();
    this.loss = message.loss;
    this.totals = message.totals;
    if (message.type === "hello") {
      for (const key of this.rows.keys()) touched.add(key);
      this.rows.clear();
      this.gone.clear();
      this.more = message.more;
    } else {
      for (const key of message.gone) {
        if (this.rows.delete(key)) touched.add(key);
        if (this.more > 0) this.gone.add(key);
      }
    }
    for (const row of message.rows) {
      this.rows.set(row.key, row);
      touched.add(row.key);
    }
    this.hear_of_processes(message);
    if (touched.size > 0) this.version++;
    return touched;
  }

  /** Each message names all processes that there are; changes may leave out what is known, and a row tells the name of a new one. */
  private hear_of_processes({ processes, rows }: Message): void {
    const before = new Map(this.processes);
    this.processes.clear();
    for (const process of processes) {
      const program = before.get(process.pid)?.program ?? rows.find(({ pid }) => pid === process.pid)?.program ?? "";
      this.processes.set(process.pid, { program, ...process });
    }
  }

  /** Rows that were asked for beside the stream: what the stream has said since is newer. */
  add_page(rows: Row[], more: number): void {
    for (const row of rows) {
      if (!this.rows.has(row.key) && !this.gone.has(row.key)) this.rows.set(row.key, row);
    }
    this.more = more;
    if (more === 0) this.gone.clear();
    this.version++;
  }

  /** Now, in the process of a row. It stands still while nothing is heard. */
  now_ns(pid: number, connected: boolean): number {
    const process = this.processes.get(pid);
    const since_ms = connected && process?.ended === null ? performance.now() - this.heard_ms : 0;
    return (process?.now_ns ?? 0) + since_ms * 1e6;
  }

  /** How long it has lived, or lived; null where that is unknown. */
  age_ns(row: Row, connected: boolean): number | null {
    if (row.opened_ns === null) return null;
    if (row.state === "closed" && row.closed_ns === null) return null;
    return Math.max((row.closed_ns ?? this.now_ns(row.pid, connected)) - row.opened_ns, 0);
  }

  /** What blocks an event loop now, longest first. Nothing is known of that while nothing is heard. */
  blockers(connected: boolean): Blocker[] {
    if (!connected) return [];
    const all = [...this.processes.values()].flatMap((process) => process.running.map((running) =>
      ({ process, running, for_ns: Math.max(this.now_ns(process.pid, connected) - running.since_ns, 0) })));
    return all.sort((a, b) => b.for_ns - a.for_ns);
  }

  children(row: Row): Row[] {
    return [...this.rows.values()].filter((other) => other.parent === row.id && other.pid === row.pid);
  }

  find(pid: number, id: number): Row | undefined {
    return this.rows.get(`${pid}/${id}`);
  }
}
