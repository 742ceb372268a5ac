// SPDX-License-Identifier: MIT
//
// Which part of a time axis is shown, and the pointer on it: a drag chooses a part, the wheel zooms, sideways it moves.

import { h } from "./dom";

export type Range = [number, number];

const LEAST_NS = 10;
const STEP = 1.5; // that a step is closer
const ALL = 0.999; // of the whole: steps there and back need not meet exactly
const WHEEL_STEP_PX = 100;
const LEAST_DRAG_PX = 5; // less is a click

/** SHOWN so many STEPS closer, around its share AT, within WHOLE; null: that is all of it. */
export function zoomed([from, to]: Range, whole: Range, steps: number, at: number): Range | null {
  const length = Math.max((to - from) / STEP ** steps, LEAST_NS);
  if (length > (whole[1] - whole[0]) * ALL) return null;
  return within(from + (to - from - length) * at, length, whole);
}

export function panned([from, to]: Range, whole: Range, share: number): Range {
  return within(from + (to - from) * share, to - from, whole);
}

function within(from: number, length: number, [first, last]: Range): Range {
  const begin = Math.min(Math.max(from, first), last - length);
  return [begin, begin + length];
}

export interface PointerMoves {
  zoom(steps: number, at: number): void;
  pan(share: number): void;
  choose(from: number, to: number): void; // shares of what is shown
  whole(): void;
}

/** PICTURE holds the axis and what is below; SCALE is as wide as time is. */
export function listen_to_pointer(picture: HTMLElement, scale: HTMLElement, moves: PointerMoves): void {
  const share_at = (x: number) => {
    const { left, width } = scale.getBoundingClientRect();
    return Math.min(Math.max((x - left) / Math.max(width, 1), 0), 1);
  };
  const is_time = (event: Event) => (event.target as Element).closest(".track, .axis") !== null;
  picture.addEventListener("wheel", (event) => {
    if (!is_time(event)) return;
    const sideways = event.shiftKey ? event.deltaY + event.deltaX : event.deltaX;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) moves.pan(pixels(event, sideways) / Math.max(scale.clientWidth, 1));
    else if (event.ctrlKey || on_axis(event) || !is_scrolled(picture)) moves.zoom(-pixels(event, event.deltaY) / WHEEL_STEP_PX, share_at(event.clientX));
    else return;
    event.preventDefault();
  }, { passive: false });
  picture.addEventListener("dblclick", (event) => {
    if (is_time(event)) moves.whole();
  });
  listen_to_drag(picture, share_at, is_time, moves);
}

function listen_to_drag(picture: HTMLElement, share_at: (x: number) => number, is_time: (event: Event) => boolean, moves: PointerMoves): void {
  const chosen = picture.appendChild(h("div", { class: "chosen", hidden: true }));
  let begin_x: number | null = null;
  const end = () => {
    begin_x = null;
    chosen.hidden = true;
  };
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.pointerType === "touch" || !is_time(event)) return;
    begin_x = event.clientX;
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", (event) => {
    if (begin_x === null) return;
    const { left } = picture.getBoundingClientRect();
    chosen.hidden = Math.abs(event.clientX - begin_x) < LEAST_DRAG_PX;
    chosen.style.left = `${Math.min(begin_x, event.clientX) - left}px`;
    chosen.style.width = `${Math.abs(event.clientX - begin_x)}px`;
  });
  picture.addEventListener("pointerup", (event) => {
    if (begin_x === null) return;
    const shares = [share_at(begin_x), share_at(event.clientX)].sort((a, b) => a - b) as Range;
    if (Math.abs(event.clientX - begin_x) >= LEAST_DRAG_PX) moves.choose(...shares);
    end();
  });
  picture.addEventListener("pointercancel", end);
}

function pixels(event: WheelEvent, delta: number): number {
  return event.deltaMode === WheelEvent.DOM_DELTA_LINE ? delta * 33 : delta;
}

const on_axis = (event: Event): boolean => (event.target as Element).closest(".axis") !== null;

/** What is around it has something to scroll: the wheel alone is for that. */
function is_scrolled(picture: HTMLElement): boolean {
  const around = picture.closest(".panel-body");
  return around !== null && around.scrollHeight > around.clientHeight;
}
