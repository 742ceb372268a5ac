# SPDX-License-Identifier: MIT
"""What a trace is worth when its host, its reader or its names do not behave."""

import os
import pwd
import random
import re
import shutil
import signal
import struct
import time
import unittest

import harness
import tracefile
import workload
from servers import Lwsws
from test_attach import rings_of

KILLS = int(os.environ.get("WSITRACE_KILLS", "100"))  # 1,000 before a release: tests/README.md


def recorded_kinds():
    """Numbers of the callbacks that are recorded, from the header that defines them."""
    with open(os.path.join(harness.ROOT, "agent", "lws", "callbacks.h"), encoding="utf-8") as header:
        return {int(number) for number in re.findall(r"X\(\w+, +(\d+), +kRecorded\b", header.read())}


class Killed(harness.Scenario):
    """SIGKILL at random moments under load."""

    def start_host(self, number):
        self.trace = f"kill{number}.wsitrace"
        self.counter = self.path(f"counter{number}")
        program = self.traced(self.host("http_host", "--counter", self.counter), trace=self.trace)
        return program, program.address()

    def counted(self):
        """What the host itself counted, up to the call in which it was killed."""
        with open(self.counter, "rb") as file:
            counts = struct.unpack("<1024Q", file.read())
        return sum(count for kind, count in enumerate(counts) if kind in recorded_kinds())

    def test_report_works_every_time_and_misses_at_most_one_event(self):
        dice = random.Random(4711)
        for number in range(KILLS):
            with self.subTest(kill=number):
                program, address = self.start_host(number)
                load = workload.Load(address, "/dyn" if number % 2 else "/")
                time.sleep(dice.uniform(0.005, 0.12))
                os.kill(harness.child_of(program.pid, "http_host"), signal.SIGKILL)
                self.assertEqual(program.wait().status, 128 + signal.SIGKILL)
                load.stop()
                trace = self.report(self.trace)
                self.assertEqual((trace.loss["lost"], trace.process["ended"]), (0, "signal"))
                events = tracefile.events_by_kind(self.path(self.trace))
                seen = sum(count for kind, count in events.items() if kind < tracefile.FIRST_OWN_KIND)
                self.assertLessEqual(abs(seen - self.counted()), 1)

    def test_ring_of_a_killed_launcher_and_host_can_be_reported(self):
        dice = random.Random(815)
        for number in range(11):
            with self.subTest(kill=number):
                program, address = self.start_host(number)
                load = workload.Load(address)
                time.sleep(dice.uniform(0.02, 0.12))
                host = harness.child_of(program.pid, "http_host")
                program.send_signal(signal.SIGKILL)
                program.wait()
                time.sleep(0.02)
                os.kill(host, signal.SIGKILL)
                load.stop()
                [ring] = rings_of(program.pid)
                self.addCleanup(os.unlink, ring)
                result = self.wsitrace("report", ring, "--format", "text")
                self.assertEqual(result.status, 0, result)
                self.assertTrue(result.out)

    def test_trace_that_is_still_being_written_can_be_reported(self):
        program = self.traced(self.host())
        workload.known(program.address(), one_by_one=101)
        harness.until(lambda: len(self.report().of_class("client")) == workload.known_connections(101), "the trace to catch up")
        trace = self.report()
        self.assertEqual(trace.totals["open"], len([c for c in trace.connections if c["state"] != "closed"]))
        self.assertEqual(len([c for c in trace.of_class("listener") if c["state"] != "closed"]), 1)
        self.assertEqual(program.stop().status, 5)


class LeftRings(harness.Scenario):
    """What a launcher that is killed leaves in memory."""

    def kill_launcher(self, also_host):
        """The ring that a killed launcher has left, after what its host had told was drained; and the host, or its zombie."""
        program = self.traced(self.host())
        workload.fetch(program.address(), "/")
        host = harness.child_of(program.pid)
        with open(f"/proc/{host}/environ", "rb") as file:
            ring = re.search(rb"WSITRACE_RING=([^\0]+)", file.read())[1].decode()
        harness.turned(program.pid)
        os.kill(program.pid, signal.SIGKILL)
        if also_host:
            os.kill(host, signal.SIGKILL)
        program.wait()
        self.addCleanup(lambda: os.path.exists(ring) and os.unlink(ring))
        return ring, host

    def run_another(self):
        self.assertEqual(self.traced(["true"], trace="another.wsitrace").wait().status, 0)

    def test_the_next_run_removes_what_nobody_uses_or_needs(self):
        ring, _ = self.kill_launcher(also_host=True)
        self.assertTrue(os.path.exists(ring))

        def removed():
            self.run_another()
            return not os.path.exists(ring)
        harness.until(removed, "the ring to be removed")  # once the launcher's clock has stood for a while

    def test_a_ring_that_a_program_still_records_into_stays(self):
        ring, host = self.kill_launcher(also_host=False)
        for _ in range(3):
            time.sleep(1)  # its clock stands for longer than one that lives
            self.run_another()
        self.assertTrue(os.path.exists(ring))
        os.kill(host, signal.SIGKILL)


