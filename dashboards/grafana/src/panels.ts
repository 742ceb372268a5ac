// SPDX-License-Identifier: MIT
// The kinds of panels that the dashboards have. Each has a title, a description, a unit and the datasource of the dashboard.
import type * as cog from "@grafana/grafana-foundation-sdk/cog";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import { quantile, sum } from "./queries";

export const DATASOURCE: common.DataSourceRef = { type: "prometheus", uid: "${datasource}" };
export const OVERVIEW_DASHBOARD = "wsitrace-overview";
export const VHOST_DASHBOARD = "wsitrace-vhost";
/** What all dashboards can choose by. */
const VARIABLES = ["datasource", "job", "instance", "program", "vhost"];
/** The dashboard that shows one value of a label. */
const LEADS_TO = { program: OVERVIEW_DASHBOARD, vhost: VHOST_DASHBOARD };

export type Panel = cog.Builder<dashboard.Panel>;
export interface Query {
  expr: string;
  legend: string;
  /** Shows the exemplars of a histogram, which name a connection as PID/ID. */
  exemplar?: boolean;
}

export interface About {
  title: string;
  description: string;
  unit: string;
}

export interface StatAbout extends About {
  expr: string;
  /** Colours from these values on; the lowest is green without any. */
  warn?: number;
  fail?: number;
  noValue?: string;
}

export interface SeriesAbout extends About {
  queries: Query[];
  stacked?: boolean;
  /** Half of the width, unless told. */
  width?: number;
  /** A line at this value. */
  limit?: number;
  /** Its series have this label: a click on one leads to that program or vhost. */
  leadsTo?: keyof typeof LEADS_TO;
}

const named = (labels: string[]): string => labels.map((label) => `{{${label}}}`).join(" ");

/** The sums of EXPRESSION by LABELS, named by these. */
export const sums = (expression: string, ...labels: string[]): Query[] => [
  { expr: sum(expression, ...labels), legend: named(labels) },
];

/** A line for each of QS of the histogram whose buckets SELECTOR names, for each of LABELS. */
export const quantiles = (qs: number[], selector: string, ...labels: string[]): Query[] =>
  qs.map((q, index) => ({
    expr: quantile(q, selector, ...labels),
    legend: `${named(labels)} p${q * 100}`.trimStart(),
    exemplar: index === qs.length - 1,
  }));

const STAT_HEIGHT = 4;
const SERIES_HEIGHT = 8;
export const FULL_WIDTH = 24;

function target(query: Query, index: number): prometheus.DataqueryBuilder {
  const built = new prometheus.DataqueryBuilder()
    .datasource(DATASOURCE)
    .expr(query.expr)
    .legendFormat(query.legend)
    .refId(String.fromCharCode("A".charCodeAt(0) + index));
  return query.exemplar ? built.exemplar(true) : built;
}

const thresholds = (steps: [number | null, string][]): dashboard.ThresholdsConfigBuilder =>
  new dashboard.ThresholdsConfigBuilder()
    .mode(dashboard.ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]) => ({ value, color })));

export function statPanel(about: StatAbout, width: number): Panel {
  const steps: [number | null, string][] = [[null, about.warn === undefined && about.fail === undefined ? "blue" : "green"]];
  if (about.warn !== undefined) steps.push([about.warn, "orange"]);
  if (about.fail !== undefined) steps.push([about.fail, "red"]);
  const panel = new stat.PanelBuilder()
    .title(about.title)
    .description(about.description)
    .unit(about.unit)
    .datasource(DATASOURCE)
    .span(width)
    .height(STAT_HEIGHT)
    .colorMode(common.BigValueColorMode.Value)
    .graphMode(common.BigValueGraphMode.Area)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false).fields(""))
    .thresholds(thresholds(steps))
    .withTarget(target({ expr: about.expr, legend: about.title }, 0));
  return about.noValue === undefined ? panel : panel.noValue(about.noValue);
}

function linkTo(label: keyof typeof LEADS_TO): cog.Builder<dashboard.DashboardLink> {
  const clicked = `\${__field.labels.${label}}`;
  const others = VARIABLES.filter((name) => name !== label).map((name) => `&\${${name}:queryparam}`);
  const built = new dashboard.DashboardLinkBuilder(`Look at ${label} ${clicked}`)
    .url(`/d/${LEADS_TO[label]}?var-${label}=${clicked}${others.join("")}&\${__url_time_range}`)
    .build();
  delete built.placement;
  return { build: () => built };
}

export function seriesPanel(about: SeriesAbout): Panel {
  const panel = new timeseries.PanelBuilder()
    .title(about.title)
    .description(about.description)
    .unit(about.unit)
    .datasource(DATASOURCE)
    .span(about.width ?? FULL_WIDTH / 2)
    .height(SERIES_HEIGHT)
    .min(0)
    .lineWidth(1)
    .fillOpacity(about.stacked ? 40 : 10)
    .showPoints(common.VisibilityMode.Never)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(common.LegendDisplayMode.Table)
        .placement(common.LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(["lastNotNull", "max"]),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(common.TooltipDisplayMode.Multi).sort(common.SortOrder.Descending))
    .targets(about.queries.map(target));
  if (about.stacked) panel.stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A"));
  if (about.leadsTo) panel.dataLinks([linkTo(about.leadsTo)]);
  if (about.limit !== undefined) {
    panel
      .thresholds(thresholds([[null, "green"], [about.limit, "red"]]))
      .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  return panel;
}

/** The same with an axis that goes below 0. */
export function balancePanel(about: SeriesAbout): Panel {
  const built = seriesPanel(about).build();
  delete built.fieldConfig?.defaults.min;
  return { build: () => built };
}

/** The buckets of a histogram over time. EXPR is summed by le. */
export function heatmapPanel(about: About, expr: string): Panel {
  return new heatmap.PanelBuilder()
    .title(about.title)
    .description(about.description)
    .unit(about.unit)
    .datasource(DATASOURCE)
    .span(FULL_WIDTH / 2)
    .height(SERIES_HEIGHT)
    .calculate(false)
    .yAxis(new heatmap.YAxisConfigBuilder().unit(about.unit))
    .withTarget(target({ expr, legend: "{{le}}" }, 0).format(prometheus.PromQueryFormat.Heatmap));
}
