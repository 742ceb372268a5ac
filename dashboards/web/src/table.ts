// SPDX-License-Identifier: MIT
//
// The table of connections. Only the rows that can be seen are in the document; they are used again while one scrolls.

import { type Column, end_of, tail_of, texts_of } from "./cells";
import { h, set_attribute, set_text } from "./dom";
import { age } from "./format";
import type { Row } from "./model";
import { type Order, View } from "./view";

const ROW_PX = 28; // --row in style.css
const SPARE_ROWS = 8; // above and below what is seen

const COLUMNS: [Column, string][] = [
  ["state", "State"], ["program", "Program"], ["id", "Id"], ["class", "Class"], ["vhost", "Vhost"], ["protocol", "Protocol"], ["peer", "Peer"],
  ["path", "Path"], ["transactions", "Trans."], ["age", "Age"], ["reason", "Ended"],
];
const NUMBERS = new Set<Column>(["id", "transactions", "age"]);
const WITH_TAIL = new Set<Column>(["program", "peer"]); // two parts, of which the second is not cut

interface Slot {
  element: HTMLElement;
  cells: Map<Column, HTMLElement>;
  row: Row | null;
  index: number;
}

export interface TableHost {
  age_ns(row: Row): number | null;
  several_programs(): boolean;
  is_in_callback(row: Row): boolean; // one that blocks its event loop
  on_order(order: Order): void;
  on_open(row: Row): void;
}

export class Table {
  readonly element: HTMLElement;
  private readonly body = h("div", { class: "rows", role: "rowgroup" });
  private readonly scroller = h("div", { class: "scroller" }, this.body);
  private readonly heads = new Map<Column, HTMLElement>();
  private readonly slots: Slot[] = [];
  private readonly empty = h("p", { class: "empty", hidden: true });
  private rows: Row[] = [];
  private current = ""; // key
  private opened = "";
  private asked = false;
  private pressed: Row | null = null;

  constructor(private readonly host: TableHost) {
    const head = h("div", { class: "row head", role: "row", "aria-rowindex": 1 });
    for (const [column, title] of COLUMNS) {
      const button = h("button", { type: "button", class: "sort" }, title);
      button.onclick = () => this.host.on_order({ column, down: View.starts_down(column) });
      const cell = h("div", { class: `cell c-${column}`, role: "columnheader", "aria-sort": "none" }, button);
      this.heads.set(column, cell);
      head.append(cell);
    }
    this.element = h("div", { class: "table", role: "grid", tabindex: 0, "aria-label": "Connections", "aria-colcount": COLUMNS.length },
      h("div", { class: "heads", role: "rowgroup" }, head), this.scroller, this.empty);
    this.scroller.addEventListener("scroll", () => this.ask_for_draw(), { passive: true });
    this.body.onpointerdown = (event) => {
      this.pressed = this.slots.find(({ element }) => element.contains(event.target as Node))?.row ?? null;
    };
    this.body.onclick = () => { // the row that was there when it was pressed: rows move while others come and go
      if (this.pressed === null) return;
      this.go_to(this.pressed.key);
      this.host.on_open(this.pressed);
    };
    new ResizeObserver(() => this.keep_current_in_sight()).observe(this.scroller);
  }

  show(rows: Row[], order: Order, nothing: string): void {
    this.rows = rows;
    this.body.style.height = `${rows.length * ROW_PX}px`;
    set_attribute(this.element, "aria-rowcount", String(rows.length + 1));
    set_text(this.empty, nothing);
    this.empty.hidden = rows.length > 0;
    for (const [column, cell] of this.heads) {
      set_attribute(cell, "aria-sort", column !== order.column ? "none" : order.down ? "descending" : "ascending");
    }
    this.draw();
  }

  mark_opened(key: string): void {
    this.opened = key;
    this.draw();
  }

  current_row(): Row | undefined {
    return this.rows.find((row) => row.key === this.current);
  }

  go_to(key: string): void {
    this.current = key;
    const index = this.rows.findIndex((row) => row.key === key);
    if (index >= 0) this.scroll_to(index);
    this.draw();
  }

