// SPDX-License-Identifier: MIT
//
// What must not be overlooked: lost events, a server that is gone, a token that is missing or wrong.

import { set_token } from "./api";
import { h, set_text } from "./dom";
import { clock, count, counted } from "./format";
import type { Link } from "./live";
import type { Loss } from "./model";

const WHERE_FROM = "The token is the first line of the file that wsitrace was started with (--token-file). Give it here, or open the page with " +
  "#token=… at the end of its address.";

/** Why nobody is let in, and what to do. */
export function refusal_text(link: Link & { state: "unauthorized" }): string {
  if (link.status === 403) {
    return `wsitrace does not answer to the name ${location.hostname}: open this page by its IP address or as localhost, or start ` +
      "wsitrace with a token (--token-file).";
  }
  return link.gave_token ? `The token was not accepted. ${WHERE_FROM} ` : `This page needs a token. ${WHERE_FROM} `;
}

export class Banners {
  readonly element: HTMLElement;
  private readonly loss = h("p", { class: "banner loss", role: "status", hidden: true });
  private readonly gone = h("span", { role: "alert" });
  private readonly next = h("span");
  private readonly now = h("button", { type: "button" }, "Try now");
  private readonly link = h("div", { class: "banner link", hidden: true }, this.gone, this.next, this.now);
  private readonly why = h("span", { role: "alert" });
  private readonly field = h("input", { type: "password", "aria-label": "Token", placeholder: "Token", autocomplete: "off" });
  private readonly give = h("button", { type: "submit" }, "Connect");
  private readonly token = h("form", { class: "banner token", hidden: true }, this.why, this.field, this.give);
  private countdown = 0;

  constructor(connect: () => void) {
    this.now.onclick = connect;
    this.token.onsubmit = (event) => {
      event.preventDefault();
      set_token(this.field.value.trim());
      connect();
    };
    this.element = h("div", { class: "banners" }, this.link, this.token, this.loss);
  }

  show_loss({ recorded, lost }: Loss): void {
    this.loss.hidden = lost === 0;
    set_text(this.loss, `${count(lost)} of ${counted(recorded + lost, "event")} ${lost === 1 ? "was" : "were"} lost: what is shown here may be incomplete.`);
  }

  show_link(link: Link): void {
    clearInterval(this.countdown);
    if (link.state === "connecting") return; // what was said holds until there is an answer
    this.token.hidden = link.state !== "unauthorized";
    this.link.hidden = link.state !== "waiting";
    if (link.state === "unauthorized") {
      set_text(this.why, refusal_text(link));
      this.field.hidden = this.give.hidden = link.status === 403;
      this.field.focus();
    } else if (link.state === "waiting") {
      this.wait(link.until_ms, link.heard);
    }
  }

  private wait(until_ms: number, heard: Date | null): void {
    set_text(this.gone, heard === null ? "No connection to wsitrace." :
      `No connection to wsitrace since ${clock(heard)}; showing the last known state.`);
    const tell = () => {
      const left_s = Math.ceil((until_ms - performance.now()) / 1000);
      set_text(this.next, left_s > 0 ? `Next try in ${left_s} s.` : "Trying again…");
    };
    tell();
    this.countdown = window.setInterval(tell, 500);
  }
}
