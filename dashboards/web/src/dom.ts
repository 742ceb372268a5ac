// SPDX-License-Identifier: MIT
//
// Elements without markup: whatever comes from the network becomes text, never HTML.

type Child = Node | string | null;
type Attributes = Record<string, string | number | boolean | null>;

/** An element; "class", "title" and all others are attributes, null leaves one out, children that are strings become text. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** Sets text only where it differs: a node that stays as it is costs no layout. */
export function set_text(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function set_attribute(element: HTMLElement, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
