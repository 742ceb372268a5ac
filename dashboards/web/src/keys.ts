// SPDX-License-Identifier: MIT
//
// The keyboard: j/k or arrows move, Enter opens, Escape goes back, / filters, + - 0 and the arrows to the sides are for the timeline.

export interface Moves {
  move(by: number): void;
  page(): number;
  open(): void;
  back(): void;
  find(): void;
  zoom(steps: number): void; // 0: the whole timeline
  pan(share: number): void;
}

const FAR = 1_000_000_000;
const PAN = 0.2;

export function listen(moves: Moves): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const writes = target.matches("input, select, textarea");
    const presses = target.matches("button, input, select, textarea, a");
    if (event.key === "Escape") {
      if (writes) target.blur();
      moves.back();
    } else if (writes && !(event.key === "ArrowDown" && target.matches("input[type=search]"))) {
      return;
    } else if (event.key === "Enter" || event.key === " ") {
      if (presses) return;
      moves.open();
    } else if (event.key === "/") {
      moves.find();
    } else if (!watch_timeline(event.key, moves)) {
      const by = steps(event.key, moves);
      if (by === 0) return;
      moves.move(by);
    }
    event.preventDefault();
  });
}

function watch_timeline(key: string, moves: Moves): boolean {
  switch (key) {
    case "+": case "=": moves.zoom(1); return true;
    case "-": case "_": moves.zoom(-1); return true;
    case "0": moves.zoom(0); return true;
    case "ArrowLeft": moves.pan(-PAN); return true;
    case "ArrowRight": moves.pan(PAN); return true;
    default: return false;
  }
}

function steps(key: string, moves: Moves): number {
  switch (key) {
    case "j": case "ArrowDown": return 1;
    case "k": case "ArrowUp": return -1;
    case "PageDown": return moves.page();
    case "PageUp": return -moves.page();
    case "Home": return -FAR;
    case "End": return FAR;
    default: return 0;
  }
}
