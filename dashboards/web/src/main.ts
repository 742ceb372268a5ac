// SPDX-License-Identifier: MIT
//
// The page. Messages change the store; at most four times a second the store is shown.
//
//    live -> store -> view -> table
//                 \-> banners, blockers of the loop, charts, what went wrong (badge and panel), detail
//
// What is shown of it, a connection or the findings and the filter, is in the address (route.ts).

import { get_connections, take_token } from "./api";
import { Banners } from "./banners";
import { Charts } from "./charts";
import { Detail } from "./detail";
import { Diagnoses } from "./diagnosis";
import { h, set_attribute, set_text } from "./dom";
import { FindingsPanel } from "./findings";
import { count, counted, visible, words } from "./format";
import { listen } from "./keys";
import { type Link, Live } from "./live";
import type { Message } from "./model";
import { type Place, Route } from "./route";
import { Blockers } from "./running";
import { Store } from "./store";
import { Table } from "./table";
import { Toolbar } from "./toolbar";
import { EVERYTHING, View } from "./view";

const DRAW_MS = 250;
const SHARE = 9; // very many rows take long to sort: at most every tenth millisecond goes into that
const PAGE_ROWS = 1000;
const MOST_ROWS = 50_000; // in the page; what is beyond is counted

const store = new Store();
const view = new View(store);
const live = new Live(on_message, on_link);
const route = new Route((place) => {
  if (take_token()) live.connect();
  show_place(place);
});
const is_connected = () => live.link.state === "connected";
const banners = new Banners(() => live.connect());
const blockers = new Blockers(() => store.processes.size > 1, (key) => open(key));
const charts = new Charts(() => (is_connected() ? store.totals : null));
const toolbar = new Toolbar((filter, typed) => {
  view.filter = filter;
  show();
  step(typed ? "typing" : "");
});
const table = new Table({
  age_ns: (row) => store.age_ns(row, is_connected()),
  several_programs: () => store.processes.size > 1,
  is_in_callback: (row) => blocking.has(row.key),
  on_order: (order) => {
    const again = view.order.column === order.column;
    view.order = again ? { ...order, down: !view.order.down } : order;
    show();
  },
  on_open: (row) => open(row.key),
});
const detail = new Detail(store, is_connected, back);
const findings = new FindingsPanel(choose, toggle_findings, new Diagnoses(choose));
const processes = h("span", { class: "processes" });
const totals = h("span", { class: "totals" });

let shown_version = -1;
let next_show_ms = 0;
let blocking = new Set<string>(); // keys of the connections that those callbacks are about
let awaited = ""; // key of a row that is to be scrolled to once it is there

function on_link(link: Link): void {
  banners.show_link(link);
  document.body.dataset["link"] = link.state;
  if (link.state !== "connected") charts.restart();
  if (view.rows.length === 0) show();
}

function on_message(message: Message): void {
  const touched = store.apply(message);
  banners.show_loss(store.loss);
  findings.heard(store.totals.findings);
  detail.changed(touched);
  if (message.type === "hello") {
    charts.restart();
    void load_rest();
  }
}

/** What the first message has no room for, page by page; overlapping, because rows move up while others end. */
async function load_rest(): Promise<void> {
  const step = PAGE_ROWS - PAGE_ROWS / 10;
  for (let offset = 0; store.more > 0 && offset < MOST_ROWS; offset += step) {
    const page = await get_connections(offset, PAGE_ROWS).catch(() => null);
    if (page === null || !is_connected()) return;
    store.add_page(page.connections, Math.max(page.total - offset - page.connections.length, 0));
  }
}

function show(): void {
  const begin_ms = performance.now();
  view.refresh();
  shown_version = store.version;
  table.show(view.rows, view.order, nothing_text());
  toolbar.update(store, view.rows.length);
  if (awaited !== "" && view.rows.some((row) => row.key === awaited)) {
    table.go_to(awaited);
    awaited = "";
  }
  next_show_ms = performance.now() + SHARE * (performance.now() - begin_ms);
}

