// SPDX-License-Identifier: MIT
//
// Small charts of rates over the last two minutes, one point a second.

import uPlot from "uplot";
import { h, set_text } from "./dom";
import type { Totals } from "./model";

const POINTS = 121;

interface Line {
  name: string;
  colour: string; // a variable of style.css
  value: (now: Totals, before: Totals, seconds: number) => number;
}

const rate = (member: "opened" | "closed" | "transactions") => (now: Totals, before: Totals, seconds: number) =>
  Math.max(now[member] - before[member], 0) / seconds;

const CHARTS: { title: string; unit: string; lines: Line[] }[] = [
  { title: "Connections", unit: "/s", lines: [ // the first lies below the second, which it mostly equals
    { name: "closed", colour: "--edge", value: rate("closed") },
    { name: "opened", colour: "--accent", value: rate("opened") }] },
  { title: "Transactions", unit: "/s", lines: [{ name: "", colour: "--accent", value: rate("transactions") }] },
  { title: "Open", unit: "", lines: [{ name: "", colour: "--session", value: (now) => now.open }] },
];

class Chart {
  readonly element: HTMLElement;
  private readonly values: HTMLElement[];
  private readonly picture = h("div", { class: "picture", "aria-hidden": "true" });
  private readonly data: (number | null)[][];
  private plot: uPlot | null = null;

  constructor(title: string, private readonly unit: string, private readonly lines: Line[]) {
    this.values = lines.map(() => h("b", {}, "–"));
    this.data = [Array.from({ length: POINTS }, (_, i) => i - POINTS + 1), ...lines.map(() => Array<null>(POINTS).fill(null))];
    this.element = h("figure", { class: "chart" },
      h("figcaption", {}, title, ...lines.flatMap((line, i) =>
        [h("span", { class: `key key${line.colour}` }, line.name === "" ? "" : `${line.name} `, this.values[i]!)])), this.picture);
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(this.picture);
  }

  push(now: Totals | null, before: Totals | null, seconds: number): void {
    this.lines.forEach((line, i) => {
      const value = now === null || before === null ? null : line.value(now, before, seconds);
      const column = this.data[i + 1]!;
      column.push(value);
      column.shift();
      set_text(this.values[i]!, value === null ? "–" : short(value) + this.unit);
    });
    this.plot?.setData(this.data as uPlot.AlignedData);
  }

  /** Colours are read from the style sheet: canvases do not follow light and dark by themselves. */
  build(): void {
    this.plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const axis = { show: true, stroke: style.getPropertyValue("--faint"), font: "10px system-ui, sans-serif", ticks: { show: false },
      grid: { stroke: style.getPropertyValue("--line"), width: 1 } };
    const options: uPlot.Options = {
      ...this.size(),
      legend: { show: false }, cursor: { show: false }, padding: [6, 2, 6, 0],
      scales: { x: { time: false, range: [1 - POINTS, 0] }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 1)] } },
      axes: [{ show: false }, { ...axis, size: 34, space: 22, values: (_, marks) => marks.map(short) }],
      series: [{}, ...this.lines.map(({ colour }, i) => ({ stroke: style.getPropertyValue(colour),
        width: i + 1 < this.lines.length ? 4 : 1.5, points: { show: false } }))],
    };
    this.plot = new uPlot(options, this.data as uPlot.AlignedData, this.picture);
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(this.picture.clientWidth, 60), height: Math.max(this.picture.clientHeight, 40) };
  }
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
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.build());
    setInterval(() => this.sample(), 1000);
  }

  /** Call once they are in the document. */
  build(): void {
    for (const chart of this.charts) chart.build();
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
