// SPDX-License-Identifier: MIT
//
// Lanes of bars on one time axis, as the network panels of browsers show them. Elements stay while their content changes, so
// that focus and pointer rest where they are. zoom.ts has what the pointer and the wheel do.

import { h, set_attribute, set_text } from "./dom";
import { mark_text, visible } from "./format";
import { type Bar, type Lane, PHASES, ticks } from "./spans";
import { type Range, listen_to_pointer, panned, zoomed } from "./zoom";

const MOST_LANES = 200; // until all are asked for
const LEAST_PERCENT = 0.15; // a bar thinner than that is drawn as wide

interface LaneView {
  element: HTMLElement;
  name: HTMLButtonElement;
  note: HTMLElement;
  track: HTMLElement;
  bars: HTMLElement[];
  end: HTMLElement;
}

export class Waterfall {
  readonly element: HTMLElement;
  private readonly axis = h("div", { class: "axis", "aria-hidden": "true" });
  private readonly scale = this.axis.appendChild(h("div"));
  private readonly list = h("div", { class: "lanes", role: "list", "aria-label": "Timeline" });
  private readonly whole = h("button", { type: "button", class: "quiet", hidden: true }, "Whole timeline");
  private readonly busy = h("button", { type: "button", class: "quiet", hidden: true }, "Activity alone");
  private readonly closer = button("+", "Zoom in (+)");
  private readonly farther = button("−", "Zoom out (−)");
  private readonly shown = h("span", { class: "shown-range", role: "status" });
  private readonly more = h("button", { type: "button", class: "quiet", hidden: true });
  private readonly views: LaneView[] = [];
  private lanes: Lane[] = [];
  private range: Range = [0, 1];
  private zoom: Range | null = null; // null: the whole timeline
  private all = false;

  constructor() {
    this.closer.onclick = () => this.zoom_by(1);
    this.farther.onclick = () => this.zoom_by(-1);
    this.whole.onclick = () => this.zoom_to(null);
    this.busy.onclick = () => this.zoom_to(this.activity());
    this.more.onclick = () => {
      this.all = true;
      this.draw();
    };
    const picture = h("div", { class: "lanes-and-axis" }, this.axis, this.list);
    this.element = h("div", { class: "waterfall" },
      h("div", { class: "waterfall-head" }, legend(), this.shown, this.busy, this.whole, this.farther, this.closer), picture, this.more);
    listen_to_pointer(picture, this.scale, {
      zoom: (steps, at) => this.zoom_by(steps, at),
      pan: (share) => this.pan_by(share),
      choose: (from, to) => {
        const [begin, end] = this.zoom ?? this.range;
        this.zoom_to(zoomed([begin + from * (end - begin), begin + to * (end - begin)], this.range, 0, 0.5));
      },
      whole: () => this.zoom_to(null),
    });
  }

  /** So many steps closer, around the share AT of what is shown. */
  zoom_by(steps: number, at = 0.5): void {
    this.zoom_to(zoomed(this.zoom ?? this.range, this.range, steps, at));
  }

  /** By this share of what is shown. */
  pan_by(share: number): void {
    if (this.zoom !== null) this.zoom_to(panned(this.zoom, this.range, share));
  }

  show_all(): void {
    this.zoom_to(null);
  }

  /** Another connection, of which nothing is known yet. */
  reset(): void {
    this.zoom = null;
    this.all = false;
    this.lanes = [];
    this.range = [0, 1];
    this.element.hidden = true;
    this.draw();
  }

  show(lanes: Lane[]): void {
    this.element.hidden = lanes.length === 0;
    this.lanes = lanes;
    let from = Infinity, to = -Infinity;
    for (const lane of lanes) {
      for (const bar of lane.bars) {
        from = Math.min(from, bar.from_ns);
        to = Math.max(to, bar.to_ns);
      }
    }
    this.range = from < to ? [from, to] : [from, from + 1];
    this.draw();
  }

  /** From the first to the last that happened, without the silence around it; null where there was nothing. */
  private activity(): Range | null {
    const bars = this.lanes.flatMap((lane) => lane.bars).filter(({ phase, open }) => phase !== "life" && phase !== "binding" && !open);
    if (bars.length === 0) return null;
    const from = bars.reduce((least, bar) => Math.min(least, bar.from_ns), Infinity);
    const to = bars.reduce((most, bar) => Math.max(most, bar.to_ns), -Infinity);
    const margin = Math.max((to - from) / 50, 1);
    return [from - margin, to + margin];
  }

  private zoom_to(range: Range | null): void {
    this.zoom = range;
    this.draw();
  }

