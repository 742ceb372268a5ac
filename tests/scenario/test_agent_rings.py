# SPDX-License-Identifier: MIT
"""`wsitrace agent`: rings that appear, that were left behind, and that are none."""

import os
import re
import shutil
import signal
import struct
import time
import unittest

import harness
import workload
from agents import Agent, AgentScenario, Host


PROCESSES_OF_A_RING = 64


class Rings(AgentScenario):
    def test_agent_after_a_killed_one_goes_on_with_its_ring(self):
        agent = Agent(self)
        host = Host(self, agent)
        host.sequential(23)
        agent.await_total(23, "lws_connections_closed_total", **{"class": "client"})
        agent.kill()
        host.sequential(7)
        second = Agent(self)
        host.sequential(11)
        second.await_total(7 + 11, "lws_connections_closed_total", **{"class": "client"})
        self.assertEqual(second.total("wsitrace_events_lost_total"), 0)
        host.end(crash=True)
        second.await_total(1, "wsitrace_agent_processes_ended_total", ended="unknown")
        second.stop()

    def test_agent_that_ends_leaves_rings_that_are_in_use(self):
        agent = Agent(self)
        host = Host(self, agent)
        host.sequential(5)
        agent.stop()
        self.assertEqual(os.listdir(agent.rings), ["agent.ring"])
        host.sequential(3)
        host.end(crash=False)
        second = Agent(self)
        second.await_total(3, "lws_connections_closed_total", **{"class": "client"})
        second.stop()
        self.assertEqual(os.listdir(agent.rings), [])

    def killed_launcher(self, agent):
        """A host whose launcher was killed, and whose ring now lies in the agent's directory."""
        launcher = self.traced([self.path("bin", "alpha"), "--files", self.files])
        address = launcher.address()
        with open(f"/proc/{launcher.pid}/maps", encoding="utf-8") as maps:
            ring = re.search(r"(/\S+\.ring)$", maps.read(), re.MULTILINE)[1]
        child = harness.child_of(launcher.pid, "alpha")
        launcher.send_signal(signal.SIGKILL)
        launcher.process.wait()
        os.rename(ring, os.path.join(agent.rings, "alpha.ring"))
        return address, child

    def test_ring_of_a_killed_launcher_is_taken_over_and_removed_at_the_end(self):
        rings = os.path.join("/dev/shm", os.path.basename(self.directory))
        os.mkdir(rings, mode=0o700)
        self.addCleanup(shutil.rmtree, rings)
        agent = Agent(self, rings=rings)
        address, child = self.killed_launcher(agent)
        workload.sequential(address, "/dyn", 13)
        agent.await_total(13, "lws_connections_closed_total", program="alpha", **{"class": "client"})
        self.assertEqual(agent.total("wsitrace_agent_rings", fate="taken_over"), 1)
        os.kill(child, signal.SIGKILL)
        agent.await_total(1, "wsitrace_agent_processes_ended_total", program="alpha", ended="unknown")
        harness.until(lambda: sorted(os.listdir(rings)) == ["agent.info", "agent.ring"], "the ring to be removed")
        agent.stop()

    def test_once_saves_what_was_left_and_ends(self):
        agent = Agent(self)
        host = Host(self, agent)
        host.sequential(5)
        agent.await_total(5, "lws_connections_closed_total", **{"class": "client"})
        agent.kill()
        host.sequential(3)
        host.end(crash=True)
        for path in agent.trace_files():
            os.remove(path)
        with open(os.path.join(agent.rings, "foreign.ring"), "w", encoding="ascii") as file:
            file.write("x" * 9000)
        os.chmod(file.name, 0o600)
        once = Agent(self, "--once", serve=False)
        result = once.program.wait()
        self.assertEqual(result.status, 0)
        self.assertEqual(len(re.findall("foreign.ring: not a ring file", result.err)), 1)
        [trace] = [self.report_of(path) for path in once.trace_files()]
        self.assertEqual(len([c for c in trace.connections if c["class"] == "client"]), 3)
        self.assertEqual(trace.process["ended"], "unknown")
        self.assertEqual(os.listdir(agent.rings), ["foreign.ring"])

    def test_processes_of_several_rings_add_up(self):
        agent = Agent(self, "--ring", "one", "--ring", "two")
        harness.until(lambda: sorted(os.listdir(agent.rings)) == ["agent.info", "one.ring", "two.ring"], "rings and agent.info")
        hosts = [Host(self, agent, ring=name) for name in ("one", "two")]
        for number, host in enumerate(hosts):
            host.sequential(7 + 4 * number)
        agent.await_total(7 + 11, "lws_connections_closed_total", program="http_host", **{"class": "client"})
        self.assertEqual(agent.total("wsitrace_agent_processes", program="http_host"), 2)
        for host in hosts:
            host.end(crash=False)
        agent.stop()

    def test_what_has_no_room_in_a_ring_is_counted_as_lost(self):
        agent = Agent(self)
        hosts = [Host(self, agent) for _ in range(PROCESSES_OF_A_RING + 3)]
        for host in hosts:
            host.sequential(1)
        agent.await_total(PROCESSES_OF_A_RING, "lws_connections_closed_total", **{"class": "client"})
        self.assertEqual(agent.total("wsitrace_agent_processes"), PROCESSES_OF_A_RING)
        self.assertGreater(agent.total("wsitrace_events_lost_total", cause="no_process"), 3)
        self.assertEqual(agent.total("wsitrace_events_lost_total"), agent.total("wsitrace_events_lost_total", cause="no_process"))
        for host in hosts:
            host.end(crash=False)
        harness.until(lambda: agent.total("wsitrace_agent_processes") == 0, "all to have ended")
        late = Host(self, agent)  # there is room again
        late.sequential(7)
        agent.await_total(PROCESSES_OF_A_RING + 7, "lws_connections_closed_total", **{"class": "client"})
        late.end(crash=False)
        agent.stop()

    def test_without_a_directory_it_is_where_run_has_its_own(self):
        own = f"/dev/shm/wsitrace-{os.getuid()}"
        apart = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs none /dev/shm && exec "$@"', "sh"]  # from rings of other tests
        program = self.start([*apart, harness.WSITRACE, "agent", "--listen", "127.0.0.1:0"])
        port = harness.until(lambda: re.search(r"serving http://127\.0\.0\.1:(\d+)/", program.err), "the agent to serve")[1]
        self.assertIn(f"WSITRACE_RING={own}/agent.ring ", program.err)
        launcher = self.start(["nsenter", "-m", "-r", "-t", program.pid, harness.WSITRACE, "run", "-o", self.path("out.wsitrace"), "--",
                               *self.host()])
        workload.sequential(launcher.address(), "/dyn", 5)
        def places():
            return [name for name in os.listdir(f"/proc/{program.pid}/root{own}") if not name.endswith(".new")]
        harness.until(lambda: len(places()) == 3 and "agent.info" in places(), "two rings and agent.info")
        def fates():
            return dict(re.findall(r'rings{fate="(\w+)"} (\d+)', workload.fetch(("127.0.0.1", int(port)), "/metrics")[1].decode()))
        harness.until(lambda: fates() == {"made": "1", "taken_over": "0", "left_to_owner": "1", "refused": "0"}, "the launcher's ring")
        result = launcher.stop()
        self.assertEqual((result.status, result.err), (5, ""), result)  # the host's own status
        self.assertEqual(program.stop(signal.SIGTERM).status, 0)

    def test_ring_of_a_living_owner_is_left_alone(self):
        agent = Agent(self)
        other = Agent(self, rings=self.path("others"))
        os.link(other.ring, os.path.join(agent.rings, "others.ring"))
        agent.await_total(1, "wsitrace_agent_rings", fate="left_to_owner")
        host = Host(self, other)
        host.sequential(5)
        other.await_total(5, "lws_connections_closed_total", **{"class": "client"})
        self.assertEqual(agent.total("lws_connections_closed_total"), 0)
        host.end(crash=False)
        other.stop()
        agent.stop()

    def test_what_is_no_ring_to_take_is_refused_in_one_line_each(self):
        rings = self.path("rings")
        os.mkdir(rings, mode=0o700)
        real = self.path("real.ring")
        header = bytearray(1 << 20)
        struct.pack_into("<8sIIQQIIIII", header, 0, b"wsiring\0", 1, 1, len(header), 23, 64, 262144, 128, 4096 + 32 * 64, 64)
        bad = {"symlink": None, "foreign": b"\x7fELF" * 2000, "cut": bytes(header[:5000]), "short": b"wsiring",
               "version": b"wsiring\0\x07" + bytes(9000), "fifo": None, "open": bytes(header)}
        for name, content in bad.items():
            path = os.path.join(rings, f"{name}.ring")
            if content is not None:
                with open(path, "wb") as file:
                    file.write(content)
                os.chmod(path, 0o600)
        with open(real, "wb") as file:
            file.write(header)
        os.symlink(real, os.path.join(rings, "symlink.ring"))
        os.mkfifo(os.path.join(rings, "fifo.ring"))
        os.chmod(os.path.join(rings, "open.ring"), 0o666)
        agent = Agent(self)
        agent.await_total(len(bad), "wsitrace_agent_rings", fate="refused")
        time.sleep(1.2)
        host = Host(self, agent)
        host.sequential(3)
        agent.await_total(3, "lws_connections_closed_total", **{"class": "client"})
        err = agent.stop().err
        for name in bad:
            self.assertEqual(len(re.findall(rf"^wsitrace: \S*/{name}\.ring: .+$", err, re.MULTILINE)), 1, err)

    def test_ring_of_another_user_is_refused(self):
        rings = self.path("rings")
        os.mkdir(rings, mode=0o700)
        path = os.path.join(rings, "theirs.ring")
        if os.geteuid() == 0:
            with open(path, "wb") as file:
                file.write(bytes(9000))
            os.chown(path, 65534, 65534)
        else:
            os.symlink("/etc/hostname", path)  # all that a user who is not root can have of another's
        agent = Agent(self)
        agent.await_total(1, "wsitrace_agent_rings", fate="refused")
        self.assertRegex(agent.stop().err, r"theirs\.ring: (belongs to another user|a symbolic link)")


if __name__ == "__main__":
    unittest.main()
