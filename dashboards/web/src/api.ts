// SPDX-License-Identifier: MIT
//
// Requests to the site that this page came from. All addresses are relative to the page, so that it works below any mountpoint.

import type { Connection, DiagnosisSet, Findings, Page } from "./model";

export class Refused extends Error {
  /** WHY: what the server says of it. */
  constructor(readonly status: number, readonly why: string) {
    super(`status ${status}: ${why}`);
  }

  /** By who asks, and not by what is asked for. */
  is_access(): boolean {
    return this.status === 401 || this.status === 403;
  }
}

const POSSIBLE = /^[A-Za-z0-9._~-]+$/; // anything else can stand neither in a header nor in a subprotocol

let token = "";

/** Takes the token from the address's fragment (#token=T), where no server sees it, and keeps it in memory alone. */
export function take_token(): boolean {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token");
  if (given === null) return false;
  token = given.trim();
  fragment.delete("token");
  const rest = fragment.toString().replaceAll("%2F", "/");
  history.replaceState(null, "", location.pathname + location.search + (rest === "" ? "" : `#${rest}`));
  return true;
}

export function set_token(text: string): void {
  token = text;
}

export const has_token = (): boolean => token !== "";
export const is_token_possible = (): boolean => token === "" || POSSIBLE.test(token);

export function live_socket(): WebSocket {
  const url = new URL("api/live", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return new WebSocket(url, token === "" ? ["wsitrace"] : ["wsitrace", `bearer.${token}`]);
}

async function get<T>(path: string, signal: AbortSignal | null = null): Promise<T> {
  const headers: HeadersInit = token === "" ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, document.baseURI), { headers, cache: "no-store", signal });
  if (!response.ok) throw new Refused(response.status, (await response.text()).trim());
  return (await response.json()) as T;
}

export const get_connections = (offset: number, limit: number, signal: AbortSignal | null = null): Promise<Page> =>
  get(`api/connections?offset=${offset}&limit=${limit}`, signal);

export const get_connection = (key: string, signal: AbortSignal): Promise<Connection> => get(`api/connections/${key}`, signal);

export const get_findings = (): Promise<Findings> => get("api/findings");

/** A document for each process that has a trace. Where there is none, `not_read` says why. */
export const get_diagnosis = (): Promise<DiagnosisSet> => get("api/diagnosis?as=set");
