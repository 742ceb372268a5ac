// SPDX-License-Identifier: MIT
//
// What must not be overlooked: lost events, a lost server, a missing token.

import { set_token } from "./api";
import { h, set_text } from "./dom";
import { count } from "./format";
import type { Link } from "./live";
import type { Loss } from "./model";

export class Banners {
  readonly element: HTMLElement;
  private readonly loss = h("p", { class: "banner loss", role: "status", hidden: true });
  private readonly next = h("span");
  private readonly now = h("button", { type: "button" }, "Try now");
  private readonly link = h("div", { class: "banner link", hidden: true },
    h("span", { role: "alert" }, "Disconnected: what is shown is not current. "), this.next, this.now);
  private readonly field = h("input", { type: "password", "aria-label": "Token", placeholder: "Token", autocomplete: "off" });
  private readonly token = h("form", { class: "banner token", hidden: true },
    "This page needs a token: give it here, or open the page with #token=… at the end of its address.", this.field,
    h("button", { type: "submit" }, "Connect"));
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
    set_text(this.loss, `${count(lost)} of ${count(recorded + lost)} events were lost: what is shown here may be incomplete.`);
  }

  show_link(link: Link): void {
    clearInterval(this.countdown);
    this.token.hidden = link.state !== "unauthorized";
    if (link.state === "unauthorized") this.field.focus();
    if (link.state === "connected" || link.state === "unauthorized") this.link.hidden = true;
    if (link.state !== "waiting") return;
    const { until_ms } = link;
    const tell = () => set_text(this.next, `Next try in ${Math.max(Math.ceil((until_ms - performance.now()) / 1000), 0)} s.`);
    tell();
    this.link.hidden = false;
    this.countdown = window.setInterval(tell, 500);
  }
}
