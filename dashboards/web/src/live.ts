// SPDX-License-Identifier: MIT
//
// The stream of changes: connects, listens, and comes back by itself, later each time.

import { Refused, get_connections, live_socket } from "./api";
import type { Message } from "./model";

export type Link =
  | { state: "connecting" }
  | { state: "connected" }
  | { state: "waiting"; until_ms: number }
  | { state: "unauthorized" };

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SILENCE_MS = 7_000; // the server says something at least every 2 s

export class Live {
  link: Link = { state: "connecting" };
  private socket: WebSocket | null = null;
  private wait_ms = FIRST_WAIT_MS;
  private retry = 0;
  private silence = 0;

  constructor(
    private readonly on_message: (message: Message) => void,
    private readonly on_link: (link: Link) => void,
  ) {}

  connect(): void {
    clearTimeout(this.retry);
    this.socket?.close();
    const socket = live_socket();
    this.socket = socket;
    this.change({ state: "connecting" });
    this.listen_for_silence();
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.socket !== socket) return;
      this.listen_for_silence();
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
    const was_connected = this.link.state === "connected";
    const wait_ms = this.wait_ms * (0.8 + 0.4 * Math.random());
    this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    this.change({ state: "waiting", until_ms: performance.now() + wait_ms });
    this.retry = window.setTimeout(() => this.connect(), wait_ms);
    if (!was_connected && (await is_unauthorized()) && this.link.state === "waiting") {
      clearTimeout(this.retry);
      this.change({ state: "unauthorized" });
    }
  }

  private change(link: Link): void {
    this.link = link;
    this.on_link(link);
  }
}

/** Browsers do not tell why a websocket was refused; a request does. */
async function is_unauthorized(): Promise<boolean> {
  try {
    await get_connections(0, 1);
    return false;
  } catch (error) {
    return error instanceof Refused && error.status === 401;
  }
}