class Damaged(harness.Scenario):
    """Something else writes into the ring file."""

    PAGE, PROCESS_BLOCK, SLOT, SLOTS, CLAIMED = 4096, 256 * 1024, 32, 64, 2  # agent/ring/FORMAT.md

    def overwrite(self, path):
        """Every slot of every ring that is in use."""
        with open(path, "r+b") as file:
            processes, _, rings, ring_bytes, slots = struct.unpack_from("<IIIII", file.read(64), 32)
            self.assertEqual(slots, self.SLOTS)
            damaged = 0
            for at in range(rings):
                start = self.PAGE + processes * self.PROCESS_BLOCK + at * ring_bytes
                file.seek(start)
                if struct.unpack("<I", file.read(4))[0] != self.CLAIMED:
                    continue
                file.seek(start + self.PAGE)
                file.write(b"\xff" * self.SLOT * slots)
                damaged += 1
            self.assertGreater(damaged, 0)

    def test_no_larger_ring_is_advised(self):
        program = self.traced(self.host(), "--ring-size", self.SLOTS)
        address = program.address()
        host = harness.child_of(program.pid)
        with open(f"/proc/{host}/environ", "rb") as file:
            ring = re.search(rb"WSITRACE_RING=([^\0]+)", file.read())[1].decode()
        harness.turned(program.pid)
        program.send_signal(signal.SIGSTOP)
        harness.stopped(program.pid)
        workload.fetch(address, "/dyn")
        self.overwrite(ring)
        program.send_signal(signal.SIGCONT)
        result = program.stop()
        self.assertRegex(result.err, r"events were lost: \d+ damaged")
        self.assertIn("something else wrote into the ring file", result.err)
        self.assertNotIn("--ring-size", result.err)


class StalledReader(harness.Scenario):
    """recorded + lost = observed, exactly."""

    def drive(self, trace, stalled, *options):
        """Observed callbacks of recorded kinds, by the host's own count; and the trace."""
        counter = self.path(f"{trace}.counter")
        program = self.traced(self.host("http_host", "--counter", counter), *options, trace=trace)
        address = program.address()
        if stalled:
            program.send_signal(signal.SIGSTOP)
        workload.sequential(address, "/dyn", 211)
        host = harness.child_of(program.pid, "http_host")
        if stalled:
            program.send_signal(signal.SIGCONT)
        harness.turned(program.pid)
        workload.sequential(address, "/dyn", 11)  # finds room again, so that a gap can be recorded
        os.kill(host, signal.SIGINT)
        self.assertEqual(program.wait().status, 5)
        with open(counter, "rb") as file:
            counts = struct.unpack("<1024Q", file.read())
        return sum(counts[kind] for kind in recorded_kinds()), self.report(trace)

    def test_every_callback_of_a_recorded_kind_is_recorded_once(self):
        observed, trace = self.drive("calm.wsitrace", False)
        events = tracefile.events_by_kind(self.path("calm.wsitrace"))
        self.assertEqual(trace.loss, {"recorded": sum(events.values()), "lost": 0, "by_cause": {}})
        self.assertEqual(sum(n for kind, n in events.items() if kind < tracefile.FIRST_OWN_KIND), observed)

    def test_recorded_and_lost_add_up_to_what_the_host_observed(self):
        observed, _ = self.drive("calm.wsitrace", False)
        events = tracefile.events_by_kind(self.path("calm.wsitrace"))
        own = sum(n for kind, n in events.items() if kind >= tracefile.FIRST_OWN_KIND)
        again, trace = self.drive("stalled.wsitrace", True, "--ring-size", "256")
        self.assertEqual(again, observed)
        self.assertGreater(trace.loss["lost"], 0)
        self.assertEqual(trace.loss["lost"], sum(trace.loss["by_cause"].values()))
        self.assertEqual(trace.loss["recorded"] + trace.loss["lost"], observed + own)
        events = tracefile.events_by_kind(self.path("stalled.wsitrace"))
        gaps = events.pop(tracefile.GAP)
        self.assertGreater(gaps, 0)
        self.assertEqual(trace.loss["recorded"], sum(events.values()))

    def test_any_loss_is_shown_to_people(self):
        self.drive("stalled.wsitrace", True, "--ring-size", "64")
        result = self.wsitrace("report", self.path("stalled.wsitrace"))
        self.assertEqual(result.status, 0)
        self.assertRegex(result.out, r"lost")


