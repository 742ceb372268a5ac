// SPDX-License-Identifier: MIT
//
// Numbers as people say them.

const UNITS: [number, string][] = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];

/** 842 ns, 12.3 µs, 4.56 ms, 23.0 s, 12 min 3 s, 2 h 5 min, 3 d 4 h */
export function span(ns: number): string {
  const s = Math.floor(ns / 1e9);
  if (s >= 86400) return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
  if (s >= 3600) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  if (s >= 60) return `${Math.floor(s / 60)} min ${s % 60} s`;
  const [size, unit] = UNITS.find(([size]) => ns >= size) ?? [1, "ns"];
  return `${unit === "ns" ? Math.round(ns) : (ns / size).toPrecision(3)} ${unit}`;
}

/** A point of an axis whose marks are STEP_NS apart: with as many digits as tell one from the next. */
export function mark_text(at_ns: number, step_ns: number): string {
  if (at_ns === 0) return "0";
  if (step_ns >= 60e9 || (step_ns >= 1e9 && at_ns < 3600e9)) return span(at_ns);
  const [size, unit] = UNITS.find(([size]) => at_ns >= size) ?? [1, "ns"];
  return `${(at_ns / size).toFixed(Math.max(Math.ceil(Math.log10(size / step_ns) - 1e-9), 0))} ${unit}`;
}

/** An age in a table: while it grows no finer than what its cell is refreshed by. */
export function age(ns: number, grows: boolean): string {
  return grows && ns < 60e9 ? `${(Math.floor(ns / 1e8) / 10).toFixed(1)} s` : span(ns);
}

const GROUPED = new Intl.NumberFormat("en");
export const count = (number: number): string => GROUPED.format(number);

/** "1 finding", "1,748 findings" */
export const counted = (number: number, noun: string, plural = `${noun}s`): string => `${count(number)} ${number === 1 ? noun : plural}`;

/** "peer_closed" as words. */
export const words = (name: string): string => name.replaceAll("_", " ");

/** Nothing that turns the direction of text or hides: such letters become visible replacements. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, "\ufffd");
}

/** 12:34:56 */
export const clock = (time: Date): string =>
  [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
