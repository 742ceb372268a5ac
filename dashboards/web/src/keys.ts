// SPDX-License-Identifier: MIT
//
// The keyboard: j/k or arrows move, Enter opens, Escape goes back, / filters.

export interface Moves {
  move(by: number): void;
  page(): number;
  open(): void;
  back(): void;
  find(): void;
}

const FAR = 1_000_000_000;

export function listen(moves: Moves): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target as HTMLElement;
    const writes = target.matches("input, select, textarea");
    const presses = target.matches("button, input, select, textarea");
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
    } else {
      const by = steps(event.key, moves);
      if (by === 0) return;
      moves.move(by);
    }
    event.preventDefault();
  });
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
