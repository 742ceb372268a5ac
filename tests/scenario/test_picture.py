# SPDX-License-Identifier: MIT
"""A trace for people: the picture of a report (dashboards/timeline/svg.py) draws what the report says, `explain` puts it into words."""

import copy
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import harness
import workload
from browser import Browser, Files

SCRIPT = os.path.join(harness.ROOT, "dashboards", "timeline", "svg.py")
EXAMPLE = os.path.join(harness.ROOT, "dashboards", "timeline", "example.svg")
GOLDEN = os.path.join(harness.ROOT, "tests", "unit", "export", "golden", "report.json")
SVG = "{http://www.w3.org/2000/svg}"
PHASES = ("waiting", "handler", "response")

# {class: [colour of its swatch, colours of its shapes]}, of all shapes that are on top of the others somewhere.
PAINTED = """(async () => {
  const image = new Image();
  image.src = location.href;
  await image.decode();
  const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
  [canvas.width, canvas.height] = [image.width, image.height];
  const picture = canvas.getContext("2d");
  picture.drawImage(image, 0, 0);
  const colour = (x, y) => [...picture.getImageData(x, y, 1, 1).data].join();
  const painted = {};
  for (const swatch of document.querySelectorAll("rect[width='12']:not(:has(title))")) {
    const box = swatch.getBoundingClientRect(), cls = swatch.getAttribute("class"), bars = [];
    for (const bar of document.querySelectorAll(`rect.${cls}`)) {
      const { left, top, width, height } = bar.getBoundingClientRect();
      if (bar === swatch || width < 4) continue;
      for (let x = Math.ceil(left) + 1; x < left + width - 2; x++) {
        const y = Math.round(top + Math.min(3, height / 2));
        if (document.elementFromPoint(x, y) !== bar || document.elementFromPoint(x + 1, y) !== bar || document.elementFromPoint(x - 1, y) !== bar) continue;
        bars.push(colour(x, y));
        break;
      }
    }
    painted[cls] = [colour(Math.round(box.left + 6), Math.round(box.top + box.height / 2)), bars];
  }
  return painted;
})()"""


def draw(report, *arguments):
    return subprocess.run([sys.executable, SCRIPT, "-", *arguments], input=report, capture_output=True, text=True, check=False)


class Drawing:
    """A picture, read back."""

    def __init__(self, text):
        self.root = ElementTree.fromstring(text)

    def boxes(self, *classes):
        """(left, right, tip) of each shape of one of CLASSES that stands for a span of time."""
        found = []
        for box in self.root.iter(SVG + "rect"):
            tip = box.find(SVG + "title")
            if tip is not None and box.get("class") in classes:
                left = float(box.get("x"))
                found.append((left, left + float(box.get("width")), tip.text))
        return found

    def texts(self):
        return [text.text for text in self.root.iter(SVG + "text")]


