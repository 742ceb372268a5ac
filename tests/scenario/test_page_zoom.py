# SPDX-License-Identifier: MIT
"""The timeline of a connection zooms, by wheel, by drag, by keys and by buttons, and bars lie where their times are all the while."""

import workload
from browser import Page

REQUESTS = 7
RANGE = "document.querySelector('.shown-range').textContent"


class Zoom(Page):
    def setUp(self):
        super().setUp()
        program = self.serve()
        workload.keep_alive(program.address(), "/dyn", REQUESTS, 1)
        trace = self.settled(1)
        [self.connection] = trace.of_class("client")
        self.key = f"{trace.process['pid']}/{self.connection['id']}"
        self.whole = self.connection["closed_ns"] - self.connection["opened_ns"]

    def opened(self, browser):
        browser.open_row(self.key)
        self.assertEqual(browser.evaluate(RANGE), "")

    def life(self, browser):
        """(left, right) of the connection's bar, as shares of what is shown."""
        return browser.evaluate("""(() => {
          const bar = document.querySelector(".lane[data-kind=connection] .bar[data-phase=life]").getBoundingClientRect();
          const track = document.querySelector(".lane[data-kind=connection] .track").getBoundingClientRect();
          return [(bar.left - track.left) / track.width, (bar.right - track.left) / track.width];
        })()""")

    def middle_of(self, browser, index):
        """The share of what is shown at which a transaction begins; None: it is not shown."""
        lanes = [lane for lane in browser.lanes() if lane["kind"] == "transaction"]
        bars = lanes[index]["bars"]
        return bars[0]["left"] if bars else None

    def test_the_wheel_zooms_around_the_pointer_and_out_again(self):
        with self.browser() as browser:
            self.opened(browser)
            before = self.middle_of(browser, 3)
            browser.wheel(".axis > div", -300, before)
            browser.wait(f"{RANGE} !== ''")
            self.assertAlmostEqual(self.middle_of(browser, 3), before, delta=0.01)
            left, right = self.life(browser)
            self.assertLessEqual(left, 0)
            self.assertGreaterEqual(right, 1)
            self.assert_geometry(browser)
            browser.wheel(".axis > div", 3000, before)
            browser.wait(f"{RANGE} === ''")
            self.assertAlmostEqual(self.middle_of(browser, 3), before, delta=0.004)

    def test_the_wheel_with_control_zooms_wherever_there_is_time(self):
        with self.browser(height=500) as browser:
            self.opened(browser)
            self.assertTrue(browser.evaluate("(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight)"
                                             "(document.querySelector('.detail .panel-body'))"))
            browser.wheel(".lane[data-kind=connection] .track", 100)
            browser.wait("document.querySelector('.detail .panel-body').scrollTop > 0")
            self.assertEqual(browser.evaluate(RANGE), "")
            browser.evaluate("document.querySelector('.detail .panel-body').scrollTop = 0")
            browser.wheel(".lane[data-kind=connection] .track", -200, 0.5, "Control")
            browser.wait(f"{RANGE} !== ''")

    def test_a_drag_chooses_what_is_shown(self):
        with self.browser() as browser:
            self.opened(browser)
            transaction = self.connection["transactions"][3]
            begin = (transaction["requested_ns"] - self.connection["opened_ns"]) / self.whole
            end = (transaction["completed_ns"] - self.connection["opened_ns"]) / self.whole
            margin = 0.01
            browser.drag(".lane[data-kind=connection] .track", max(begin - margin, 0), min(end + margin, 1))
            browser.wait(f"{RANGE} !== ''")
            self.assert_geometry(browser)
            self.assertGreater(self.middle_of(browser, 3), 0)
            self.assertLess(self.middle_of(browser, 3), 0.9)
            browser.click(".waterfall-head button:text('Whole timeline')")
            browser.wait(f"{RANGE} === ''")

    def test_keys_zoom_move_and_show_all(self):
        with self.browser() as browser:
            self.opened(browser)
            for _ in range(3):
                browser.press("+")
            zoomed = browser.evaluate(RANGE)
            self.assertRegex(zoomed, r"^\S+ \S+ to \S+ \S+ of \S+ \S+$")
            browser.press("ArrowRight")
            moved = browser.evaluate(RANGE)
            self.assertNotEqual(moved, zoomed)
            browser.press("ArrowLeft")
            self.assertEqual(browser.evaluate(RANGE), zoomed)
            browser.press("-")
            self.assertNotIn(browser.evaluate(RANGE), ("", zoomed))
            browser.press("0")
            self.assertEqual(browser.evaluate(RANGE), "")
            browser.press("-")
            self.assertEqual(browser.evaluate(RANGE), "", "there is no more than all of it")

    def test_buttons_do_the_same_and_have_names(self):
        with self.browser() as browser:
            self.opened(browser)
            self.assertTrue(browser.evaluate("document.querySelector('[aria-label=\"Zoom out (−)\"]').disabled"))
            browser.click("[aria-label='Zoom in (+)']")
            self.assertNotEqual(browser.evaluate(RANGE), "")
            self.assertEqual(browser.evaluate("document.querySelector('.shown-range').getAttribute('role')"), "status")
            browser.click("[aria-label='Zoom out (−)']")
            self.assertEqual(browser.evaluate(RANGE), "")

    def test_marks_of_the_axis_differ_however_close_one_looks(self):
        with self.browser() as browser:
            self.opened(browser)
            for _ in range(101):
                browser.press("+")
                marks = browser.evaluate("[...document.querySelectorAll('.axis span')].map((mark) => mark.textContent)")
                self.assertEqual(len(marks), len(set(marks)), marks)
            self.assertLess(max(self.life(browser)), 1.1, "what lies outside of the picture is not laid out")

    def assert_geometry(self, browser):
        """All ends of bars that are shown lie on one scale; there may be none where nothing happened for long."""
        points = []
        for lane in browser.lanes():
            for bar in lane["bars"]:
                if bar["left"] > 0 and bar["left"] < 1:
                    points.append((bar["from"], bar["left"]))
                right = bar["left"] + bar["width"]
                if 0 < right < 1 and bar["width"] > 0.01:
                    points.append((bar["to"], right))
        points.sort()
        if not points or points[0][0] == points[-1][0]:
            return
        (first_ns, first), (last_ns, last) = points[0], points[-1]
        for at_ns, at in points:
            self.assertAlmostEqual(at, first + (at_ns - first_ns) * (last - first) / (last_ns - first_ns), delta=0.006)
