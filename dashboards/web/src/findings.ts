// SPDX-License-Identifier: MIT
//
// What went wrong so far: how much of what is on the badge, all of it in the panel. It is what `wsitrace explain` says of the traces
// (api/diagnosis). Of a process without a trace only leaks and faults are known (api/findings), and both say so.

import { get_diagnosis, get_findings } from "./api";
import { type Diagnoses, has_severity, totals_text } from "./diagnosis";
import { h, set_text } from "./dom";
import { clock, count, counted, span, visible, words } from "./format";
import type { DiagnosisSet, Doubt, Finding, Findings } from "./model";

const PAUSE_MS = 1000; // at most that often
const OPEN_MS = 5_000; // the server reads the traces for each answer: more often only while somebody looks
const CLOSED_MS = 15_000; // what went wrong comes with age, too

export class FindingsPanel {
  readonly element: HTMLElement;
  readonly badge = h("button", { type: "button", class: "badge", "aria-expanded": "false", "data-verdict": "" }, "Reading the trace…");
  private readonly body = h("div", { class: "so-far" });
  private readonly as_of = h("p", { class: "as-of" });
  private asked_count = -1;
  private timer = 0;
  private read_at: Date | null = null; // what is shown

  constructor(private readonly on_choose: (finding: Finding) => void, on_toggle: (open: boolean) => void,
    private readonly diagnoses: Diagnoses) {
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close (Escape)", title: "Close (Escape)" }, "✕");
    this.element = h("section", { class: "panel findings", "aria-label": "What went wrong", hidden: true },
      h("header", {}, h("h2", {}, "What went wrong"), close),
      h("div", { class: "panel-body" }, diagnoses.element, this.body, this.as_of));
    close.onclick = () => on_toggle(false);
    this.badge.onclick = () => on_toggle(this.element.hidden);
  }

  set_open(open: boolean): void {
    if (open && this.element.hidden && this.asked_count !== -1) this.ask(0);
    this.element.hidden = !open;
    this.badge.setAttribute("aria-expanded", String(open));
  }

  /** Asks when the number of findings is another one than it was. */
  heard(findings: number): void {
    if (findings === this.asked_count) return;
    this.asked_count = findings;
    this.ask(0);
  }

  private ask(wait_ms: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(), wait_ms);
  }

  private async load(): Promise<void> {
    const asked = this.asked_count;
    try {
      const [findings, diagnosis] = await Promise.all([get_findings(), get_diagnosis()]);
      this.read_at = new Date();
      this.draw(findings, diagnosis);
    } catch {
      this.asked_count = -1; // the next message asks again
      this.grow_old();
    }
    this.ask(this.asked_count !== asked ? PAUSE_MS : this.element.hidden ? CLOSED_MS : OPEN_MS);
  }

  /** What is shown stays, and says how old it is: it is no good news any more. */
  private grow_old(): void {
    if (this.read_at === null || this.badge.dataset["old"] === "true") return;
    this.badge.dataset["old"] = "true";
    if (this.badge.dataset["verdict"] === "clean") this.badge.dataset["verdict"] = "inconclusive";
    set_text(this.badge, `${this.badge.textContent} (as of ${clock(this.read_at)})`);
  }

  private draw(findings: Findings, diagnosis: DiagnosisSet): void {
    const { verdict, text } = badge_of(findings, diagnosis);
    const { doubtful } = findings;
    const as_of = `As of ${clock(this.read_at ?? new Date())}.`;
    delete this.badge.dataset["old"];
    this.badge.dataset["verdict"] = verdict;
    set_text(this.badge, text);
    this.badge.title = doubtful.length > 0 ? doubtful.map(doubt_text).join("\n") : `${text}\n${as_of}`;
    set_text(this.as_of, as_of);
    this.diagnoses.show(diagnosis);
    const rest = without_diagnosis(findings, diagnosis);
    const only = rest.processes === 0 ? [] : [h("p", { class: "none" }, rest_text(rest))];
    const doubts = doubtful.length === 0 ? [] : [h("section", { class: "doubts" }, h("h3", {}, "Not certain, because"),
      h("ul", {}, ...doubtful.map((doubt) => h("li", {}, doubt_text(doubt)))))];
    this.body.replaceChildren(...only, ...rest.findings.map((finding) => this.item(finding)), ...doubts);
  }

  private item(finding: Finding): HTMLElement {
    const where = [`${finding.program} ${finding.pid}`, finding.vhost === null ? "" : `vhost ${finding.vhost}`,
      finding.protocol === null ? "" : `protocol ${finding.protocol}`,
      finding.last_callback === null ? "" : `last callback ${finding.last_callback}`,
      finding.age_ns === null ? "" : `for ${span(finding.age_ns)}`, finding.certain ? "" : "not certain: events were lost"];
    const item = h("article", { class: "finding" },
      h("h3", {}, h("span", { class: "kind" }, words(finding.kind)), h("span", { class: "times" }, `× ${count(finding.count)}`)),
      h("p", {}, visible(finding.message)),
      h("p", { class: "advice" }, visible(finding.advice)),
      h("p", { class: "where" }, visible(where.filter(Boolean).join(" · "))));
    if (finding.connection !== null) {
      const show = h("button", { type: "button" }, `Show connection ${finding.connection}`);
      show.onclick = () => this.on_choose(finding);
      item.append(show);
    }
    return item;
  }
}