class Contexts(harness.Scenario):
    """Several contexts, and contexts again and again."""

    def check(self, cycles, contexts, lws=""):
        program = self.traced(self.host("cycles_host", lws=lws) + [str(cycles), str(contexts)])
        result = program.wait()
        self.assertEqual(result.status, 0, result)
        self.assertIn(f"answered {cycles * contexts}\n", result.out)
        trace = self.report()
        self.assert_settled(trace)
        self.assertEqual(len(trace.of_class("client")), cycles * contexts)
        self.assertEqual(len(trace.of_class("listener")), cycles * contexts)
        self.assertEqual([t["outcome"] for t in trace.transactions()], ["completed"] * (cycles * contexts))
        self.assertEqual({c["vhost"] for c in trace.of_class("client")}, {"app"})

    def test_five_contexts_at_the_same_time(self):
        self.check(3, 5)

    def test_five_contexts_at_the_same_time_4_3_5(self):
        self.check(3, 5, "4.3.5")

    def test_hundred_contexts_one_after_the_other(self):
        self.check(100, 1)

    def test_hundred_contexts_one_after_the_other_4_3_5(self):
        self.check(100, 1, "4.3.5")


class Limits(harness.Scenario):
    """More vhosts, protocols and names than the tables hold."""

    def check(self, vhosts, protocols, lws=""):
        program = self.traced([harness.host_path("many_host", lws), str(vhosts), str(protocols)])
        ports = program.values("port", vhosts)
        for port in ports:
            workload.sequential(("127.0.0.1", port), "/dyn", 11)
            workload.websockets(("127.0.0.1", port), 3, 2, protocol=f"p-{ports.index(port)}-{protocols - 1}")
        result = program.stop()
        self.assertEqual(result.status, 0, result)
        trace = self.report()
        self.assert_settled(trace)
        self.assertEqual(len(trace.of_class("client")), vhosts * 14)
        self.assertEqual(len(trace.of_class("listener")), vhosts)
        return trace

    def test_names_within_the_tables_are_all_known(self):
        trace = self.check(5, 23)
        names = {c["session"]["protocol"] for c in trace.of_class("client") if c["session"]}
        self.assertEqual(names, {f"p-{n}-22" for n in range(5)})

    def test_more_names_than_the_string_table_holds(self):
        trace = self.check(5, 1009)
        names = {c["session"]["protocol"] for c in trace.of_class("client") if c["session"]}
        self.assertLessEqual(names, {f"p-{n}-1008" for n in range(5)} | {"overflow"})

    def test_more_names_than_the_string_table_holds_4_3_5(self):
        self.check(5, 1009, "4.3.5")


class Privileges(harness.Scenario):
    """lwsws as nobody."""

    def check(self, lws):
        nobody = pwd.getpwnam("nobody")
        shared = self.path("shared")
        os.mkdir(shared)
        os.chown(shared, nobody.pw_uid, nobody.pw_gid)
        server = Lwsws(self, lws, user=(nobody.pw_uid, nobody.pw_gid), pvo={"trace": os.path.join(shared, "out.wsitrace")})
        harness.until(lambda: os.stat(f"/proc/{server.server_pid}").st_uid == nobody.pw_uid, "lwsws to become nobody")
        workload.keep_alive(server.app)
        self.assertIn("lws_connections_opened_total", server.get("/metrics"))
        server.stop()
        shutil.move(os.path.join(shared, "out.wsitrace"), self.path("out.wsitrace"))
        trace = self.report()
        self.assertEqual(trace.loss["lost"], 0)
        self.assertEqual(len(trace.transactions("app")), workload.KEEP_ALIVE_REQUESTS)

    def test_plugin_in_lwsws_4_1_6_as_nobody(self):
        self.check("4.1.6")

    def test_plugin_in_lwsws_4_3_5_as_nobody(self):
        self.check("4.3.5")

    def test_preload_on_a_program_that_drops_its_privileges(self):
        nobody = pwd.getpwnam("nobody")
        program = self.traced(self.host("http_host", "--user", str(nobody.pw_uid)))
        workload.known(program.address(), one_by_one=101)
        self.assertEqual(os.stat(f"/proc/{harness.child_of(program.pid, 'http_host')}").st_uid, nobody.pw_uid)
        self.assertEqual(program.stop().status, 5)
        trace = self.report()
        self.assert_settled(trace)
        self.assert_known_workload(trace, 101)

    def test_program_started_as_another_user_goes_on_and_is_told_that_nothing_is_recorded(self):
        program = self.traced(["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", *self.host()])
        workload.keep_alive(program.address())
        result = program.stop()
        self.assertEqual(result.status, 5)
        ours = [line for line in result.err.splitlines(True) if not line.startswith("ERROR: ld.so: ")]  # nobody may not read a build in /root
        self.assert_one_line("".join(ours), "nothing recorded")


if __name__ == "__main__":
    unittest.main()
