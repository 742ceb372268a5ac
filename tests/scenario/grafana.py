# SPDX-License-Identifier: MIT
"""The dashboards as Grafana sees them, and the rules that are kept in them.

The rules are those of Grafana's dashboard-linter, by its names; what it only warns of is wanted here, too. LogQL rules have
nothing to look at. Rules of our own have names that begin with "own-".
"""

import glob
import json
import os
import re
import tempfile

import harness
from prometheus import promtool

FOLDER = os.path.join(harness.ROOT, "dashboards", "grafana")
GENERATED = os.path.join(FOLDER, "generated")
UNITS = {"short", "s", "reqps", "cps", "percentunit", "bytes"}  # all of them among the linter's
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
METRIC = re.compile(r"\b((?:lws|wsitrace)_\w+|ALERTS|up)\b(\{)?")
RANGED = re.compile(r"(\w+)\s*\(\s*([\w:]+)\{[^}]*\}\[([^\]]+)\]")
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GRID_WIDTH = 24


def dashboards():
    """{file name: dashboard}."""
    found = {}
    for path in sorted(glob.glob(os.path.join(GENERATED, "*.json"))):
        with open(path, encoding="utf-8") as file:
            found[os.path.basename(path)] = json.load(file)
    return found


def panels(board):
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board):
    return [(panel, target) for panel in panels(board) for target in panel.get("targets", [])]


def variables(board, kind=None):
    return {variable["name"]: variable for variable in board["templating"]["list"] if kind in (None, variable["type"])}


def expressions(board):
    """Everything that is asked for: [(where, PromQL)]."""
    asked = [(f"{board['uid']} / {panel['title']}", target["expr"]) for panel, target in targets(board)]
    return asked + [(f"{board['uid']} / annotation {one['name']}", one["target"]["expr"]) for one in board["annotations"]["list"]]


def substituted(text, values, rate_interval="2s", span="20s"):
    """TEXT as Grafana sends it: VALUES by name of the variable, a list for several, the regular expression for All."""
    def shown(match):
        value = values[match.group(1)]
        if isinstance(value, list):
            value = "(" + "|".join(map(re.escape, value)) + ")"
        return value.replace("\\", "\\\\")  # for the string of PromQL
    text = text.replace("$__rate_interval", rate_interval).replace("$__range", span)
    return re.sub(r"\$\{?(\w+)\}?", shown, text)


def problems_of_variable(board, name, all_value=".+"):
    variable = variables(board).get(name)
    if variable is None:
        return [f"no variable {name}"]
    wanted = {"datasource": DATASOURCE, "type": "query", "label": name.title(), "multi": True, "includeAll": True,
              "allValue": all_value}
    return [f"variable {name}: {key} is {variable.get(key)!r}" for key, value in wanted.items() if variable.get(key) != value]


def template_datasource(board):
    found = variables(board, "datasource")
    if set(found) != {"datasource"}:
        return [f"variables of type datasource: {sorted(found)}"]
    one = found["datasource"]["query"], found["datasource"]["label"]
    return [] if one == ("prometheus", "Data source") else [f"datasource: {one}"]


def template_label_promql(board):
    for name, variable in variables(board, "query").items():
        match = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"])
        if not match or match.group(2) != name:
            yield f"variable {name}: {variable['query']}"
        elif not is_promql(match.group(1)):
            yield f"variable {name}: {match.group(1)} is no PromQL"


def is_promql(*texts):
    """Whether promtool can read all of them."""
    values = {"job": ".+", "instance": ".+", "program": ".*", "vhost": ".+"}
    rules = [{"record": f"r:{n}", "expr": substituted(text, values)} for n, text in enumerate(texts)]
    with tempfile.NamedTemporaryFile("w", suffix=".yml", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "g", "rules": rules}]}, file)
        file.flush()
        return promtool("check", "rules", file.name)[0] == 0


def panel_datasource(board):
    for panel, target in targets(board):
        for name, source in (("panel", panel.get("datasource")), ("target", target.get("datasource"))):
            if source != DATASOURCE:
                yield f"{panel['title']}: {name} asks {source}"


def panel_title_description(board):
    return [f"panel {panel['id']}" for panel in panels(board) if not panel.get("title") or not panel.get("description")]


