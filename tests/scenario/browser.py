# SPDX-License-Identifier: MIT
"""A real browser on the page, driven by page/driver.mjs, and claims that hold for every visit."""

import contextlib
import http.server
import json
import os
import subprocess
import threading
import urllib.parse

import harness
import workload

ONE_BY_ONE = 53  # with the others fewer than the closed ones that the first message holds
KEPT_OPEN = 5
SESSIONS_OPEN = 3

DRIVER = os.path.join(harness.SOURCE, "page", "driver.mjs")

# Every row of the table, top to bottom: the table shows only those in sight, so that it is scrolled from window to window.
ALL_ROWS = """(async () => {
  const scroller = document.querySelector(".scroller"), rows = new Map();
  for (let top = 0; ; top += scroller.clientHeight) {
    scroller.scrollTop = top;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (const row of document.querySelectorAll(".rows .row:not([hidden])")) {
      const cells = {};
      for (const cell of row.children) cells[cell.className.match(/c-(\\w+)/)[1]] = cell.textContent;
      rows.set(Number(row.getAttribute("aria-rowindex")), { key: row.dataset.key, ...cells });
    }
    if (top + scroller.clientHeight >= scroller.scrollHeight) break;
  }
  scroller.scrollTop = 0;
  return [...rows.entries()].sort(([a], [b]) => a - b).map(([, row]) => row);
})()"""

ALL_LANES = """[...document.querySelectorAll(".lane")].map((lane) => ({
  kind: lane.dataset.kind, name: lane.querySelector(".lane-name").textContent, note: lane.querySelector(".lane-note").textContent,
  closed: !lane.querySelector(".end").hidden,
  bars: [...lane.querySelectorAll(".bar")].map((bar) => {
    const track = bar.parentElement.getBoundingClientRect(), box = bar.getBoundingClientRect();
    return { phase: bar.dataset.phase, from: Number(bar.dataset.from), to: bar.dataset.to === "" ? null : Number(bar.dataset.to),
      left: (box.left - track.left) / track.width, width: box.width / track.width };
  }) }))"""


class Files:
    """Serves TEXTS, by their paths, at `url`."""

    def __init__(self, texts):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                text = texts.get(self.path)
                self.send_response(200 if text is not None else 404)
                self.send_header("Content-Type", "image/svg+xml" if self.path.endswith(".svg") else "text/html")
                self.end_headers()
                self.wfile.write((text or "").encode())

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        self.url = "http://127.0.0.1:{}".format(self.server.server_address[1])

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Browser:
    """The methods are those of driver.mjs."""

    def __init__(self, test):
        self.process = subprocess.Popen(["node", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
                                        cwd=os.path.dirname(DRIVER), start_new_session=True)
        test.addCleanup(self._end)
        self.test = test
        self.origin = ""

    def _end(self):
        self.process.stdin.close()
        self.process.wait(harness.PATIENCE_S)
        self.process.stdout.close()

    def call(self, name, *arguments):
        self.process.stdin.write(json.dumps({"call": name, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the browser has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(f"{name}{arguments}: {answer['error']}")
        return answer["value"]

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments: self.call(name, *arguments)

    def visit(self, address, link="connected", **look):
        """Opens the page and waits until its LINK to the server is that. The response's headers."""
        response = self.call("open", address, look)
        self.origin = urllib.parse.urlsplit(address).netloc
        self.test.assertEqual(response["status"], 200)
        self.wait(f"document.body.dataset.link === '{link}'")
        return response["headers"]

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def shown(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.checkVisibility() ?? false")

    def rows(self):
        return self.evaluate(ALL_ROWS)

    def lanes(self):
        return self.evaluate(ALL_LANES)

    def open_row(self, key):
        """Opens the connection KEY by its row, which the filter brings into sight."""
        self.click(f'.row[data-key="{key}"]')
        self.wait("document.querySelectorAll('.lane').length > 0 && document.querySelector('.facts').children.length > 0")

    def assert_well_behaved(self, *allowed):
        """No complaint of the browser but those with a text of ALLOWED in them, no script but the page's, no request to elsewhere."""
        problems = self.problems()
        seen = [text for text in problems["seen"] if not any(part in text for part in allowed)]
        self.test.assertEqual((seen, problems["violations"]), ([], []))
        self.test.assertEqual({urllib.parse.urlsplit(address).netloc for address in problems["requests"]}, {self.origin})


class Page(harness.Scenario):
    """A host under `wsitrace run --serve`, and a browser that looks at it."""

    def serve(self, *host, options=(), port=None, trace="out.wsitrace"):
        """Starts a host, its page at self.url."""
        self.served = ("127.0.0.1", port or harness.free_port())
        program = self.traced(host or self.host(), "--serve", "{}:{}".format(*self.served), *options, trace=trace)
        self.url = "http://{}:{}/".format(*self.served)
        program.address()
        harness.until(lambda: self.fetch("/healthz")[0] == 200, "the page's server")
        return program

    def fetch(self, path):
        try:
            return workload.fetch(self.served, path)
        except OSError:
            return 0, b""

    def api(self, path):
        status, body = self.fetch(path)
        self.assertEqual(status, 200, body[:200])
        return json.loads(body)

    def settled(self, opened, still_open=0):
        """The report, once OPENED connections of clients have been seen and all but STILL_OPEN have ended."""
        def now():
            trace = harness.Trace(self.api("/api/report"))
            states = [c["state"] for c in trace.of_class("client")]
            return trace if len(states) == opened and len(states) - states.count("closed") == still_open else None
        return harness.until(now, f"{opened} connections in the report, {still_open} of them open")

    def settled_mixture(self, address):
        """The report of the known workload, and of some connections that stay open: idle ones and websocket sessions."""
        opened = self.some_of_each(address)
        return self.settled(opened, KEPT_OPEN + SESSIONS_OPEN)

    def some_of_each(self, address):
        """Opens them and returns how many there are, the ended ones included."""
        workload.known(address, one_by_one=ONE_BY_ONE)
        self.open = [workload.Http1(address) for _ in range(KEPT_OPEN)]
        for number in range(11):
            self.open[number % KEPT_OPEN].get("/dyn" if number % 2 else "/")
        self.sessions = [workload.WebSocket(address) for _ in range(SESSIONS_OPEN)]
        for session in self.sessions:
            session.echo(b"here")
            self.addCleanup(session.sock.close)
        for http in self.open:
            self.addCleanup(http.sock.close)
        return workload.known_connections(ONE_BY_ONE) + KEPT_OPEN + SESSIONS_OPEN

    @contextlib.contextmanager
    def browser(self, url=None, allowed=(), **look):
        browser = Browser(self)
        browser.headers = browser.visit(url or self.url, **look)
        yield browser
        browser.assert_well_behaved(*allowed)
