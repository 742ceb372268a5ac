// SPDX-License-Identifier: MIT
//
// One connection: its facts, its timeline, and why it ended.

import { Refused, get_connection } from "./api";
import { reason_text } from "./cells";
import { h, set_text } from "./dom";
import { end_text, facts_of, facts_of_row } from "./facts";
import { visible } from "./format";
import type { Connection, Row } from "./model";
import { fragment_of, place_of } from "./route";
import { blocked_text } from "./running";
import { lanes_of } from "./spans";
import type { Store } from "./store";
import { Waterfall } from "./waterfall";

const MOST_STREAMS = 64; // that are asked for
const REFRESH_MS = 400; // at most that often
const UNHEARD_MS = 2000; // how often an open connection is asked for of which the stream does not tell
const COPIED_MS = 1500;

/** A look at one connection, from its opening to the next one's: an answer that comes later belongs to nobody. */
interface Visit {
  readonly key: string;
  readonly over: AbortController;
  connection: Connection | null;
  streams: Connection[];
  more_streams: number;
  loading: boolean;
  stale: boolean; // something has changed since it was asked for
  failed: boolean;
  timer: number;
}

export class Detail {
  readonly element: HTMLElement;
  private readonly title = h("h2", { tabindex: -1 });
  private readonly end = h("p", { class: "close-cause" });
  private readonly link = h("a", { class: "permalink", title: "Link to this connection" }, "Link");
  private readonly trouble = h("p", { class: "trouble", role: "status", hidden: true });
  private readonly blocked = h("p", { class: "trouble blocked", hidden: true });
  private readonly facts = h("dl", { class: "facts" });
  readonly waterfall = new Waterfall();
  private visit: Visit | null = null;

  constructor(private readonly store: Store, private readonly is_connected: () => boolean, on_close: () => void) {
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close (Escape)", title: "Close (Escape)" }, "✕");
    close.onclick = on_close;
    this.link.onclick = (event) => this.copy_link(event);
    this.element = h("section", { class: "panel detail", "aria-label": "Connection", hidden: true },
      h("header", {}, this.title, this.end, this.link, close),
      h("div", { class: "panel-body" }, this.trouble, this.blocked, this.waterfall.element, this.facts));
  }

  /** KEY: "PID/ID", of a row or not. */
  open(key: string): void {
    if (this.visit?.key === key) return;
    this.leave();
    this.visit = { key, over: new AbortController(), connection: null, streams: [], more_streams: 0, loading: false, stale: false,
      failed: false, timer: 0 };
    this.waterfall.reset();
    this.element.hidden = false;
    this.link.href = `#${fragment_of({ ...place_of(""), connection: key })}`;
    this.tell("");
    this.draw_row(key, this.store.rows.get(key));
    void this.load(this.visit);
  }

  close(): void {
    this.leave();
    this.element.hidden = true;
  }

  opened_key(): string {
    return this.visit?.key ?? "";
  }

  /** Rows have changed: asks again when this connection or a stream of it is among them. */
  changed(keys: Set<string>): void {
    const { visit } = this;
    if (visit === null) return;
    const row = this.store.rows.get(visit.key);
    const is_ours = keys.has(visit.key) || (row?.role === "h2" && this.store.children(row).some((child) => keys.has(child.key)));
    if (is_ours || (visit.failed && this.is_connected())) this.ask(visit);
  }

  /** Time has gone on. */
  tick(): void {
    const { visit } = this;
    this.draw_blocked(visit);
    if (visit === null || visit.connection === null || visit.connection.state === "closed") return;
    this.draw_timeline(visit);
    if (this.is_connected() && !this.store.rows.has(visit.key)) this.ask(visit, UNHEARD_MS);
  }

  private leave(): void {
    if (this.visit === null) return;
    clearTimeout(this.visit.timer);
    this.visit.over.abort();
    this.visit = null;
  }

  private ask(visit: Visit, wait_ms = REFRESH_MS): void {
    if (visit.loading) {
      visit.stale = true;
    } else if (visit.timer === 0) {
      visit.timer = window.setTimeout(() => void this.load(visit), wait_ms);
    }
  }

