// SPDX-License-Identifier: MIT
//
// What the table shows: class, vhost, state and free text.

import { h, set_text } from "./dom";
import { count, visible } from "./format";
import type { Store } from "./store";
import type { Filter } from "./view";

const CLASSES: [string, string][] = [["-internal", "Not internal"], ["client", "Clients"], ["listener", "Listeners"],
  ["internal", "Internal"], ["", "All classes"]];
const STATES: [string, string][] = [["", "All states"], ["open", "Open"], ["handshake", "Handshake"], ["idle", "Idle"],
  ["active", "Active"], ["upgraded", "Upgraded"], ["closed", "Closed"]];
const EVERY_VHOST: [string, string] = ["", "All vhosts"];

export class Toolbar {
  readonly element: HTMLElement;
  readonly text = h("input", { type: "search", placeholder: "Filter (press /)", "aria-label": "Filter by any text", spellcheck: "false",
    autocomplete: "off", maxlength: 200 });
  private readonly cls = select("Class", CLASSES);
  private readonly vhost = select("Vhost", [EVERY_VHOST]);
  private readonly state = select("State", STATES);
  private readonly shown = h("span", { class: "shown" });
  private vhosts = "";

  constructor(private readonly on_change: (filter: Filter, typed: boolean) => void) {
    this.element = h("form", { class: "toolbar", role: "search", "aria-label": "Filter" },
      this.text, this.cls, this.vhost, this.state, this.shown);
    this.element.onsubmit = (event) => event.preventDefault();
    this.element.oninput = (event) => this.on_change(this.filter(), event.target === this.text);
  }

  filter(): Filter {
    return { class: this.cls.value, vhost: this.vhost.value, state: this.state.value, text: this.text.value };
  }

  set(filter: Filter): void {
    if (![...this.vhost.options].some(({ value }) => value === filter.vhost)) // of a link: no connection of it is known yet
      this.vhost.append(...options([[filter.vhost, visible(filter.vhost)]]));
    this.text.value = filter.text;
    for (const [field, value] of [[this.cls, filter.class], [this.vhost, filter.vhost], [this.state, filter.state]] as const) {
      field.value = value;
      if (field.selectedIndex < 0) field.selectedIndex = 0; // a link with a value that there is not
    }
  }

  update(store: Store, shown: number): void {
    const names = new Set<string>();
    for (const row of store.rows.values()) if (row.vhost !== null) names.add(row.vhost);
    if (this.vhost.value !== "") names.add(this.vhost.value);
    const vhosts = [...names].sort();
    if (vhosts.join("\n") !== this.vhosts) {
      this.vhosts = vhosts.join("\n");
      const chosen = this.vhost.value;
      this.vhost.replaceChildren(...options([EVERY_VHOST, ...vhosts.map((name): [string, string] => [name, visible(name)])]));
      this.vhost.value = chosen;
    }
    const left_out = store.more > 0 ? `, ${count(store.more)} more not loaded` : "";
    set_text(this.shown, `${count(shown)} of ${count(store.rows.size)}${left_out}`);
  }
}

function options(entries: [string, string][]): HTMLElement[] {
  return entries.map(([value, name]) => h("option", { value }, name));
}

function select(label: string, entries: [string, string][]): HTMLSelectElement {
  return h("select", { "aria-label": label }, ...options(entries));
}
