# SPDX-License-Identifier: MIT
"""Listeners are connections of a class of their own, which belong to no case: those of the cases of test_timelines_vhosts."""

import unittest

import test_timelines_vhosts as vhosts
import timeline_text

CONTEXT_ENDED = 'closed context_destroyed by local, close_call "ctx destroy"'


def listener(end, **names_of_vhosts):
    names = "".join(f" {key}={value}" for key, value in names_of_vhosts.items())
    return [f"listener listen listen{names} known_by=so_acceptconn", f"  {end}"]


class Listeners(unittest.TestCase):
    """Listeners are connections of a class of their own, which belong to no case."""

    def expect(self, names, *expected, on_4_1=None):
        """The lines of all listeners in each combination of these cases; ON_4_1: where lws ends no vhost that has connections."""
        for case in (case for case in vhosts.table.cases if case.name in names):
            for lws, way in case.host.combinations():
                with self.subTest(case=case.name, lws=lws, way=way):
                    run = vhosts.table.run_of(case, lws, way)
                    run.of_case(case.name)
                    lines = sum((on_4_1 if on_4_1 and lws in vhosts.VERSIONS_4_1 else expected), [])
                    self.assertEqual(lines, timeline_text.render(run.report.of_class("listener")))

    def test_vhosts_on_one_port_have_one(self):
        self.expect(["unix_beside_tcp"], listener(CONTEXT_ENDED, vhost="local"), listener(CONTEXT_ENDED, vhost="front"))

    def test_it_moves_when_its_vhost_is_destroyed(self):
        names = {"vhost": "back", "opened_vhost": "front"}
        self.expect(["front_destroyed", "front_destroyed_and_freed"], listener(CONTEXT_ENDED, **names),
                    on_4_1=[listener("idle", **names)])
        self.expect(["front_destroyed_empty"], listener(CONTEXT_ENDED, **names))

    def test_it_stays_when_another_vhost_is_destroyed(self):
        self.expect(["back_destroyed", "back_destroyed_empty"], listener(CONTEXT_ENDED, vhost="front"))

    def test_one_that_nobody_shares_ends_with_its_vhost(self):
        front, local = listener(CONTEXT_ENDED, vhost="front"), listener(CONTEXT_ENDED, vhost="local")
        self.expect(["local_destroyed"], listener("closed vhost_destroyed by local, events", vhost="local"), front,
                    on_4_1=[local, front])

    def test_one_that_never_accepted_ends_with_its_vhost(self):
        for case in (case for case in vhosts.table.cases if case.name == "local_destroyed_unused"):
            for lws, way in case.host.combinations():
                with self.subTest(lws=lws, way=way):
                    ends = {(one["vhost"], one["close"]["reason"], one["close"]["by"])
                            for one in vhosts.table.run_of(case, lws, way).report.of_class("listener")}
                    local = "context" if lws in vhosts.VERSIONS_4_1 else "vhost"  # which 4.1.6 ends later
                    self.assertEqual(ends, {("local", f"{local}_destroyed", "local"), ("front", "context_destroyed", "local")})

    def test_each_context_has_its_own(self):
        self.expect(["two_contexts", "first_context_destroyed"], *[listener(CONTEXT_ENDED, vhost="front")] * 2)

    def test_one_that_never_accepted_ends_with_the_context(self):
        case = next(case for case in vhosts.table.cases if case.name == "unix_silent")
        for lws, way in case.host.combinations():
            with self.subTest(lws=lws, way=way):
                _, unheard = vhosts.table.run_of(case, lws, way).report.of_class("listener")
                self.assertEqual((unheard["close"]["reason"], unheard["close"]["by"]), ("context_destroyed", "local"), unheard)


if __name__ == "__main__":
    unittest.main()
