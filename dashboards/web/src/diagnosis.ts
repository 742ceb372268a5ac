// SPDX-License-Identifier: MIT
//
// What went wrong, why, and what to do: what api/diagnosis says, or in one line why it says nothing.

import { h } from "./dom";
import { count, counted, visible } from "./format";
import type { Diagnosed, DiagnosisDocument, DiagnosisSet, Frame } from "./model";

const MOST_SHOWN = 100;
const MOST_EVIDENCE = 12;

type Process = DiagnosisDocument["process"];

export class Diagnoses {
  private readonly body = h("div", {}, h("p", { class: "none" }, "Reading the trace…"));
  readonly element = h("section", { class: "diagnoses" }, this.body);
  private shown = ""; // what is in sight stays as it is until there is something else to say

  constructor(private readonly on_choose: (of: { pid: number; connection: number }) => void) {}

  show(answer: DiagnosisSet): void {
    const what = JSON.stringify(answer);
    if (what === this.shown) return;
    this.shown = what;
    this.body.replaceChildren(...this.parts(answer));
  }

  private parts({ documents, not_read }: DiagnosisSet): HTMLElement[] {
    const all = documents.flatMap(({ process, diagnoses }) => diagnoses.map((one): [Process, Diagnosed] => [process, one]));
    const left_out = documents.reduce((sum, document) => sum + document.left_out, 0);
    const notes = [
      all.length === 0 && not_read.length === 0 ? nothing_text(documents) : "",
      all.length > MOST_SHOWN ? `${count(all.length - MOST_SHOWN)} more are in api/diagnosis.` : "",
      left_out > 0 ? `${counted(left_out, "connection")} with still other troubles ${left_out === 1 ? "is" : "are"} left out.` : "",
      ...not_read.map((line) => `${documents.length === 0 ? "No diagnosis" : "Not read"}: ${line}`)];
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

/** Where something may be missing, having found nothing is no promise. */
function nothing_text(documents: DiagnosisDocument[]): string {
  return documents.some((document) => document.lost > 0) ? "Nothing was found so far, but events were lost." : "Nothing went wrong, so far.";
}

/** How many diagnoses there are, as `wsitrace explain` counts them: "1 fault, 2 kinds of trouble, 3 notes"; empty: none. */
export function totals_text({ documents }: DiagnosisSet): string {
  const of = (severity: Diagnosed["severity"]) => documents.reduce((sum, { totals }) => sum + totals[severity], 0);
  const parts: [number, string][] = [[of("fault"), counted(of("fault"), "fault")], [of("trouble"), `${counted(of("trouble"), "kind")} of trouble`],
    [of("note"), counted(of("note"), "note")]];
  return parts.filter(([number]) => number > 0).map(([, text]) => text).join(", ");
}

export const has_severity = ({ documents }: DiagnosisSet, severity: Diagnosed["severity"]): boolean =>
  documents.some(({ totals }) => totals[severity] > 0);

/** "callback_http (protocols.c:41)" */
function place_text(frame: Frame | null): string {
  if (frame?.function == null) return "";
  const file = frame.file?.split("/").at(-1);
  return file === undefined ? frame.function : `${frame.function} (${file}:${frame.line})`;
}