  private draw(): void {
    const [from, to] = this.zoom ?? this.range;
    const lanes = this.all ? this.lanes : this.lanes.slice(0, MOST_LANES);
    this.draw_axis(from, to);
    lanes.forEach((lane, index) => this.draw_lane(this.views[index] ?? this.add_lane(), lane, from, to));
    for (const view of this.views.splice(lanes.length)) view.element.remove();
    const activity = this.zoom === null ? this.activity() : null;
    this.busy.hidden = activity === null || activity[1] - activity[0] > (to - from) / 2;
    this.whole.hidden = this.farther.disabled = this.zoom === null;
    this.closer.disabled = lanes.length === 0;
    this.more.hidden = lanes.length === this.lanes.length;
    set_text(this.more, `Show all ${this.lanes.length}`);
  }

  private draw_axis(from: number, to: number): void {
    const begin = this.range[0]; // times are told since then, where one has zoomed to as well
    const marks = ticks(from - begin, to - begin, this.axis.clientWidth < 500 ? 3 : 7);
    const step = marks.length > 1 ? marks[1]! - marks[0]! : to - from;
    this.scale.replaceChildren(...marks.map((at) => {
      const mark = h("span", {}, mark_text(at, step));
      mark.style.left = `${((at + begin - from) / (to - from)) * 100}%`;
      return mark;
    }));
    const text = (at: number) => mark_text(Math.max(at - begin, 0), (to - from) / 100);
    set_text(this.shown, this.zoom === null ? "" : `${text(from)} to ${text(to)} of ${mark_text(this.range[1] - begin, (this.range[1] - begin) / 100)}`);
  }

  private add_lane(): LaneView {
    const name = h("button", { type: "button", class: "lane-name" });
    const note = h("span", { class: "lane-note" });
    const end = h("i", { class: "end", hidden: true });
    const track = h("div", { class: "track" }, end);
    const view = { element: h("div", { class: "lane", role: "listitem" }, name, track, note), name, note, track, bars: [], end };
    const index = this.views.push(view) - 1;
    name.onclick = () => {
      const bars = this.lanes[index]?.bars ?? [];
      const from = Math.min(...bars.map((bar) => bar.from_ns)), to = Math.max(...bars.map((bar) => bar.to_ns));
      const margin = Math.max((to - from) / 20, 1);
      this.zoom_to(index === 0 ? null : [from - margin, to + margin]);
    };
    this.list.append(view.element);
    return view;
  }

  private draw_lane(view: LaneView, lane: Lane, from: number, to: number): void {
    const percent = (ns: number) => ((ns - from) / (to - from)) * 100;
    set_attribute(view.element, "data-kind", lane.kind);
    view.element.classList.toggle("failed", lane.failed);
    set_text(view.name, visible(lane.name));
    set_attribute(view.name, "title", `${visible(lane.name)}: show its time alone`);
    set_text(view.note, visible(lane.note));
    set_attribute(view.note, "title", visible(lane.note));
    const bars = drawable(lane.bars, percent);
    bars.forEach((bar, index) => {
      const element = view.bars[index] ?? view.track.appendChild(h("i", { class: "bar" }));
      view.bars[index] = element;
      set_attribute(element, "data-phase", bar.phase);
      set_attribute(element, "data-from", String(bar.from_ns));
      set_attribute(element, "data-to", bar.open ? "" : String(bar.to_ns));
      set_attribute(element, "title", visible(bar.tip));
      const left = Math.max(percent(bar.from_ns), -1), right = Math.min(percent(bar.to_ns), 101); // what is outside is not laid out
      element.style.left = `${left}%`;
      element.style.width = `${Math.max(right - left, LEAST_PERCENT)}%`;
    });
    for (const element of view.bars.splice(bars.length)) element.remove();
    view.end.hidden = lane.end_ns === null;
    if (lane.end_ns !== null) view.end.style.left = `${Math.min(percent(lane.end_ns), 101)}%`;
  }
}

/** Without bars that could not be told from the one before of their kind, and those outside of the picture. */
function drawable(bars: Bar[], percent: (ns: number) => number): Bar[] {
  const reached = new Map<string, number>();
  return bars.filter((bar) => {
    const left = percent(bar.from_ns), right = Math.max(percent(bar.to_ns), left + LEAST_PERCENT);
    if (right < 0 || left > 100 || right - (reached.get(bar.phase) ?? -1) < LEAST_PERCENT / 2) return false;
    reached.set(bar.phase, right);
    return true;
  });
}

function button(text: string, name: string): HTMLButtonElement {
  return h("button", { type: "button", class: "quiet step", "aria-label": name, title: name }, text);
}

function legend(): HTMLElement {
  return h("ul", { class: "legend", "aria-label": "Legend" },
    ...PHASES.map(([phase, meaning]) => h("li", {}, h("i", { class: "swatch", "data-phase": phase }), meaning)));
}