/** Processes of which nobody has read a trace, and what is known of them all the same. */
interface Rest {
  processes: number;
  findings: Finding[];
}

function without_diagnosis({ processes, findings }: Findings, { documents }: DiagnosisSet): Rest {
  const diagnosed = new Set(documents.map(({ process }) => process.pid));
  return { processes: processes.filter(({ pid }) => !diagnosed.has(pid)).length, findings: findings.filter(({ pid }) => !diagnosed.has(pid)) };
}

function rest_text({ processes, findings }: Rest): string {
  const of = processes === 1 ? "1 process has" : `${count(processes)} processes have`;
  return `${of} no diagnosis: only leaks and faults are looked for there${findings.length > 0 ? "" : ", and none was found so far"}.`;
}

/** "clean" is said only where all was read and nothing needs attention. */
function badge_of(findings: Findings, diagnosis: DiagnosisSet): { verdict: string; text: string } {
  const rest = without_diagnosis(findings, diagnosis);
  const parts = [totals_text(diagnosis), rest.findings.length === 0 ? "" : counted(rest.findings.length, "finding")];
  const missing = diagnosis.documents.length === 0 ? "no diagnosis"
    : rest.processes > 0 ? `${counted(rest.processes, "process", "processes")} not diagnosed`
      : diagnosis.not_read.length > 0 ? `${counted(diagnosis.not_read.length, "trace")} not read` : "";
  const found = [...parts, missing].filter(Boolean).join(", ");
  const [first] = findings.doubtful;
  if (findings.verdict === "inconclusive") {
    const why = first === undefined ? "nothing was recorded" : doubt_text(first);
    const more = findings.doubtful.length > 1 ? `, and ${findings.doubtful.length - 1} more` : "";
    return { verdict: "inconclusive", text: `${found === "" ? "Inconclusive" : `${found}, inconclusive`}: ${why}${more}` };
  }
  const verdict = has_severity(diagnosis, "fault") || rest.findings.length > 0 ? "findings" : has_severity(diagnosis, "trouble") ? "trouble"
    : missing !== "" ? "unknown" : "clean";
  return { verdict, text: found === "" ? "Nothing went wrong so far" : found[0]!.toUpperCase() + found.slice(1) };
}

function doubt_text({ program, pid, doubt }: Doubt): string {
  return visible(`${program} ${pid}: ${doubt}`);
}
