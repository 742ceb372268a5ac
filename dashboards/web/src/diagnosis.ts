// SPDX-License-Identifier: MIT
//
// What went wrong, why, and what to do: what api/diagnosis says, or in one line why it says nothing. The server reads a trace for each
// answer, so the page asks only while this is in sight.

import { Refused, get_diagnosis } from "./api";
import { h } from "./dom";
import { count, counted, visible } from "./format";
import type { Diagnosed, DiagnosisDocument, DiagnosisSet, Frame } from "./model";

const PAUSE_MS = 5_000;
const LATER_MS = 30_000; // where there is no trace, there will hardly be one soon
const MOST_SHOWN = 100;
const MOST_EVIDENCE = 12;

type Process = DiagnosisDocument["process"];

export class Diagnoses {
  private readonly body = h("div", {}, h("p", { class: "none" }, "Reading the trace…"));
  readonly element = h("section", { class: "diagnoses" }, h("h3", {}, "What went wrong, and why"), this.body);
  private is_open = false;
  private timer = 0;
  private shown = ""; // what is in sight stays as it is until there is something else to say

  constructor(private readonly on_choose: (of: { pid: number; connection: number }) => void) {}

  set_open(open: boolean): void {
    if (open === this.is_open) return;
    this.is_open = open;
    clearTimeout(this.timer);
    if (open) void this.load();
  }

  private async load(): Promise<void> {
    let wait_ms = PAUSE_MS;
    try {
      const answer = await get_diagnosis();
      this.show(JSON.stringify(answer), () => this.parts(answer));
    } catch (error) {
      if (error instanceof Refused && error.status === 404) {
        wait_ms = LATER_MS;
        this.show(error.why, () => [h("p", { class: "none" }, visible(`No diagnosis: ${error.why}`))]);
      }
    }
    clearTimeout(this.timer);
    if (this.is_open) this.timer = window.setTimeout(() => void this.load(), wait_ms);
  }

  private show(what: string, parts: () => HTMLElement[]): void {
    if (what === this.shown) return;
    this.shown = what;
    this.body.replaceChildren(...parts());
  }

  private parts({ documents, not_read }: DiagnosisSet): HTMLElement[] {
    const all = documents.flatMap(({ process, diagnoses }) => diagnoses.map((one): [Process, Diagnosed] => [process, one]));
    const left_out = documents.reduce((sum, document) => sum + document.left_out, 0);
    const notes = [
      all.length === 0 && not_read.length === 0 ? "Nothing went wrong, so far." : "",
      all.length > MOST_SHOWN ? `${count(all.length - MOST_SHOWN)} more are in api/diagnosis.` : "",
      left_out > 0 ? `${counted(left_out, "connection")} with still other troubles ${left_out === 1 ? "is" : "are"} left out.` : "",
      ...not_read.map((line) => `Not read: ${line}`)];
    return [...all.slice(0, MOST_SHOWN).map(([process, one]) => this.item(process, one)),
      ...notes.filter(Boolean).map((note) => h("p", { class: "none" }, visible(note)))];
  }

  private item({ program, pid }: Process, one: Diagnosed): HTMLElement {
    const where = [`${program} ${pid}`, one.vhost === null ? "" : `vhost ${one.vhost}`,
      one.protocol === null ? "" : `protocol ${one.protocol}`, place_text(one.callback)];
    const more = one.evidence.length - MOST_EVIDENCE;
    const item = h("article", { class: "diagnosis", "data-severity": one.severity },
      h("h4", {}, h("span", { class: "severity" }, one.severity), h("span", { class: "sentence" }, visible(one.sentence)),
        h("span", { class: "times" }, `× ${count(one.count)}`)),
      h("p", { class: "where" }, h("code", { class: "cause" }, visible(one.cause)), ", ", h("span", { class: "certainty" }, one.certainty),
        ` · ${visible(where.filter(Boolean).join(" · "))}`),
      h("ul", {}, ...one.evidence.slice(0, MOST_EVIDENCE).map((sentence) => h("li", {}, visible(sentence))),
        more > 0 ? h("li", {}, `${counted(more, "more sentence")} in api/diagnosis`) : null),
      one.advice === null ? null : h("p", { class: "advice" }, visible(one.advice)));
    const [connection] = one.connections;
    if (connection !== undefined) {
      const show = h("button", { type: "button" }, `Show connection ${connection}`);
      show.onclick = () => this.on_choose({ pid, connection });
      item.append(show);
    }
    return item;
  }
}

/** "callback_http (protocols.c:41)" */
function place_text(frame: Frame | null): string {
  if (frame?.function == null) return "";
  const file = frame.file?.split("/").at(-1);
  return file === undefined ? frame.function : `${frame.function} (${file}:${frame.line})`;
}
