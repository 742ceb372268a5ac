// SPDX-License-Identifier: MIT
//
// The verdict so far, and what it rests on.

import { get_findings } from "./api";
import type { Diagnoses } from "./diagnosis";
import { h, set_text } from "./dom";
import { count, counted, span, visible, words } from "./format";
import type { Doubt, Finding, Findings } from "./model";

const PAUSE_MS = 1000; // at most that often
const REGULAR_MS = 15_000; // findings come with age, too

export class FindingsPanel {
  readonly element: HTMLElement;
  readonly badge = h("button", { type: "button", class: "badge", "aria-expanded": "false", "data-verdict": "" }, "…");
  private readonly body = h("div", { class: "so-far" });
  private asked_count = -1;
  private timer = 0;

  constructor(private readonly on_choose: (finding: Finding) => void, on_toggle: (open: boolean) => void,
    private readonly diagnoses: Diagnoses) {
    const close = h("button", { type: "button", class: "quiet", "aria-label": "Close (Escape)", title: "Close (Escape)" }, "✕");
    this.element = h("section", { class: "panel findings", "aria-label": "Findings", hidden: true },
      h("header", {}, h("h2", {}, "Findings"), close), h("div", { class: "panel-body" }, this.body, diagnoses.element));
    close.onclick = () => on_toggle(false);
    this.badge.onclick = () => on_toggle(this.element.hidden);
  }

  set_open(open: boolean): void {
    this.element.hidden = !open;
    this.diagnoses.set_open(open);
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
      this.draw(await get_findings());
    } catch {
      this.asked_count = -1; // the next message asks again
    }
    this.ask(this.asked_count === asked ? REGULAR_MS : PAUSE_MS);
  }

  private draw({ verdict, doubtful, findings }: Findings): void {
    this.badge.dataset["verdict"] = verdict;
    const text = badge_text(verdict, doubtful, findings.length);
    set_text(this.badge, text);
    this.badge.title = doubtful.length > 0 ? doubtful.map(doubt_text).join("\n") : text;
    const nothing = findings.length > 0 ? [] : [h("p", { class: "empty" }, doubtful.length > 0 ? "Nothing was found so far, but that is not certain." :
      verdict === "clean" ? "Nothing leaks and nothing is stuck, so far." : "Nothing was recorded.")];
    const doubts = doubtful.length === 0 ? [] : [h("section", { class: "doubts" }, h("h3", {}, "Not certain, because"),
      h("ul", {}, ...doubtful.map((doubt) => h("li", {}, doubt_text(doubt)))))];
    this.body.replaceChildren(...nothing, ...findings.map((finding) => this.item(finding)), ...doubts);
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

/** A finding is a kind of fault in one program, on one vhost, with one protocol, as `wsitrace check` and /metrics count them. */
function badge_text(verdict: Findings["verdict"], doubtful: Doubt[], findings: number): string {
  if (verdict === "clean") return "No findings";
  const found = findings === 0 ? "" : counted(findings, "finding");
  if (verdict === "findings") return found;
  const [first] = doubtful;
  const why = first === undefined ? "nothing was recorded" : doubt_text(first);
  return `${found === "" ? "Inconclusive" : `${found}, inconclusive`}: ${why}${doubtful.length > 1 ? `, and ${doubtful.length - 1} more` : ""}`;
}

function doubt_text({ program, pid, doubt }: Doubt): string {
  return visible(`${program} ${pid}: ${doubt}`);
}
