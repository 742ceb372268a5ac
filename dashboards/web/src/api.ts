// SPDX-License-Identifier: MIT
//
// Requests to the site that this page came from. All addresses are relative to the page, so that it works below any mountpoint.

import type { Connection, Findings, Page } from "./model";

export class Refused extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

let token = "";

/** Takes the token from the address's fragment (#token=T), where no server sees it, and keeps it in memory alone. */
export function take_token(): void {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  token = given;
  history.replaceState(null, "", location.pathname + location.search);
}

export function set_token(text: string): void {
  token = text;
}

export function live_socket(): WebSocket {
  const url = new URL("api/live", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return new WebSocket(url, token === "" ? ["wsitrace"] : ["wsitrace", `bearer.${token}`]);
}

async function get<T>(path: string): Promise<T> {
  const headers: HeadersInit = token === "" ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, document.baseURI), { headers, cache: "no-store" });
  if (!response.ok) throw new Refused(response.status);
  return (await response.json()) as T;
}

export const get_connections = (offset: number, limit: number): Promise<Page> =>
  get(`api/connections?offset=${offset}&limit=${limit}`);

export const get_connection = (key: string): Promise<Connection> => get(`api/connections/${key}`);

export const get_findings = (): Promise<Findings> => get("api/findings");