  /** Moves the current row by so many; from nowhere to the first. */
  move(by: number): void {
    if (this.rows.length === 0) return;
    const at = this.rows.findIndex((row) => row.key === this.current);
    const index = Math.min(Math.max(at < 0 ? (by > 0 ? 0 : this.rows.length - 1) : at + by, 0), this.rows.length - 1);
    this.go_to(this.rows[index]!.key);
  }

  page_rows(): number {
    return Math.max(Math.floor(this.scroller.clientHeight / ROW_PX) - 1, 1);
  }

  draw(): void {
    this.element.classList.toggle("several", this.host.several_programs());
    const first = Math.max(Math.floor(this.scroller.scrollTop / ROW_PX) - SPARE_ROWS, 0);
    const seen = Math.ceil(this.scroller.clientHeight / ROW_PX) + 2 * SPARE_ROWS;
    const last = Math.min(first + seen, this.rows.length);
    while (this.slots.length < Math.min(seen, this.rows.length)) this.add_slot();
    // A row keeps its slot while one scrolls: index modulo the number of slots.
    const used = new Set<Slot>();
    for (let index = first; index < last; index++) {
      const slot = this.slots[index % this.slots.length]!;
      used.add(slot);
      this.fill(slot, this.rows[index]!, index);
    }
    for (const slot of this.slots) if (!used.has(slot)) this.retire(slot);
    const current = this.slots.find((slot) => slot.row !== null && slot.row.key === this.current);
    if (current) set_attribute(this.element, "aria-activedescendant", current.element.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  private ask_for_draw(): void {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  private add_slot(): void {
    const cells = new Map<Column, HTMLElement>();
    const element = h("div", { class: "row", role: "row", id: `row-${this.slots.length}` });
    for (const [column] of COLUMNS) {
      const cell = h("div", { class: `cell c-${column}${NUMBERS.has(column) ? " number" : ""}`, role: "gridcell" });
      if (WITH_TAIL.has(column)) cell.append(h("span", { class: "start" }), h("span", { class: "tail" }));
      cells.set(column, cell);
      element.append(cell);
    }
    this.slots.push({ element, cells, row: null, index: -1 });
    this.body.append(element);
  }

  private fill(slot: Slot, row: Row, index: number): void {
    if (slot.index !== index) {
      slot.element.style.transform = `translateY(${index * ROW_PX}px)`;
      slot.index = index;
      set_attribute(slot.element, "aria-rowindex", String(index + 2));
      slot.element.hidden = false;
    }
    set_attribute(slot.element, "aria-selected", String(row.key === this.opened));
    slot.element.classList.toggle("current", row.key === this.current);
    slot.element.classList.toggle("blocker", this.host.is_in_callback(row));
    const age_ns = this.host.age_ns(row);
    set_text(slot.cells.get("age")!, age_ns === null ? "–" : age(age_ns, row.state !== "closed"));
    if (slot.row === row) return;
    slot.row = row;
    slot.element.dataset["key"] = row.key;
    slot.element.dataset["state"] = row.state;
    slot.element.dataset["end"] = end_of(row);
    for (const [column, text] of texts_of(row)) {
      const cell = slot.cells.get(column)!;
      const tail = tail_of(column, text);
      if (WITH_TAIL.has(column)) {
        set_text(cell.children[0] as HTMLElement, text.slice(0, text.length - tail.length));
        set_text(cell.children[1] as HTMLElement, tail);
      } else {
        set_text(cell, text);
      }
      set_attribute(cell, "title", text);
    }
  }

  private retire(slot: Slot): void {
    if (slot.index < 0) return;
    slot.index = -1;
    slot.row = null;
    slot.element.hidden = true;
    slot.element.classList.remove("current", "blocker");
    for (const name of Object.keys(slot.element.dataset)) delete slot.element.dataset[name];
  }

  private keep_current_in_sight(): void {
    const index = this.opened === "" ? -1 : this.rows.findIndex((row) => row.key === this.opened);
    if (index >= 0) this.scroll_to(index);
    this.ask_for_draw();
  }

  private scroll_to(index: number): void {
    const top = index * ROW_PX, height = this.scroller.clientHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + ROW_PX > this.scroller.scrollTop + height) this.scroller.scrollTop = top + ROW_PX - height;
  }
}
