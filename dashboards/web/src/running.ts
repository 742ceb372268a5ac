// SPDX-License-Identifier: MIT
//
// The callbacks that keep an event loop, while they do: a line each, gone when they return.

import { h, set_text } from "./dom";
import { counted, span, visible } from "./format";
import type { Process, Running } from "./model";

const MOST_LINES = 5;

/** One of them, and how long it has run by now. */
export interface Blocker {
  process: Process;
  running: Running;
  for_ns: number;
}

/** "LWS_CALLBACK_HTTP of protocol dyn" */
export function callback_text({ callback, protocol }: Running): string {
  return protocol === null ? callback : `${callback} of protocol ${visible(protocol)}`;
}

/** "…, thread 0; 4 connections wait" */
function who_waits({ thread, waiting }: Running): string {
  return `, thread ${thread}` + (waiting === 0 ? "" : `; ${counted(waiting, "connection")} ${waiting === 1 ? "waits" : "wait"}`);
}

/** What is said of a connection on such a thread: of the one that the callback is about, or of one that waits. */
export function blocked_text({ running, for_ns }: Blocker, connection: number): string {
  const since = `${callback_text(running)} has run for ${span(for_ns)}`;
  if (running.connection === connection) return `Its callback blocks the event loop: ${since}${who_waits(running)}.`;
  const whose = running.connection === null ? "" : ` on connection ${running.connection}`;
  return `It waits for the event loop of thread ${running.thread}: ${since}${whose}.`;
}

interface Line {
  element: HTMLElement;
  text: HTMLElement;
  open: HTMLButtonElement;
  shown: Blocker | null;
}

/** Above the table: which callbacks block their loop now. */
export class Blockers {
  readonly element = h("div", { class: "blockers", role: "status" });
  private readonly lines: Line[] = [];
  private readonly more = h("p", { class: "banner blocker", hidden: true });

  constructor(private readonly several: () => boolean, private readonly open: (key: string) => void) {
    this.element.append(this.more);
  }

  show(blockers: Blocker[]): void {
    const shown = blockers.slice(0, MOST_LINES);
    while (this.lines.length < shown.length) this.add_line();
    this.lines.forEach((line, at) => this.fill(line, shown[at] ?? null));
    this.more.hidden = blockers.length <= MOST_LINES;
    set_text(this.more, `${counted(blockers.length - shown.length, "more event loop")} blocked.`);
  }

  private add_line(): void {
    const text = h("span"), open = h("button", { type: "button" });
    const line: Line = { element: h("p", { class: "banner blocker" }, text, open), text, open, shown: null };
    open.onclick = () => {
      if (line.shown !== null) this.open(`${line.shown.process.pid}/${line.shown.running.connection}`);
    };
    this.lines.push(line);
    this.more.before(line.element);
  }

  private fill(line: Line, blocker: Blocker | null): void {
    line.shown = blocker;
    line.element.hidden = blocker === null;
    if (blocker === null) return;
    const { process, running, for_ns } = blocker;
    const whose = this.several() ? `${visible(process.program)} ${process.pid}, ` : "";
    set_text(line.text, `Event loop blocked for ${span(for_ns)}: ${whose}${callback_text(running)}${who_waits(running)}.`);
    line.open.hidden = running.connection === null;
    set_text(line.open, `Connection ${running.connection}`);
  }
}
