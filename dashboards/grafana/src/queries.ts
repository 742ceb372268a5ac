// SPDX-License-Identifier: MIT
// PromQL as text. Every selector has matchers for job and instance, and for vhost where the metric has that label.

const TARGET = 'job=~"$job", instance=~"$instance"';

/** NAME of the chosen targets. */
export const ofTarget = (name: string, extra = ""): string => `${name}{${TARGET}${extra && `, ${extra}`}}`;

/** NAME of the chosen vhosts of the chosen targets. */
export const ofVhost = (name: string, extra = ""): string => ofTarget(name, `vhost=~"$vhost"${extra && `, ${extra}`}`);

/** Matcher for connections of somebody: not listeners, not what lws has for itself. */
export const CLIENT = 'class="client"';

export const rate = (selector: string): string => `rate(${selector}[$__rate_interval])`;
export const increase = (selector: string): string => `increase(${selector}[$__range])`;

const by = (labels: string[]): string => (labels.length ? ` by (${labels.join(", ")})` : "");
export const sum = (expression: string, ...labels: string[]): string => `sum${by(labels)} (${expression})`;
export const count = (expression: string, ...labels: string[]): string => `count${by(labels)} (${expression})`;

/** The q-quantile of a histogram whose buckets SELECTOR names. */
export const quantile = (q: number, selector: string, ...labels: string[]): string =>
  `histogram_quantile(${q}, ${sum(rate(selector), "le", ...labels)})`;

/** PART of WHOLE, both sums over everything; 0 where there is a whole and no part. */
export const share = (part: string, whole: string): string => `(${sum(part)} or 0 * ${sum(whole)}) / ${sum(whole)}`;

/** The same by LABELS. */
export const shareBy = (part: string, whole: string, ...labels: string[]): string =>
  `(${sum(part, ...labels)} or 0 * ${sum(whole, ...labels)}) / ${sum(whole, ...labels)}`;

/** Seconds since the oldest open client connection was opened. */
export const oldestAge = (...labels: string[]): string =>
  `max${by(labels)} (time() - ${ofVhost("lws_connection_oldest_start_time_seconds", CLIENT)})`;
