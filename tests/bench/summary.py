#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Puts what the benchmarks left in a directory into one JSON object, every figure beside its budget.

    summary.py DIRECTORY [--quick]

Figures of google-benchmark are medians over its repetitions, which ran interleaved. A figure that could not be taken is null
and its error is told; a budget without a figure is not met.
"""

import json
import os
import platform
import statistics
import sys

LTTNG_FACTOR = 3  # at least so many times cheaper than an lttng-ust tracepoint
AIMED = {"keepalive": 1000, "connect": 2500, "message": 150}  # instructions added to each
CLOCK_FACTOR = 1.3  # aim: recording within so many times the clock read


class Figures:
    """Medians of the counters that the benchmarks left, and what went wrong."""

    def __init__(self, directory):
        self.directory, self.errors = directory, []
        self.results = {}
        for name in ("record_bench", "pass_bench", "fold_bench", "metrics_bench"):
            self._take(name, self.file(name) or {})

    def file(self, name):
        try:
            with open(os.path.join(self.directory, f"{name}.json"), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError) as error:
            self.errors.append(f"{name}: no results ({error})")
            return None

    def _take(self, program, results):
        for run in results.get("benchmarks", []):
            if run.get("run_type") == "aggregate":
                continue
            if run.get("error_occurred"):
                self.errors.append(f"{program}: {run['name']}: {run['error_message']}")
                continue
            self.results.setdefault(run["run_name"].split("/manual_time")[0], []).append(run)

    def median(self, name, counter):
        runs = self.results.get(name)
        return round(statistics.median(run[counter] for run in runs), 3) if runs else None

    def distribution(self, name):
        return {"p50_ns": self.median(name, "p50_ns"), "p999_ns": self.median(name, "p999_ns")}


def against(value, budget, at_least=False):
    met = value is not None and (value >= budget if at_least else value <= budget)
    return {"value": value, "at_least" if at_least else "budget": budget, "met": met}


def ratio(over, under):
    return round(over / under, 3) if over and under else None


def record_figures(figures):
    record, clock = figures.distribution("record"), figures.median("clock", "p50_ns")
    lttng = figures.median("lttng_ust", "p50_ns")
    probes = {name.split("/")[1]: figures.distribution(name) for name in figures.results if name.startswith("probe/")}
    return {
        "record_p50_ns": against(record["p50_ns"], 40),
        "record_p999_ns": against(record["p999_ns"], 1000),
        "record_over_clock": against(ratio(record["p50_ns"], clock), CLOCK_FACTOR),
        "lttng_over_record": against(ratio(lttng, record["p50_ns"]), LTTNG_FACTOR, at_least=True),
        "probe_bind_p50_ns": against(probes.get("HTTP_BIND_PROTOCOL", {}).get("p50_ns"), 40),
        "probe_drop_p50_ns": against(probes.get("HTTP_DROP_PROTOCOL", {}).get("p50_ns"), 40),
    }, {"clock_p50_ns": clock, "probe": probes, "peers": {name: figures.distribution(name)
                                                          for name in ("lttng_ust", "spdlog_async")}}


def pass_figure(figures):
    names = [name for name in figures.results if name.startswith("pass/thunk_")]
    costs = [figures.median(name, "p50_ns") - figures.median(name.replace("thunk", "direct"), "p50_ns") for name in names]
    return {"pass_through_ns": against(round(max(costs), 3) if costs else None, 5)}


def fold_figures(figures):
    rates = {name: figures.median(name, "items_per_second") for name in ("drain", "drain_fold", "drain_live")}
    rates = {name: rate and round(rate / 1e6, 2) for name, rate in rates.items()}
    return {"drain_fold_mega_events_per_s": against(rates["drain_fold"], 5, at_least=True)}, rates


def scrape_figures(figures):
    """Of both formats the dearer."""
    def most(counter):
        values = [figures.median(f"scrape/{name}", counter) for name in ("text", "open_metrics")]
        return None if None in values else max(values)
    return {"scrape_p99_ms": against(most("p99_ms"), 5), "scrape_series": against(most("series"), 300)}


def report_figures(report):
    formats = [report[name] for name in ("text", "ndjson", "json")] if report else []
    share = report["connections"] / 1e6 if report else None
    return {
        "report_s_per_million_connections":
            against(round(max(each["wall_s"] for each in formats) / share, 2) if formats else None, 10),
        "report_max_rss_mb": against(max(each["max_rss_mb"] for each in formats) if formats else None, 256),
    }


def verdict_figures(verdict):
    return {"verdict_after_end_ms": against(verdict["verdict_ms"] if verdict else None, 100)}


def host_figures(host):
    """The server CPU ratios that have a budget."""
    return {f"host_cpu_{name}": {**against(result.get("ratio"), result["budget"]), "spread": result.get("spread")}
            for name, result in (host or {}).items() if "budget" in result}


def instruction_figures(counted):
    """What shall become fewer, against where it shall go; each has a budget of its own beside it, which a test compares it with."""
    kinds = [(way, kind) for way in counted or {} for kind in AIMED if kind in counted[way]]
    return {f"instructions_{way}_{kind}": against(counted[way][kind]["added"], AIMED[kind]) for way, kind in kinds}


def main(arguments):
    figures = Figures(arguments[0])
    report, host = figures.file("report_bench"), figures.file("host_cpu")
    verdict, scrapers = figures.file("verdict_bench"), figures.file("scrapers_bench")
    instructions = figures.file("instructions")
    figures.errors += [f"host_cpu: {name}: {result['error']}" for name, result in (host or {}).items() if "error" in result]
    recorded, beside = record_figures(figures)
    folded, rates = fold_figures(figures)
    print(json.dumps({
        "schema": "wsitrace.bench/1", "quick": "--quick" in arguments, "machine": platform.platform(),
        "processors": os.cpu_count(), "load_average": os.getloadavg()[0],
        "budgets": {**recorded, **pass_figure(figures), **folded, **scrape_figures(figures), **report_figures(report),
                    **verdict_figures(verdict), **host_figures(host), **instruction_figures(instructions)},
        "beside": {**beside, "heap_bytes_per_open": figures.median("scrape/text", "heap_bytes_per_open")},
        "instructions": instructions, "mega_events_per_s": rates, "report": report, "verdict": verdict, "scrapers": scrapers,
        "host_cpu": host, "errors": figures.errors,
    }, indent=1))
    return 1 if figures.errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
