# SPDX-License-Identifier: MIT
"""What a scrape says, read by the parsers of Prometheus's own Python client."""

import sys
import urllib.request

sys.path.append("/usr/lib/python3/dist-packages")  # python3-prometheus-client, when another python runs this
from prometheus_client import parser as text_parser  # noqa: E402
from prometheus_client.openmetrics import parser as open_metrics_parser  # noqa: E402

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus 2.42 sends.
ACCEPT = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")


class Exposition:
    """The text of a scrape: samples as {(name, labels): value}, exemplars as [(name, labels, exemplar)]."""

    def __init__(self, text, content_type=TEXT):
        self.text, self.content_type = text, content_type
        parser = open_metrics_parser if content_type == OPEN_METRICS else text_parser
        self.families = list(parser.text_string_to_metric_families(text))
        self.samples, self.exemplars = {}, []
        for family in self.families:
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                if key in self.samples:
                    raise ValueError(f"{key}: twice")
                self.samples[key] = sample.value
                if sample.exemplar is not None:
                    self.exemplars.append((sample.name, sample.labels, sample.exemplar))

    def sum(self, name, **labels):
        """The sum of all series of NAME that have LABELS (class_ is the label `class`)."""
        wanted = {(key.removesuffix("_"), value) for key, value in labels.items()}
        return sum(value for (sample, have), value in self.samples.items() if sample == name and wanted <= have)

    def values_of(self, label):
        """All values that LABEL has."""
        return {value for _, labels in self.samples for key, value in labels if key == label}

    def labels_of(self, name):
        """Names of the labels of NAME's series, `le` left out."""
        return {frozenset(key for key, _ in labels if key != "le") for sample, labels in self.samples if sample == name}


def scrape(address, path="/metrics", accept=ACCEPT):
    """Asks a target as ACCEPT says, and reads the answer as its Content-Type says."""
    host, port = address
    request = urllib.request.Request(f"http://{host}:{port}{path}", headers={"Accept": accept, "Connection": "close"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return Exposition(answer.read().decode(), answer.headers["Content-Type"])
