// SPDX-License-Identifier: MIT
//
// Small charts of rates over the last two minutes, one point a second.

import { h, set_text } from "./dom";
import type { Totals } from "./model";

const POINTS = 121;

interface Line {
  name: string;
  colour: string; // a variable of style.css
  value: (now: Totals, before: Totals, seconds: number) => number;
}

const rate = (of: (totals: Totals) => number) => (now: Totals, before: Totals, seconds: number) => Math.max(of(now) - of(before), 0) / seconds;

const CHARTS: { title: string; unit: string; lines: Line[] }[] = [
  { title: "Connections", unit: "/s", lines: [ // the first lies below the second, which it mostly equals
    { name: "closed", colour: "--edge", value: rate((totals) => totals.connections - totals.connections_open) },
    { name: "opened", colour: "--accent", value: rate((totals) => totals.connections) }] },
  { title: "Transactions", unit: "/s", lines: [{ name: "", colour: "--accent", value: rate((totals) => totals.transactions) }] },
  { title: "Open", unit: "", lines: [{ name: "", colour: "--session", value: (now) => now.connections_open }] },
];

const AXIS_PX = 34; // on the left, for the numbers
const EDGE_PX = 6; // above and below
const MARK_PX = 22; // between two numbers at least

class Chart {
  readonly element: HTMLElement;
  private readonly values: HTMLElement[];
  private readonly canvas = h("canvas");
  private readonly picture = h("div", { class: "picture", "aria-hidden": "true" }, this.canvas);
  private readonly data: (number | null)[][];

  constructor(title: string, private readonly unit: string, private readonly lines: Line[]) {
    this.values = lines.map(() => h("b", {}, "–"));
    this.data = lines.map(() => Array<null>(POINTS).fill(null));
    this.element = h("figure", { class: "chart" },
      h("figcaption", {}, title, ...lines.flatMap((line, i) =>
        [h("span", { class: `key key${line.colour}` }, line.name === "" ? "" : `${line.name} `, this.values[i]!)])), this.picture);
    new ResizeObserver(() => this.draw()).observe(this.picture);
  }

  push(now: Totals | null, before: Totals | null, seconds: number): void {
    this.lines.forEach((line, i) => {
      const value = now === null || before === null ? null : line.value(now, before, seconds);
      const column = this.data[i]!;
      column.push(value);
      column.shift();
      set_text(this.values[i]!, value === null ? "–" : short(value) + this.unit);
    });
    this.draw();
  }

  /** Colours are read from the style sheet each time: canvases do not follow light and dark by themselves. */
  draw(): void {
    const { clientWidth: width, clientHeight: height } = this.picture;
    const paper = this.canvas.getContext("2d");
    if (paper === null || width <= AXIS_PX || height <= 2 * EDGE_PX) return; // out of sight
    this.canvas.width = Math.round(width * devicePixelRatio);
    this.canvas.height = Math.round(height * devicePixelRatio);
    paper.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(document.documentElement);
    const most = Math.max(1, ...this.data.flat().map((value) => (value ?? 0) * 1.1));
    const y_of = (value: number) => height - EDGE_PX - (value / most) * (height - 2 * EDGE_PX);
    const x_of = (i: number) => AXIS_PX + (i / (POINTS - 1)) * (width - AXIS_PX - 2);
    this.draw_marks(paper, marks_of(most, Math.floor(height / MARK_PX)), y_of, width, style);
    this.lines.forEach(({ colour }, i) => {
      paper.strokeStyle = style.getPropertyValue(colour);
      paper.lineWidth = i + 1 < this.lines.length ? 4 : 1.5;
      paper.beginPath();
      let drawing = false; // what is not known leaves a gap
      this.data[i]!.forEach((value, at) => {
        if (value !== null) paper[drawing ? "lineTo" : "moveTo"](x_of(at), y_of(value));
        drawing = value !== null;
      });
      paper.stroke();
    });
  }

  private draw_marks(paper: CanvasRenderingContext2D, marks: number[], y_of: (value: number) => number, width: number,
    style: CSSStyleDeclaration): void {
    paper.font = "10px system-ui, sans-serif";
    paper.textAlign = "right";
    paper.textBaseline = "middle";
    paper.fillStyle = style.getPropertyValue("--faint");
    paper.strokeStyle = style.getPropertyValue("--line");
    paper.lineWidth = 1;
    for (const mark of marks) {
      const y = Math.round(y_of(mark)) + 0.5;
      paper.fillText(short(mark), AXIS_PX - 6, y);
      paper.beginPath();
      paper.moveTo(AXIS_PX, y);
      paper.lineTo(width, y);
      paper.stroke();
    }
  }
}

/** From 0, in steps of 1, 2 or 5 times a power of ten, at most COUNT steps up to MOST. */
function marks_of(most: number, count: number): number[] {
  const least = most / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}

/** At most four characters or so: 0.2, 12, 3.4k */
function short(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(2)}M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)}k`;
  if (value >= 10 || Number.isInteger(value)) return String(Math.round(value));
  return value.toFixed(1);
}

export class Charts {
  readonly element: HTMLElement;
  private readonly charts = CHARTS.map(({ title, unit, lines }) => new Chart(title, unit, lines));
  private before: Totals | null = null;
  private before_ms = 0;

  constructor(private readonly totals: () => Totals | null) {
    this.element = h("section", { class: "charts", "aria-label": "Rates" }, ...this.charts.map((chart) => chart.element));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.charts.forEach((chart) => chart.draw()));
    setInterval(() => this.sample(), 1000);
  }

  /** What was counted while nothing was heard makes no rate. */
  restart(): void {
    this.before = null;
  }

  private sample(): void {
    const now = this.totals(), now_ms = performance.now();
    for (const chart of this.charts) chart.push(now, this.before, (now_ms - this.before_ms) / 1000);
    this.before = now;
    this.before_ms = now_ms;
  }
}
