// SPDX-License-Identifier: MIT
// PromQL as text. Every selector has matchers for job and instance, and for program and vhost where the metric has that label.

const TARGET = 'job=~"$job", instance=~"$instance"';

/** NAME of the chosen targets. */
export const ofTarget = (name: string, extra = ""): string => `${name}{${TARGET}${extra && `, ${extra}`}}`;

/** NAME of the chosen programs of the chosen targets: what an agent tells of each program, and all of a target that is none. */
export const ofProgram = (name: string, extra = ""): string => ofTarget(name, `program=~"$program"${extra && `, ${extra}`}`);

/** NAME of the chosen vhosts of the chosen programs. */
export const ofVhost = (name: string, extra = ""): string => ofProgram(name, `vhost=~"$vhost"${extra && `, ${extra}`}`);

/** Matcher for connections of somebody: not listeners, not what lws has for itself. */
export const CLIENT = 'class="client"';

/** Matcher for what is no request to wsitrace itself, which a program with the plugin answers. */
const OF_OTHERS = 'protocol!="wsitrace"';

export const transactions = ofVhost("lws_transactions_total", OF_OTHERS);
export const failed = ofVhost("lws_transactions_total", `${OF_OTHERS}, outcome=~"aborted|rejected"`);
export const serverErrors = ofVhost("lws_transactions_total", `${OF_OTHERS}, status_class="5xx"`);
export const durations = ofVhost("lws_transaction_duration_seconds_bucket", OF_OTHERS);

export const rate = (selector: string): string => `rate(${selector}[$__rate_interval])`;
export const increase = (selector: string): string => `increase(${selector}[$__range])`;

const by = (labels: string[]): string => (labels.length ? ` by (${labels.join(", ")})` : "");
export const sum = (expression: string, ...labels: string[]): string => `sum${by(labels)} (${expression})`;
export const count = (expression: string, ...labels: string[]): string => `count${by(labels)} (${expression})`;

/** The q-quantile of a histogram whose buckets SELECTOR names. */
export const quantile = (q: number, selector: string, ...labels: string[]): string =>
  `histogram_quantile(${q}, ${sum(rate(selector), "le", ...labels)})`;

/** The sum of PART by LABELS; 0 where there is a WHOLE and no part. */
export const sumOrZero = (part: string, whole: string, ...labels: string[]): string =>
  `(${sum(part, ...labels)} or 0 * ${sum(whole, ...labels)})`;

/** PART of WHOLE, both sums by LABELS. */
export const share = (part: string, whole: string, ...labels: string[]): string =>
  `${sumOrZero(part, whole, ...labels)} / ${sum(whole, ...labels)}`;

/** A connection of this age is worth a look: a day. */
export const OLD_S = 86400;

/** Seconds since the oldest open client connection was opened. */
export const oldestAge = (...labels: string[]): string =>
  `max${by(labels)} (time() - ${ofVhost("lws_connection_oldest_start_time_seconds", CLIENT)})`;
