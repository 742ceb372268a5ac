// SPDX-License-Identifier: MIT
// What all dashboards share: variables, links between them, firing alerts as annotations, and rows of panels.
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import { DATASOURCE, FULL_WIDTH, type Panel, type StatAbout, statPanel } from "./panels";
import { ofProgram, ofTarget } from "./queries";

const TAG = "wsitrace";

export interface Row {
  title: string;
  panels: Panel[];
}

export interface Frame {
  uid: string;
  title: string;
  description: string;
  /** One vhost at a time instead of any number of them. */
  oneVhost?: boolean;
  /** Only targets that have programs, which are agents. */
  agentsOnly?: boolean;
  rows: Row[];
}

const datasource = (): dashboard.DatasourceVariableBuilder =>
  new dashboard.DatasourceVariableBuilder("datasource")
    .label("Data source")
    .description("The Prometheus that scrapes wsitrace.")
    .type("prometheus");

function ofLabel(name: string, label: string, description: string, metric: string): dashboard.QueryVariableBuilder {
  const query = `label_values(${metric}, ${name})`;
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .description(description)
    .datasource(DATASOURCE)
    .query(query)
    .definition(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}

const anyNumberOf = (variable: dashboard.QueryVariableBuilder, all = ".+"): dashboard.QueryVariableBuilder =>
  variable.multi(true).includeAll(true).allValue(all).current({ selected: true, text: "All", value: "$__all" });

/** All programs and, unless there are to be AGENTS_ONLY, targets without that label: ".*" matches what is not there. */
const program = (agentsOnly: boolean): dashboard.QueryVariableBuilder =>
  anyNumberOf(
    ofLabel("program", "Program", "Programs of these instances, if they are agents.", ofTarget("wsitrace_build_info")),
    agentsOnly ? ".+" : ".*",
  );

function variables(oneVhost: boolean, agentsOnly: boolean) {
  const vhost = ofLabel("vhost", "Vhost", "Vhosts of these programs.", ofProgram("lws_connections_open"));
  return [
    datasource(),
    anyNumberOf(ofLabel("job", "Job", "Scrape jobs with metrics of wsitrace.", "wsitrace_build_info")),
    anyNumberOf(ofLabel("instance", "Instance", "Targets of these jobs.", 'wsitrace_build_info{job=~"$job"}')),
    program(agentsOnly),
    oneVhost ? vhost.multi(false).includeAll(false) : anyNumberOf(vhost),
  ];
}

const links = (): dashboard.DashboardLinkBuilder =>
  new dashboard.DashboardLinkBuilder("Other dashboards of wsitrace")
    .type(dashboard.DashboardLinkType.Dashboards)
    .tags([TAG])
    .includeVars(true)
    .keepTime(true);

const alerts = (): dashboard.AnnotationQueryBuilder =>
  new dashboard.AnnotationQueryBuilder()
    .name("Alerts")
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor("red")
    .target(
      new prometheus.DataqueryBuilder()
        .refId("A")
        .expr(ofTarget("ALERTS", 'alertname=~"Lws.+|Wsitrace.+", alertstate="firing"')),
    )
    .expr(ofTarget("ALERTS", 'alertname=~"Lws.+|Wsitrace.+", alertstate="firing"'))
    .titleFormat("{{alertname}}")
    .tagKeys("program,vhost,severity")
    .step("60s");

/** A row of numbers, all of the same width. */
export const statRow = (title: string, stats: StatAbout[]): Row => ({
  title,
  panels: stats.map((about) => statPanel(about, Math.floor(FULL_WIDTH / stats.length))),
});

export function framed(frame: Frame): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(frame.title)
    .uid(frame.uid)
    .description(frame.description)
    .tags([TAG])
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .timezone("browser")
    .variables(variables(frame.oneVhost ?? false, frame.agentsOnly ?? false))
    .link(links())
    .annotation(alerts());
  for (const row of frame.rows) {
    builder.withRow(new dashboard.RowBuilder(row.title));
    row.panels.forEach((panel) => builder.withPanel(panel));
  }
  return numbered(builder.build());
}

/** Panels get ids in the order in which they are seen; links and annotations are shown where Grafana shows them by itself. */
function numbered(built: dashboard.Dashboard): dashboard.Dashboard {
  built.links?.forEach((link) => delete link.placement);
  built.annotations?.list?.forEach((annotation) => delete annotation.placement);
  built.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  return built;
}
