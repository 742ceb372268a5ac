// SPDX-License-Identifier: MIT
//
// The stream of changes: connects, listens, and comes back by itself, later each time. Who is refused does not try again.

import { Refused, get_connections, has_token, is_token_possible, live_socket } from "./api";
import type { Message } from "./model";

export type Link =
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "waiting"; until_ms: number; heard: Date | null } // heard: when something was heard last
  | { state: "unauthorized"; status: number; gave_token: boolean };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SILENCE_MS = 7_000; // the server says something at least every 2 s
const REFUSAL_MS = 3_000; // a server that takes longer over a request is not there

export class Live {
  link: Link = { state: "connecting" };
  private socket: WebSocket | null = null;
  private wait_ms = FIRST_WAIT_MS;
  private retry = 0;
  private silence = 0;
  private heard: Date | null = null;

  constructor(
    private readonly on_message: (message: Message) => void,
    private readonly on_link: (link: Link) => void,
  ) {}

  /** AGAIN: by itself; what is said of the link holds until there is an answer. */
  connect(again = false): void {
    clearTimeout(this.retry);
    this.socket?.close();
    this.socket = null;
    if (!is_token_possible()) return this.refuse(401);
    const socket = live_socket();
    this.socket = socket;
    if (!again) this.change({ state: "connecting" });
    this.listen_for_silence();
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.socket !== socket) return;
      this.listen_for_silence();
      this.heard = new Date();
      const message = JSON.parse(event.data) as Message;
      if (message.type === "hello") {
        this.wait_ms = FIRST_WAIT_MS;
        this.change({ state: "connected" });
      }
      this.on_message(message);
    };
    socket.onclose = () => {
      if (this.socket === socket) void this.lost();
    };
  }

  private listen_for_silence(): void {
    clearTimeout(this.silence);
    this.silence = window.setTimeout(() => void this.lost(), SILENCE_MS);
  }

  private async lost(): Promise<void> {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    // Browsers do not tell why a websocket was refused; a request does.
    const refusal = this.link.state === "connected" ? null : await refusal_of_requests();
    if (this.socket !== null) return; // connect() was called meanwhile
    if (refusal !== null) return this.refuse(refusal);
    const wait_ms = this.wait_ms * (0.8 + 0.4 * Math.random());
    this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    this.change({ state: "waiting", until_ms: performance.now() + wait_ms, heard: this.heard });
    this.retry = window.setTimeout(() => this.connect(true), wait_ms);
  }

  private refuse(status: number): void {
    clearTimeout(this.silence);
    this.change({ state: "unauthorized", status, gave_token: has_token() });
  }

  private change(link: Link): void {
    this.link = link;
    this.on_link(link);
  }
}

/** 401 or 403; null: it is something else. */
async function refusal_of_requests(): Promise<number | null> {
  try {
    await get_connections(0, 1, AbortSignal.timeout(REFUSAL_MS));
    return null;
  } catch (error) {
    return error instanceof Refused && error.is_access() ? error.status : null;
  }
}