/** Why the table is empty. */
function nothing_text(): string {
  if (store.rows.size > 0) return "No matching connections.";
  switch (live.link.state) {
    case "connected": return "No connections yet.";
    case "connecting": return "Connecting…";
    case "waiting": return "No connection to wsitrace.";
    case "unauthorized": return "Connections are shown once you are let in.";
  }
}

function show_head(): void {
  const names = [...store.processes.values()].map(({ program, pid, ended }) =>
    `${visible(program)} ${pid}${ended === null ? "" : ` (${words(ended)})`}`);
  set_text(processes, names.length > 3 ? `${names.length} processes` : names.join(", "));
  set_attribute(processes, "title", names.join("\n"));
  const { connections, connections_open, listeners, streams, transactions } = store.totals;
  const parts = [counted(connections, "connection"), `${count(connections_open)} open`, counted(listeners, "listener"),
    streams > 0 ? counted(streams, "stream") : "", counted(transactions, "transaction")];
  set_text(totals, parts.filter(Boolean).join(" · "));
}

function show_blockers(): void {
  const now = store.blockers(is_connected());
  blocking = new Set(now.map(({ process, running }) => `${process.pid}/${running.connection}`));
  blockers.show(now);
}

/** Puts what is shown into the address, as a step that Back takes back. */
function step(series = ""): void {
  route.go({ connection: detail.opened_key(), findings: !findings.element.hidden, filter: toolbar.filter() }, series);
}

function show_place({ connection, findings: with_findings, filter }: Place): void {
  toolbar.set(filter);
  view.filter = toolbar.filter();
  if (connection === "") detail.close();
  else detail.open(connection);
  findings.set_open(with_findings);
  table.mark_opened(connection);
  awaited = connection;
  show();
}

/** KEY: of a row, or of a connection that has none here: the server knows more of those that have ended. */
function open(key: string, series = ""): void {
  findings.set_open(false);
  detail.open(key);
  table.mark_opened(key);
  step(series);
}

function back(): void {
  const nothing_open = detail.element.hidden && findings.element.hidden;
  if (nothing_open && toolbar.text.value !== "") {
    toolbar.text.value = "";
    view.filter = toolbar.filter();
    show();
  }
  detail.close();
  findings.set_open(false);
  table.mark_opened("");
  table.element.focus({ preventScroll: true });
  step();
}

function toggle_findings(open: boolean): void {
  if (open) {
    detail.close();
    table.mark_opened("");
  }
  findings.set_open(open);
  step();
}

/** The connection of a finding or a diagnosis, whatever the filter. */
function choose({ pid, connection }: { pid: number; connection: number | null }): void {
  if (connection === null) return;
  const key = `${pid}/${connection}`;
  if (store.rows.has(key) && !view.rows.some((row) => row.key === key)) {
    toolbar.set(EVERYTHING);
    view.filter = EVERYTHING;
    show();
  }
  table.go_to(key);
  open(key);
}

listen({
  move: (by) => {
    table.element.focus({ preventScroll: true });
    table.move(by);
    const row = table.current_row();
    if (row !== undefined && detail.opened_key() !== "") open(row.key, "moving");
  },
  page: () => table.page_rows(),
  open: () => {
    const row = table.current_row();
    if (row !== undefined) open(row.key);
  },
  back,
  find: () => {
    toolbar.text.focus();
    toolbar.text.select();
  },
  zoom: (steps) => (steps === 0 ? detail.waterfall.show_all() : detail.waterfall.zoom_by(steps)),
  pan: (share) => detail.waterfall.pan_by(share),
});

document.getElementById("page")!.replaceChildren(
  h("header", { class: "top" },
    h("h1", {}, "wsitrace"), h("span", { class: "link-state" }), processes, totals, findings.badge),
  banners.element, blockers.element, charts.element,
  h("main", {}, toolbar.element, table.element, detail.element, findings.element));
take_token();
show_place(route.here());
live.connect();
setInterval(() => {
  show_blockers();
  if (store.version !== shown_version && performance.now() >= next_show_ms) show();
  else table.draw(); // ages go on
  show_head();
  detail.tick();
}, DRAW_MS);
