// SPDX-License-Identifier: MIT
//
// The page. Messages change the store; at most four times a second the store is shown.
//
//    live -> store -> view -> table
//                 \-> banners, charts, findings, detail

import { get_connections, take_token } from "./api";
import { Banners } from "./banners";
import { Charts } from "./charts";
import { Detail } from "./detail";
import { h, set_text } from "./dom";
import { FindingsPanel } from "./findings";
import { count, visible, words } from "./format";
import { listen } from "./keys";
import { Live } from "./live";
import type { Finding, Message, Row } from "./model";
import { Store } from "./store";
import { Table } from "./table";
import { Toolbar } from "./toolbar";
import { View } from "./view";

const DRAW_MS = 250;
const SHARE = 9; // very many rows take long to sort: at most every tenth millisecond goes into that
const PAGE_ROWS = 1000;
const MOST_ROWS = 50_000; // in the page; what is beyond is counted

const store = new Store();
const view = new View(store);
const live = new Live(on_message, (link) => {
  banners.show_link(link);
  document.body.dataset["link"] = link.state;
  if (link.state !== "connected") charts.restart();
});
const is_connected = () => live.link.state === "connected";
const banners = new Banners(() => live.connect());
const charts = new Charts(() => (is_connected() ? store.totals : null));
const toolbar = new Toolbar((filter) => {
  view.filter = filter;
  show();
});
const table = new Table({
  age_ns: (row) => store.age_ns(row, is_connected()),
  several_programs: () => store.processes.size > 1,
  on_order: (order) => {
    const again = view.order.column === order.column;
    view.order = again ? { ...order, down: !view.order.down } : order;
    show();
  },
  on_open: open,
});
const detail = new Detail(store, is_connected, back);
const findings = new FindingsPanel(choose, toggle_findings);
const processes = h("span", { class: "processes" });
const totals = h("span", { class: "totals" });

let shown_version = -1;
let next_show_ms = 0;

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
  const nothing = store.rows.size === 0 ? "No connections yet." : "No connection passes this filter.";
  table.show(view.rows, view.order, nothing);
  toolbar.update(store, view.rows.length);
  next_show_ms = performance.now() + SHARE * (performance.now() - begin_ms);
}

function show_head(): void {
  const names = [...store.processes.values()].map(({ program, pid, ended }) =>
    `${visible(program)} ${pid}${ended === null ? "" : ` (${words(ended)})`}`);
  set_text(processes, names.length > 3 ? `${names.length} processes` : names.join(", "));
  const { open, opened, closed, transactions } = store.totals;
  set_text(totals, `${count(open)} open · ${count(opened)} opened · ${count(closed)} closed · ${count(transactions)} transactions`);
}

function open(row: Row): void {
  findings.set_open(false);
  detail.open(row);
  table.mark_opened(row.key);
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
}

function toggle_findings(open: boolean): void {
  if (open) {
    detail.close();
    table.mark_opened("");
  }
  findings.set_open(open);
}

function choose(finding: Finding): void {
  const row = finding.connection === null ? undefined : store.find(finding.pid, finding.connection);
  if (row === undefined) return;
  if (!view.rows.includes(row)) toolbar.clear();
  table.go_to(row.key);
  open(row);
}

listen({
  move: (by) => {
    table.element.focus({ preventScroll: true });
    table.move(by);
    const row = table.current_row();
    if (row !== undefined && detail.opened_key() !== "") open(row);
  },
  page: () => table.page_rows(),
  open: () => {
    const row = table.current_row();
    if (row !== undefined) open(row);
  },
  back,
  find: () => {
    toolbar.text.focus();
    toolbar.text.select();
  },
});

document.getElementById("page")!.replaceChildren(
  h("header", { class: "top" },
    h("h1", {}, "wsitrace"), h("span", { class: "link-state" }), processes, totals, findings.badge),
  banners.element, charts.element,
  h("main", {}, toolbar.element, table.element, detail.element, findings.element));
take_token();
live.connect();
show();
setInterval(() => {
  if (store.version !== shown_version && performance.now() >= next_show_ms) show();
  else table.draw(); // ages go on
  show_head();
  detail.tick();
}, DRAW_MS);