class Picture(harness.Scenario):
    def golden(self):
        with open(GOLDEN, encoding="utf-8") as file:
            return json.load(file)

    def drawn(self, report, *arguments):
        done = draw(json.dumps(report), *arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return Drawing(done.stdout)

    def test_a_traced_host_is_drawn_with_all_its_transactions_and_sessions(self):
        program = self.traced(self.host())
        workload.keep_alive(program.address(), "/dyn", requests=7, connections=1)
        workload.WebSocket(program.address(), path="/ws").close(1001)
        program.stop()
        report = json.loads(self.wsitrace("report", self.path("out.wsitrace"), "--format", "json").out)
        drawing = self.drawn(report)
        clients = [c for c in report["connections"] if c["class"] == "client"]
        numbers = {tip.partition(":")[0] + str(round(left)) for left, _, tip in drawing.boxes(*PHASES)}
        self.assertGreaterEqual(len(numbers), sum(c["transactions_total"] for c in clients))
        self.assertEqual(len(drawing.boxes("life")), len(clients))
        self.assertEqual(len(drawing.boxes("session")), 1)
        self.assertIn("session echo", drawing.boxes("session")[0][2])
        self.assertTrue(any(text.startswith("peer_ws_close 1001") for text in drawing.texts()))

    def test_rows_are_the_clients_with_streams_below_their_carrier(self):
        names = [text for text in self.drawn(self.golden()).texts() if "connection " in text and ":" in text]
        self.assertEqual([name.split(":")[0] for name in names],
                         ["connection 2", "connection 3", "connection 4", "└ connection 5", "connection 6", "connection 7"])

    def test_one_connection_comes_with_its_streams_only(self):
        drawing = self.drawn(self.golden(), "--conn", "4")
        self.assertEqual([tip.split(" at ")[0] for _, _, tip in drawing.boxes("life")], ["connection 4", "connection 5"])

    def test_phases_of_a_transaction_follow_each_other_within_its_life(self):
        drawing = self.drawn(self.golden(), "--conn", "2")
        (left, right, _), = drawing.boxes("life")
        phases = [box for box in drawing.boxes(*PHASES) if box[2].startswith("transaction 2")]
        self.assertEqual([tip.split("; ")[1].split(" at ")[0] for _, _, tip in phases],
                         ["waits for its handler", "handler", "response"])
        for (_, end, _), (begin, _, _) in zip(phases, phases[1:]):
            self.assertAlmostEqual(end, begin, delta=1)
        self.assertTrue(all(left <= begin and end <= right + 1 for begin, end, _ in phases))

    def test_every_shape_has_the_colour_that_the_legend_gives_it(self):
        """As a browser paints them: nothing shines through, and no colour means two things."""
        report = self.golden()
        one = next(c for c in report["connections"] if c["bindings"])
        one["transactions"][-1]["outcome"] = "aborted"
        span_ns = (one["closed_ns"] or one["bindings"][-1]["dropped_ns"]) - one["opened_ns"]
        names = [f"protocol-{number}" for number in range(11)]  # more than there are colours
        one["bindings"] = [dict(one["bindings"][0], protocol=name, bound_ns=one["opened_ns"] + place * span_ns // 11,
                                dropped_ns=one["opened_ns"] + (place + 1) * span_ns // 11) for place, name in enumerate(names)]
        done = draw(json.dumps(report), "--conn", str(one["id"]))
        server = Files({"/picture.svg": done.stdout})
        self.addCleanup(server.close)
        browser = Browser(self)
        browser.call("open", server.url + "/picture.svg", {"width": 1100, "height": 600})
        painted = browser.evaluate(PAINTED)
        self.assertGreater(len(painted), 8)
        self.assertIn("failed", painted)
        for cls, (swatch, bars) in painted.items():
            self.assertEqual(bars, [swatch] * len(bars), cls)
            self.assertGreater(len(bars), 0, cls)
        colours = [swatch for swatch, _ in painted.values()]
        self.assertEqual(len(set(colours)), len(colours), painted)

    def test_what_is_open_at_the_end_says_so(self):
        self.assertIn("still open (active)", self.drawn(self.golden()).texts())

    def test_text_from_the_network_stays_text(self):
        report = self.golden()
        report["connections"][0]["transactions"][0]["path"] = "/<script>&\"'\x1b\u202e"
        report["process"]["program"] = "<b>"
        drawing = self.drawn(report)
        self.assertTrue(any("/<script>&\"'\ufffd\ufffd" in tip for _, _, tip in drawing.boxes(*PHASES)))
        self.assertEqual(list(drawing.root.iter(SVG + "script")), [])
        self.assertTrue(drawing.texts()[0].startswith("<b> "))

    def test_a_long_report_is_cut_and_says_so(self):
        report = self.golden()
        one = report["connections"][0]
        report["connections"] = [dict(copy.deepcopy(one), id=number) for number in range(1, 102)]
        drawing = self.drawn(report)
        self.assertEqual(len(drawing.boxes("life")), 40)
        self.assertIn("61 more connections are not shown.", drawing.texts())

    def test_loss_is_told(self):
        self.assertIn("3 events were lost: something may be missing.", self.drawn(self.golden()).texts())

    def test_no_connections_are_an_empty_picture(self):
        self.assertEqual(self.drawn(dict(self.golden(), connections=[])).boxes("life"), [])

    def test_what_is_no_report_is_one_line_and_status_2(self):
        for text, arguments, why in (("{}", (), "no report of wsitrace"), ("[", (), "-: "),
                                     (json.dumps(self.golden()), ("--conn", "99"), "--conn 99: no such connection")):
            done = draw(text, *arguments)
            self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (2, "", 1))
            self.assertIn(why, done.stderr)

    def test_the_example_in_the_tree_needs_nothing_but_itself(self):
        with open(EXAMPLE, encoding="utf-8") as file:
            drawing = Drawing(file.read())
        self.assertGreater(len(drawing.boxes("life")), 3)
        self.assertLessEqual({element.tag.replace(SVG, "") for element in drawing.root.iter()},
                             {"svg", "title", "style", "rect", "line", "text"})
        style = drawing.root.find(SVG + "style").text
        self.assertFalse("url(" in style or "@import" in style)


class Explain(harness.Scenario):
    """The command; what its sentences claim is tested in tests/unit/export."""

    def trace(self):
        program = self.traced(self.host())
        workload.keep_alive(program.address(), "/dyn", requests=23, connections=1)
        program.stop()
        return self.path("out.wsitrace")

    def test_an_orderly_trace_has_nothing_odd(self):
        result = self.wsitrace("explain", self.trace())
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("\n  23 transactions: 23 completed\n", result.out)
        self.assertTrue(result.out.endswith("\nNothing needs attention, and everything was closed.\n"), result)

    def test_a_connection_is_explained_when_asked_for(self):
        result = self.wsitrace("explain", self.trace(), "--conn", "2")
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("23 requests until ", result.out)
        self.assertIn("(LWS_CALLBACK_WSI_DESTROY)", result.out)

    def test_garbage_is_found_without_being_asked_for(self):
        program = self.traced(self.host())
        sock = workload.connect(program.address())
        sock.sendall(b"GARBAGE\r\n\r\n")
        workload.finish(sock)
        program.stop()
        result = self.wsitrace("explain", self.path("out.wsitrace"))
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertIn("\nTrouble: the request was refused on accepted connection 2", result.out)

    def test_an_id_that_is_not_there_is_one_line_and_status_2(self):
        trace = self.trace()
        result = self.wsitrace("explain", trace, "--conn", "99")
        self.assertEqual((result.status, result.out), (2, ""))
        self.assertEqual(result.err, f"wsitrace: --conn 99: no such connection in {trace} (it has ids 1 to 2)\n")

    def test_an_unreadable_file_is_one_line_and_status_2(self):
        for arguments in (["/nowhere"], ["/nowhere", "--conn", "1"], [SCRIPT], [self.trace(), "--conn", "0"]):
            result = self.wsitrace("explain", *arguments)
            self.assertEqual((result.status, result.out, result.err.count("\n")), (2, "", 1), result)
            self.assertTrue(result.err.startswith("wsitrace: "), result)

    def test_help_ends_in_examples(self):
        result = self.wsitrace("explain", "--help")
        self.assertEqual(result.status, 0)
        self.assertTrue(result.out.rstrip().split("\n")[-2].startswith("  wsitrace explain "), result)
