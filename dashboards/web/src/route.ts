// SPDX-License-Identifier: MIT
//
// What the page shows, as the fragment of its address: #connection=4711/13&class=client&text=peer+closed. No server sees it, it can
// be copied and opened, and Back and Forward lead through it.

import type { Filter } from "./view";

export interface Place {
  connection: string; // "PID/ID"; "": none is open
  findings: boolean; // whether the panel is open
  filter: Filter;
}

const SETTLE_MS = 200; // browsers refuse a page that changes its address too often
const KEY = /^\d+\/\d+$/;

/** How the class filter is written: its default is left out, and no class at all has a name. */
const CLASSES: Record<string, string> = { "-internal": "", "": "all" };

export function fragment_of({ connection, findings, filter }: Place): string {
  const parts: [string, string][] = [["connection", connection], ["findings", findings ? "shown" : ""],
    ["class", CLASSES[filter.class] ?? filter.class], ["vhost", filter.vhost], ["state", filter.state], ["text", filter.text]];
  const given = new URLSearchParams(parts.filter(([, value]) => value !== ""));
  return given.toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
}

export function place_of(fragment: string): Place {
  const given = new URLSearchParams(fragment);
  const of = (name: string) => given.get(name) ?? "";
  const connection = KEY.test(of("connection")) ? of("connection") : "";
  return { connection, findings: connection === "" && of("findings") !== "",
    filter: { class: of("class") === "all" ? "" : of("class") || "-internal", vhost: of("vhost"), state: of("state"), text: of("text") } };
}

export class Route {
  private series = "";
  private pending: (() => void) | null = null;
  private timer = 0;

  constructor(on_place: (place: Place) => void) {
    addEventListener("popstate", () => {
      this.series = "";
      this.pending = null;
      on_place(this.here());
    });
  }

  here(): Place {
    return place_of(location.hash.slice(1));
  }

  /** A step that Back takes back. Steps of one SERIES in a row, such as letters that are typed, are one step. */
  go(place: Place, series = ""): void {
    const address = `#${fragment_of(place)}`;
    if (series !== "" && series === this.series) {
      this.pending = () => history.replaceState(null, "", address);
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.settle(), SETTLE_MS);
      return;
    }
    this.settle();
    this.series = series;
    if (address !== (location.hash || "#")) history.pushState(null, "", address);
  }

  private settle(): void {
    this.pending?.();
    this.pending = null;
  }
}