def panel_units(board):
    return [panel["title"] for panel in panels(board) if panel["fieldConfig"]["defaults"].get("unit") not in UNITS]


def panel_no_targets(board):
    return [panel["title"] for panel in panels(board) if not panel.get("targets")]


def target_promql(board):
    texts = [target.get("expr", "") for _, target in targets(board)]
    return [] if all(texts) and is_promql(*texts) else [text for text in texts if not text or not is_promql(text)]


def without_matcher(board, label):
    for where, text in expressions(board):
        for metric, selector in METRIC.findall(re.sub(r'"[^"]*"', '""', text)):
            if not selector:
                yield f"{where}: {metric} without matchers"
        for metric, matchers in SELECTOR.findall(text):
            if f'{label}=~"${label}"' not in re.split(r",\s*", matchers):
                yield f"{where}: {metric} without a matcher for {label}"


def target_rate_interval(board):
    return [f"{where}: {function} over {span}" for where, text in expressions(board) for function, _, span in RANGED.findall(text)
            if function in ("rate", "irate") and span != "$__rate_interval"]


def target_counter_agg(board):
    for where, text in expressions(board):
        counted = [metric for function, metric, _ in RANGED.findall(text) if function in ("rate", "irate", "increase")]
        for metric, _ in SELECTOR.findall(text):
            if metric.endswith("_total") and metric not in counted:
                yield f"{where}: {metric}"


def own_program_variable(board):
    """All of it is also what has no such label, but for the dashboard of agents."""
    return problems_of_variable(board, "program", ".+" if board["uid"] == "wsitrace-programs" else ".*")


def own_layout(board):
    """Panels are numbered, inside of the grid, and beside each other."""
    if len({panel["id"] for panel in board["panels"]}) != len(board["panels"]):
        yield "two panels have one id"
    taken = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        if taken & cells or at["x"] + at["w"] > GRID_WIDTH:
            yield f"{panel.get('title')}: overlaps or sticks out"
        taken |= cells


def own_links(board):
    """Each dashboard leads to the others by their tag, and panels lead to dashboards that exist, with the variables."""
    uids = {other["uid"] for other in dashboards().values()}
    link = board["links"][0] if board["links"] else {}
    if link.get("tags") != ["wsitrace"] or "wsitrace" not in board["tags"] or not link.get("includeVars"):
        yield "no links to the other dashboards"
    for panel in panels(board):
        for one in panel["fieldConfig"]["defaults"].get("links", []):
            leads_to = re.match(r"/d/([\w-]+)\?", one["url"])
            clicked = re.findall(r"[?&]var-(\w+)=\$\{__field\.labels\.\1\}", one["url"])
            kept = re.findall(r"&\$\{(\w+):queryparam\}", one["url"])
            if not leads_to or leads_to.group(1) not in uids or sorted(clicked + kept) != sorted(variables(board)):
                yield f"{panel['title']}: leads to {one['url']}"
            for label in clicked:
                if not all(re.search(rf"by \([^)]*\b{label}\b", target["expr"]) for target in panel["targets"]):
                    yield f"{panel['title']}: leads to a {label}, but has no such label"


RULES = {
    "template-datasource-rule": template_datasource,
    "template-job-rule": lambda board: problems_of_variable(board, "job"),
    "template-instance-rule": lambda board: problems_of_variable(board, "instance"),
    "template-label-promql-rule": template_label_promql,
    "template-on-time-change-reload-rule":
        lambda board: [name for name, variable in variables(board, "query").items() if variable["refresh"] != 2],
    "panel-datasource-rule": panel_datasource,
    "panel-title-description-rule": panel_title_description,
    "panel-units-rule": panel_units,
    "panel-no-targets-rule": panel_no_targets,
    "target-promql-rule": target_promql,
    "target-rate-interval-rule": target_rate_interval,
    "target-job-rule": lambda board: without_matcher(board, "job"),
    "target-instance-rule": lambda board: without_matcher(board, "instance"),
    "target-counter-agg-rule": target_counter_agg,
    "uneditable-dashboard": lambda board: ["editable"] if board.get("editable") is not False else [],
    "own-program-variable": own_program_variable,
    "own-vhost-variable": lambda board: [] if "vhost" in variables(board, "query") else ["no variable vhost"],
    "own-layout": own_layout,
    "own-links": own_links,
}