  private async load(visit: Visit): Promise<void> {
    clearTimeout(visit.timer);
    visit.timer = 0;
    visit.loading = true;
    visit.stale = false;
    try {
      const connection = await get_connection(visit.key, visit.over.signal);
      const streams = await this.load_streams(visit);
      if (visit !== this.visit) return;
      Object.assign(visit, { connection, streams, failed: false });
      this.tell("");
      this.draw(visit);
    } catch (error) {
      if (visit !== this.visit) return;
      visit.failed = true;
      this.tell(trouble_text(error, visit.connection !== null));
    } finally {
      visit.loading = false;
    }
    if (visit.stale) this.ask(visit);
  }

  private async load_streams(visit: Visit): Promise<Connection[]> {
    const row = this.store.rows.get(visit.key);
    const children = row === undefined ? [] : this.store.children(row).sort((a, b) => a.id - b.id);
    visit.more_streams = Math.max(children.length - MOST_STREAMS, 0);
    const answers = await Promise.allSettled(children.slice(-MOST_STREAMS).map((child) => get_connection(child.key, visit.over.signal)));
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  }

  private tell(trouble: string): void {
    this.trouble.hidden = trouble === "";
    set_text(this.trouble, trouble);
  }

  private name_of(key: string): string {
    const [pid, id] = key.split("/");
    const program = this.store.rows.get(key)?.program ?? this.store.processes.get(Number(pid))?.program ?? "process";
    return this.store.processes.size > 1 ? `Connection ${id} of ${visible(program)} ${pid}` : `Connection ${id}`;
  }

  /** What its row tells, until there is more. */
  private draw_row(key: string, row: Row | undefined): void {
    set_text(this.title, this.name_of(key));
    this.element.dataset["state"] = row?.state ?? "";
    set_text(this.end, row === undefined ? "" : row.state === "closed" ? `Closed: ${reason_text(row)}` : `Open, ${row.state}`);
    this.show_facts(row === undefined ? [] : facts_of_row(row));
  }

  private draw(visit: Visit): void {
    const c = visit.connection;
    if (c === null) return;
    set_text(this.title, `${this.name_of(visit.key)}: ${[c.role ?? c.class, c.tls ? "over TLS" : ""].filter(Boolean).join(" ")}`);
    this.element.dataset["state"] = c.state;
    set_text(this.end, end_text(c));
    this.show_facts(facts_of(c, visit.more_streams));
    this.draw_timeline(visit);
  }

  /** What keeps its event loop now, its own callback or another's. */
  private draw_blocked(visit: Visit | null): void {
    const c = visit?.connection ?? null;
    const pid = Number(visit?.key.split("/")[0]);
    const blocker = c === null || c.state === "closed" ? undefined :
      this.store.blockers(this.is_connected()).find(({ process, running }) => process.pid === pid && running.thread === c.thread);
    this.blocked.hidden = blocker === undefined;
    set_text(this.blocked, blocker === undefined || c === null ? "" : blocked_text(blocker, c.id));
  }

  private show_facts(facts: [string, string][]): void {
    this.facts.replaceChildren(...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, visible(value)))));
  }

  private draw_timeline({ key, connection, streams }: Visit): void {
    if (connection === null) return;
    this.waterfall.show(lanes_of(connection, streams, this.store.now_ns(Number(key.split("/")[0]), this.is_connected())));
  }

  /** Where a page may write to the clipboard (https, localhost); elsewhere it is a link like any other. */
  private copy_link(event: MouseEvent): void {
    if (!window.isSecureContext || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const answer = (text: string) => {
      set_text(this.link, text);
      window.setTimeout(() => set_text(this.link, "Link"), COPIED_MS);
    };
    navigator.clipboard.writeText(this.link.href).then(() => answer("Copied"), () => answer("Not copied: the browser does not allow it"));
  }
}

function trouble_text(error: unknown, is_known: boolean): string {
  if (error instanceof Refused && error.status === 404) return "wsitrace does not know this connection, or has forgotten it: it keeps those that ended last.";
  if (error instanceof Refused && error.is_access()) return "wsitrace does not show this connection without a token that it accepts.";
  return is_known ? "No connection to wsitrace; showing the last known state." :
    "No connection to wsitrace; the timeline follows when wsitrace answers again.";
}
