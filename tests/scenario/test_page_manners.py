# SPDX-License-Identifier: MIT
"""The page's manners: whatever the names are it shows text, it stays quick with ten thousand rows, works by keyboard, says when it
knows nothing, and talks to nobody but its own server.

WSITRACE_SCREENSHOTS names a directory in which to leave pictures of it; dashboards/web/screenshots holds some.
"""

import os
import re
import signal
import socket
import subprocess
import threading

import harness
import workload
from browser import KEPT_OPEN, Page
from peers import make_certificate
from servers import Lwsws

MANY = 9973
LONG_TASK_MS = 50
LONG_TASK = """new Promise((done) => setTimeout(() => {
  for (const end = performance.now() + 400; performance.now() < end; );
  done();
}))"""
SCROLL = """(async () => {
  const scroller = document.querySelector(".scroller");
  let steps = 0;
  scroller.scrollTop = 0;
  for (let top = 0; scroller.scrollTop + scroller.clientHeight < scroller.scrollHeight; steps++) {
    scroller.scrollTop = top += scroller.clientHeight * 2.5;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
  return steps;
})()"""
PICTURES = os.environ.get("WSITRACE_SCREENSHOTS")
WATCHED_MS = 20000 if PICTURES else 500  # before a picture is taken: the charts are to show something
MOST_PICTURE_BYTES = 150 * 1024
MARKUP = "<img src=x onerror=alert(1)>\"'&amp;"
POLICY = ("default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self' ws: wss:", "base-uri 'none'",
          "form-action 'none'", "frame-ancestors 'none'")


def visible(text):
    """What cannot be printed is shown as a replacement."""
    return re.sub("[\x00-\x1f\x7f-\x9f]", "\ufffd", text)


