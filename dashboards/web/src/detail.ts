// SPDX-License-Identifier: MIT
//
// One connection: its facts, its timeline, and why it ended.

import { Refused, get_connection } from "./api";
import { h, set_text } from "./dom";
import { count, span, visible, words } from "./format";
import type { Connection, Row } from "./model";
import { lanes_of } from "./spans";
import type { Store } from "./store";
import { Waterfall } from "./waterfall";

const MOST_STREAMS = 64; // that are asked for
const REFRESH_MS = 400; // at most that often

export class Detail {
  readonly element: HTMLElement;
  private readonly title = h("h2", { tabindex: -1 });
  private readonly end = h("p", { class: "close-cause" });
  private readonly facts = h("dl", { class: "facts" });
  private readonly waterfall = new Waterfall();
  private key = "";
  private connection: Connection | null = null;
  private streams: Connection[] = [];
  private more_streams = 0;
  private stale = false;
  private loading = false;
  private timer = 0;

  constructor(private readonly store: Store, private readonly is_connected: () => boolean, on_close: () => void) {
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close (Escape)", title: "Close (Escape)" }, "✕");
    close.onclick = on_close;
    this.element = h("section", { class: "panel detail", "aria-label": "Connection", hidden: true },
      h("header", {}, this.title, this.end, close), h("div", { class: "panel-body" }, this.waterfall.element, this.facts));
  }

  open(row: Row): void {
    this.key = row.key;
    this.connection = null;
    this.streams = [];
    this.waterfall.reset();
    this.element.hidden = false;
    set_text(this.title, `Connection ${row.id}`);
    set_text(this.end, "");
    void this.load();
  }

  close(): void {
    this.element.hidden = true;
    this.key = "";
  }

  opened_key(): string {
    return this.key;
  }

  /** Rows have changed: asks again when this connection or a stream of it is among them. */
  changed(keys: Set<string>): void {
    const row = this.store.rows.get(this.key);
    if (this.key === "" || row === undefined) return;
    if (keys.has(this.key) || (row.role === "h2" && this.store.children(row).some((child) => keys.has(child.key)))) this.ask();
  }

  /** Time has gone on. */
  tick(): void {
    if (this.key !== "" && this.connection !== null && this.connection.state !== "closed") this.draw_timeline();
  }

  private ask(): void {
    if (this.loading) {
      this.stale = true;
    } else if (this.timer === 0) {
      this.timer = window.setTimeout(() => void this.load(), REFRESH_MS);
    }
  }

  private async load(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = 0;
    this.loading = true;
    this.stale = false;
    const key = this.key;
    try {
      const connection = await get_connection(key);
      const streams = await this.load_streams(key);
      if (key === this.key) {
        this.connection = connection;
        this.streams = streams;
        this.draw();
      }
    } catch (error) {
      if (key === this.key) set_text(this.end, error instanceof Refused && error.status === 404 ? "It is not known any more." :
        "It could not be read; this goes on when the server answers again.");
    } finally {
      this.loading = false;
      if (this.stale || key !== this.key) this.ask_if_open();
    }
  }

  private ask_if_open(): void {
    if (this.key !== "") this.ask();
  }

  private async load_streams(key: string): Promise<Connection[]> {
    const row = this.store.rows.get(key);
    const children = row === undefined ? [] : this.store.children(row).sort((a, b) => a.id - b.id);
    this.more_streams = Math.max(children.length - MOST_STREAMS, 0);
    const answers = await Promise.allSettled(children.slice(-MOST_STREAMS).map((child) => get_connection(child.key)));
    return answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  }

  private pid(): number {
    return Number(this.key.split("/")[0]);
  }

  private draw(): void {
    const c = this.connection;
    if (c === null) return;
    set_text(this.title, `Connection ${c.id}: ${[c.role ?? c.class, c.tls ? "over TLS" : ""].filter(Boolean).join(" ")}`);
    this.element.dataset["state"] = c.state;
    set_text(this.end, end_text(c));
    this.facts.replaceChildren(...facts_of(c, this.more_streams).flatMap(([name, value]) =>
      [h("div", {}, h("dt", {}, name), h("dd", {}, visible(value)))]));
    this.draw_timeline();
  }

  private draw_timeline(): void {
    if (this.connection !== null) {
      this.waterfall.show(lanes_of(this.connection, this.streams, this.store.now_ns(this.pid(), this.is_connected())));
    }
  }
}

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

function facts_of(c: Connection, more_streams: number): [string, string][] {
  const facts: [string, string | null][] = [
    ["what", `${c.class}, ${c.origin} (${words(c.evidence)})`],
    ["vhost", c.vhost], ["peer", c.peer], ["local", c.local], ["target", c.target],
    ["descriptor", c.fd === null ? null : String(c.fd)],
    ["thread", c.thread === null ? null : String(c.thread)],
    ["wsi", `${c.pointer}, life ${c.generation}`],
    ["carried by", c.parent === null ? null : `connection ${c.parent}`],
    ["transactions", c.transactions_total === 0 ? null : listed(c.transactions_total, c.transactions.length)],
    ["bindings", c.bindings_total === 0 ? null : listed(c.bindings_total, c.bindings.length)],
    ["more streams", more_streams === 0 ? null : `${count(more_streams)} earlier ones, in the table`],
  ];
  if (c.tls) {
    const { version, cipher, alpn, sni, resumed, verify, handshake_ns, failure } = c.tls;
    facts.push(["TLS", [version, cipher].filter(Boolean).join(", ")], ["ALPN", alpn], ["SNI", sni],
      ["TLS session", resumed === null ? null : resumed ? "resumed" : "new"],
      ["certificate", verify === null ? null : verify === 0 ? "verified" : `refused (${verify})`],
      ["TLS handshake", handshake_ns === null ? null : span(handshake_ns)], ["TLS failure", failure]);
  }
  if (c.tcp) {
    facts.push(["received", `${count(c.tcp.received_bytes)} bytes`], ["sent", `${count(c.tcp.sent_bytes)} bytes`],
      ["round trip", `${count(c.tcp.rtt_us)} µs`], ["retransmits", count(c.tcp.retransmits)]);
  }
  return facts.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "");
}

function listed(total: number, kept: number): string {
  return total === kept ? count(total) : `${count(total)}, ${count(kept)} of them kept`;
}