class Manners(Page):
    def test_hostile_names_are_text(self):
        program = self.serve(*self.host("names_host"))
        path = b"/dyn/\xff\xe9" + MARKUP.replace(" ", "%20").encode()
        http = workload.Http1(program.address())
        http.sock.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: here\r\n\r\n")
        http.receive()
        self.addCleanup(http.sock.close)
        [client] = self.settled(1, 1).of_class("client")
        self.assertIn("<img src=x onerror=", client["transactions"][0]["path"])
        self.assertIn("<img src=x onerror=", client["bindings"][-1]["protocol"])
        with self.browser() as browser:
            browser.wait("document.querySelector('.row[data-state=idle] .c-path')?.textContent.includes('<img src=x')")
            [row] = [row for row in browser.rows() if row["class"] == "client h1"]
            self.assertEqual(row["path"], visible(client["transactions"][0]["path"]))
            self.assertEqual(row["protocol"], visible(client["bindings"][-1]["protocol"]))
            browser.open_row(row["key"])
            self.assertTrue(any(MARKUP.split()[0] in lane["name"] for lane in browser.lanes()))
            browser.press("/")
            browser.type(MARKUP)
            self.assertEqual(browser.evaluate("document.querySelectorAll('img, [onerror]').length"), 0)

    def test_its_policy_lets_nothing_in_from_elsewhere(self):
        self.serve()
        with self.browser() as browser:
            policy = [part.strip() for part in browser.headers["content-security-policy"].split(";")]
            self.assertLessEqual(set(POLICY), set(policy))
            self.assertTrue(browser.evaluate("document.querySelectorAll('style, script:not([src]), [style*=url]').length === 0"))

    def test_the_keyboard_is_enough(self):
        program = self.serve()
        self.settled_mixture(program.address())
        with self.browser() as browser:
            browser.wait("document.querySelectorAll('.row[data-key]').length > 10")

            def current():
                return browser.evaluate("document.querySelector('.row.current')?.dataset.key ?? null")
            keys = [row["key"] for row in browser.rows()]
            for key, index in (("j", 0), ("j", 1), ("ArrowDown", 2), ("k", 1), ("ArrowUp", 0), ("End", len(keys) - 1), ("Home", 0),
                               ("ArrowDown", 1)):
                browser.press(key)
                self.assertEqual(current(), keys[index], key)
            self.assertEqual(browser.evaluate("document.activeElement.getAttribute('role')"), "grid")
            self.assertTrue(browser.evaluate("document.getElementById(document.activeElement.getAttribute("
                                             "'aria-activedescendant')).classList.contains('current')"))
            browser.press("Enter")
            browser.wait("document.querySelectorAll('.lane').length > 0")
            self.assertEqual(browser.evaluate("document.querySelector('.row[aria-selected=true]').dataset.key"), keys[1])
            browser.press("j")
            name = f"connection {keys[2].partition('/')[2]}"
            browser.wait(f"document.querySelector('.lane-name').textContent === '{name}'")
            browser.press("Escape")
            self.assertFalse(browser.shown(".detail"))
            browser.press("/")
            browser.type("echo")
            self.assertEqual(browser.evaluate("document.activeElement.value"), "echo")
            browser.press("ArrowDown")
            self.assertEqual(browser.evaluate("document.activeElement.getAttribute('role')"), "grid")
            browser.press("Escape")
            self.assertEqual(browser.evaluate("document.querySelector('input[type=search]').value"), "")
            browser.press("Tab")
            self.assertNotEqual(browser.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none")

    def test_lost_events_are_told(self):
        program = self.serve(options=("--ring-size", "256"))
        kept = workload.Http1(program.address())
        program.send_signal(signal.SIGSTOP)
        for _ in range(101):
            kept.get("/dyn")
        program.send_signal(signal.SIGCONT)
        lost = harness.until(lambda: self.api("/api/report")["loss"]["lost"], "lost events")
        with self.browser() as browser:
            browser.wait("document.querySelector('.banner.loss').checkVisibility()")
            self.assertIn(f"{lost} of", browser.text(".banner.loss"))
            browser.wait("document.querySelector('.badge').dataset.verdict === 'inconclusive'")
        kept.finish()


class Many(Page):
    """Ten thousand connections, real ones, held open."""

    def hold(self, address, number):
        for _ in range(number):
            sock = socket.create_connection(address)
            sock.sendall(b"GET /dyn HTTP/1.1\r\nHost: here\r\n\r\n")
            sock.recv(4096)
            self.addCleanup(sock.close)

    @staticmethod
    def longest_task(browser, expression):
        browser.startTasks()  # the browser may begin a moment later than it says
        browser.evaluate(expression)
        return max(browser.stopTasks(), default=0)

    def test_ten_thousand_rows_scroll_without_long_tasks(self):
        program = self.serve(*self.host("http_host", "--loop", "uv"))
        self.hold(program.address(), MANY)
        harness.until(lambda: self.api("/api/connections?class=client&limit=1")["total"] == MANY, "all of them")
        with self.browser() as browser:
            browser.wait(f"document.querySelector('.shown').textContent === '{MANY + 1:,} of {MANY + 1:,}'")  # and the listener
            harness.until(lambda: self.longest_task(browser, LONG_TASK) > LONG_TASK_MS, "one to be seen")  # so would another
            browser.startTasks()
            self.assertGreater(browser.evaluate(SCROLL), 101)  # steps, each a frame
            last = browser.evaluate("Math.max(...[...document.querySelectorAll('.row:not([hidden])')].map((row) => row.ariaRowIndex))")
            self.assertGreaterEqual(last, MANY)
            for key in ("End", "PageUp", "Home"):
                browser.press(key)
            tasks = browser.stopTasks()
            self.assertGreater(len(tasks), 101)
            # A list that is not virtual is slow in each step; one task may be when the machine is busy.
            self.assertLess(sum(task >= LONG_TASK_MS for task in tasks), len(tasks) / 101)
            self.assertLess(browser.evaluate("document.querySelectorAll('.row').length"), 101)


class Pictures(Page):
    """Pictures for the documents, of servers with something to show."""

    def picture(self, name, chosen, **look):
        """Takes one of the page with the first connection open that the expression CHOSEN, a filter of rows, leaves."""
        target = PICTURES or self.path("screenshots")
        os.makedirs(target, exist_ok=True)
        picture = os.path.join(target, f"{name}.png")
        with self.browser(scheme=name if name == "dark" else "light", **look) as browser:
            browser.evaluate(f"new Promise((done) => setTimeout(done, {WATCHED_MS}))")
            browser.open_row(browser.evaluate(f"[...document.querySelectorAll('.row[data-key]')].find((row) => {chosen}).dataset.key"))
            browser.evaluate("[...document.querySelectorAll('.waterfall-head button')].find((button) => !button.hidden)?.click()")
            browser.screenshot(picture)
            self.assertLess(os.path.getsize(picture), MOST_PICTURE_BYTES)
            self.assertTrue(browser.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    def test_light_and_narrow(self):
        address = self.serve().address()
        self.some_of_each(address)
        load = workload.Load(address, "/dyn")
        self.addCleanup(load.stop)
        leave = threading.Event()
        people = threading.Thread(target=self.use, args=(self.open, leave))
        people.start()
        self.addCleanup(people.join)
        self.addCleanup(leave.set)
        self.picture("light", "row.querySelector('.c-transactions').textContent > 2")
        self.picture("narrow", "row.querySelector('.c-transactions').textContent > 2", width=390, height=844)

    @staticmethod
    def use(https, leave):
        """Requests now and then, as people make them."""
        number = 0
        while not leave.wait(0.05 * (number % 7)):
            https[number % len(https)].get(("/dyn/basket", "/", "/dyn/search", "/dyn/missing")[number % 4])
            number += 1

    def test_dark(self):
        directory, paths = make_certificate()
        self.addCleanup(directory.cleanup)
        address = self.serve(*self.host("http_host", "--tls", *paths)).address()
        subprocess.run(["curl", "-sfZ", "--no-progress-meter", "--http2", "--insecure", "-o", self.path("answer.#1"),
                        "https://{}:{}/dyn?[1-11]".format(*address)], check=True)
        kept = [workload.Http1(address, tls=True) for _ in range(KEPT_OPEN)]
        for number in range(23):
            kept[number % len(kept)].get("/dyn" if number % 3 else "/")
        self.addCleanup(lambda: [http.sock.close() for http in kept])
        self.picture("dark", "row.querySelector('.c-class').textContent === 'client h2' && row.querySelector('.c-path').textContent === '–'")


class LwswsPage(Page):
    """The page below the plugin's mount in lwsws."""

    def check(self, lws):
        server = Lwsws(self, lws)
        workload.known(server.app, protocol=server.PROTOCOL, one_by_one=101, at_once=1)
        url = "http://{}:{}/wsitrace/".format(*server.observer)
        with self.browser(url) as browser:
            browser.choose('select[aria-label="Vhost"]', "app")
            browser.choose('select[aria-label="Class"]', "client")
            shown = 1 + workload.known_connections(101)  # and the one that found it listening
            browser.wait(f"document.querySelector('.shown').textContent.startsWith('{shown} of')")
            browser.open_row(browser.evaluate("document.querySelector('.row[data-key]').dataset.key"))
        server.stop()

    def test_4_1_6(self):
        self.check("4.1.6")

    def test_4_3_5(self):
        self.check("4.3.5")
