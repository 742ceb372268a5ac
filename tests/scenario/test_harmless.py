# SPDX-License-Identifier: MIT
"""An observer never hurts its host: same output, status, descriptors, errno and broadcasts, whatever goes wrong."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

import harness
import sockets
import workload


THOUSANDS = 4507  # descriptors: more than select(2) can watch, and than a table of 4096 slots holds


def without_ports(text):
    return re.sub(r"port \d+", "port N", re.sub(r"pid \d+", "pid N", text))


class Unchanged(harness.Scenario):
    """The program with and without preload."""

    def drive(self, program, path="/dyn"):
        address = program.address()
        workload.known(address, one_by_one=101)
        workload.keep_alive(address, path)
        workload.pipelined(address, path)
        workload.fetch(address, "/dyn/missing")
        with self.assertRaises(workload.WorkloadError):
            workload.fetch(address, "/dyn/refuse")

    def status_of(self, pid):
        """What the kernel knows of a process that an observer might have changed."""
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":\t", 1) for line in status)
        return {key: fields[key].strip() for key in ("Threads", "SigBlk", "SigIgn", "SigCgt", "Umask")}

    def check(self, *arguments, lws=""):
        command = self.host("http_host", *arguments, lws=lws)
        untraced, traced = self.start(command), self.traced(command)
        seen = []
        for program in (untraced, traced):
            self.drive(program)
            pid = program.pid if program is untraced else harness.child_of(program.pid, "http_host")
            harness.at_rest(pid)  # a connection is closed a moment after its client has gone
            seen.append((self.status_of(pid), harness.open_files(pid)))
        self.assertEqual(seen[0], seen[1])
        before, after = untraced.stop(), traced.stop()
        self.assertEqual(without_ports(after.out), without_ports(before.out))
        self.assertEqual((after.status, after.err), (before.status, before.err))
        self.assertRegex(after.out, r"errno_kept [1-9]\d*")

    def test_output_status_descriptors_errno_and_results(self):
        self.check("--counts")

    def test_output_status_descriptors_errno_and_results_4_1_6(self):
        self.check("--counts", lws="4.1.6")

    def test_output_status_descriptors_errno_and_results_4_3_5(self):
        self.check("--counts", lws="4.3.5")

    def test_other_hosts_print_the_same(self):
        for command in ([harness.host_path("no_lws")], [harness.host_path("cycles_host"), "11", "3"],
                        [harness.host_path("cycles_host", "4.3.5"), "11", "3"]):
            untraced, traced = self.execute(command), self.traced(command).wait()
            self.assertEqual((traced.status, traced.out), (untraced.status, untraced.out))


class Lines(harness.Scenario):
    """What lws logs passes through wsitrace, which looks for lines that it knows."""

    MASKS = (0, 1, 7, 15, 1023, 4095)

    def check(self, lws):
        for mask in self.MASKS:
            for emitter in ([], ["stderr"]):
                command = self.host("log_host", str(mask), *emitter, lws=lws, files=False)
                untraced, traced = self.execute(command), self.traced(command).wait()
                self.assertEqual(traced.status, untraced.status)
                for name in ("out", "err"):
                    self.assertEqual(self.without_times(getattr(traced, name)), self.without_times(getattr(untraced, name)))
                self.assertRegex(untraced.out, r"\d lines, errno changed 0 times\n$" if emitter or mask else "^0 lines")
        self.assertGreater(len(untraced.err.splitlines()), 100)

    @staticmethod
    def without_times(text):
        return re.sub(r"\[\d{4}/[^\]]*\]", "[]", text)

    def test_all_come_out_as_they_went_in(self):
        self.check("")

    def test_all_come_out_as_they_went_in_4_1_6(self):
        self.check("4.1.6")

    def test_all_come_out_as_they_went_in_4_3_5(self):
        self.check("4.3.5")


class Broadcast(harness.Scenario):
    """lws finds the connections of a broadcast by comparing callback pointers, which wrapping changes."""

    LISTENERS = 7
    WAYS = ("all", "vhost", "user", "args")

    def delivered(self, program):
        """Which of the ways to broadcast reach everybody who listens."""
        address = program.address()
        host = program.pid if harness.WSITRACE not in program.arguments else harness.child_of(program.pid, "broadcast_host")
        clients = [workload.WebSocket(address, "chat") for _ in range(self.LISTENERS)]
        reached = {}
        for way in self.WAYS:
            clients[0].send(f"{way} hello".encode())
            reached[way] = 0
            sockets.taken(clients[0].sock)
            harness.at_rest(host)  # all that it sends is there
            for client in clients:
                client.sock.settimeout(0.1)
                try:
                    reached[way] += client.receive() == (1, f"{way} hello".encode())
                except (socket.timeout, TimeoutError):
                    pass
        for client in clients:
            client.sock.settimeout(workload.TIMEOUT_S)
            client.close()
        result = program.stop()
        self.assertEqual(result.status, 0, result)
        return reached, result.out.splitlines()[-1]

    def untraced(self, lws):
        reached = self.delivered(self.start(self.host("broadcast_host", lws=lws)))
        self.assertEqual(reached[0], {way: self.LISTENERS for way in self.WAYS})
        return reached

    def test_preload(self):
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                traced = self.traced(self.host("broadcast_host", lws=lws))
                self.assertEqual(self.delivered(traced), self.untraced(lws))

    def test_plugin(self):
        for lws in harness.LWS:
            with self.subTest(lws=lws):
                program = self.start_with_plugin("broadcast_host", "plugin.wsitrace", lws)
                self.assertEqual(self.delivered(program), self.untraced(lws))
                self.assertEqual(len(self.report("plugin.wsitrace").of_class("client")), self.LISTENERS)

    def test_link(self):
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                program = self.start(self.host("broadcast_link_host", lws=lws) + [self.path("link.wsitrace")])
                self.assertEqual(self.delivered(program), self.untraced(lws))
                self.assertEqual(len(self.report("link.wsitrace").of_class("client")), self.LISTENERS)


class NoRoom(harness.Scenario):
    """The program goes on, and wsitrace says why it records nothing."""

    def assert_goes_on(self, program):
        address = program.address()
        workload.known(address, one_by_one=11)
        result = program.stop()
        self.assertEqual(result.status, 5, result)
        self.assertTrue(result.out.splitlines()[-1].startswith("callbacks "), result)
        self.assertTrue(result.err, "no word about it")
        for line in result.err.splitlines():
            self.assertTrue(line.startswith("wsitrace: "), result)
        return result.err

    def in_small_room(self, full, command, **options):
        """Runs COMMAND where the directories FULL are file systems of 64 KiB, in a mount namespace. The build stays where it
        is, even when it lies below one of them."""
        build = os.path.dirname(os.path.dirname(harness.WSITRACE))
        aside = tempfile.mkdtemp(prefix="wsitrace-scenario-", dir="/var/tmp")
        self.addCleanup(os.rmdir, aside)
        script = f"mount --bind '{build}' '{aside}' && "
        script += "".join(f"mount -t tmpfs -o size=64k none '{d}' && " for d in full)
        script += f"mkdir -p '{build}' && mount --bind '{aside}' '{build}' && exec \"$@\""
        return self.start(["unshare", "-m", "sh", "-c", script, "sh", *command], env={"TMPDIR": "/dev/shm"},
                          **options)

    def test_no_room_for_the_ring_anywhere(self):
        outside = tempfile.mkdtemp(prefix="wsitrace-scenario-", dir="/var/tmp")  # no mount on /tmp hides this
        self.addCleanup(shutil.rmtree, outside)
        shutil.copytree(self.files, os.path.join(outside, "files"))
        room = os.path.join(outside, "room")
        os.mkdir(room)
        command = [harness.WSITRACE, "run", "-o", os.path.join(room, "out.wsitrace"), "--", harness.host_path("http_host"),
                   "--files", os.path.join(outside, "files")]
        error = self.assert_goes_on(self.in_small_room([room, "/dev/shm", "/tmp"], command, directory=outside))
        self.assertIn("No space left", error)

    def setUp(self):
        super().setUp()
        self.assertEqual(os.getuid(), 0, "these tests mount file systems: run them as root")

    def test_no_room_for_the_trace(self):
        room = self.path("room")
        os.mkdir(room)
        command = [harness.WSITRACE, "run", "-o", os.path.join(room, "out.wsitrace"), "--", *self.host()]
        script = f"mount -t tmpfs -o size=64k none '{room}' && dd if=/dev/zero of='{room}/full' bs=4k status=none; exec \"$@\""
        program = self.start(["unshare", "-m", "sh", "-c", script, "sh", *command])
        address = program.address()
        workload.known(address, one_by_one=11)
        result = program.stop()
        self.assertEqual(result.status, 5, result)
        said = [line for line in result.err.splitlines() if line.startswith("wsitrace: ")]
        self.assertTrue(any("No space left" in line for line in said), result)

    def test_directory_of_the_trace_is_read_only(self):
        """Refused as a wrong option is, before the program starts."""
        room = self.path("room")
        os.mkdir(room)
        result = self.start(["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o ro none "$0" && exec "$@"', room, harness.WSITRACE,
                             "run", "-o", os.path.join(room, "out.wsitrace"), "--", "/bin/touch", self.path("ran")]).wait()
        self.assertEqual((result.status, result.out), (2, ""), result)
        self.assertIn("Read-only", result.err)
        self.assertFalse(os.path.exists(self.path("ran")))

    def test_kernel_refuses_the_program_its_shared_mapping(self):
        program = self.traced([harness.host_path("deny"), "shared-mmap", *self.host()])
        self.assert_goes_on(program)

    def test_kernel_refuses_the_launcher_its_mapping(self):
        program = self.start([harness.host_path("deny"), "shared-mmap", harness.WSITRACE, "run", "-o",
                              self.path("out.wsitrace"), "--", *self.host()])
        self.assertIn("Cannot allocate memory", self.assert_goes_on(program))

    def test_address_space_limit_of_the_program(self):
        # Enough for the program itself, too little for the ring file beside it.
        def needs(kib):
            result = subprocess.run(["prlimit", f"--as={kib * 1024}", harness.host_path("cycles_host"), "1", "1"],
                                    capture_output=True, check=False)
            return result.returncode == 0
        limit = next(kib for kib in range(8192, 1 << 20, 4096) if needs(kib)) + 4096
        command = ["prlimit", f"--as={limit * 1024}", harness.host_path("cycles_host"), "11", "1"]
        result = self.traced(command).wait()
        self.assertEqual(result.status, 0, result)
        self.assertIn("answered 11\n", result.out)
        self.assertTrue(result.err.startswith("wsitrace: "), result)

    def test_seccomp_forbids_the_probe_to_look_into_memory(self):
        for lws in ("", *harness.LWS):
            with self.subTest(lws=lws or "system"):
                program = self.traced([harness.host_path("deny"), "peek", *self.host(lws=lws)])
                workload.known(program.address(), one_by_one=11)
                self.assertEqual(program.stop().status, 5)
                self.assert_known_workload(self.report(), 11)


class NoDescriptors(harness.Scenario):
    """All descriptors of the program are used up by connections."""

    def drive(self, program, connections):
        """Opens more CONNECTIONS than the program has descriptors for, closes them, and wants to be served again."""
        address = program.address()
        with self.held_elsewhere(address, connections // 2):
            self.fill(address, connections - connections // 2)
        harness.until(lambda: self.served(address), "the program to accept again")
        result = program.stop()
        self.assertEqual(result.status, 5, result)

    @contextlib.contextmanager
    def held_elsewhere(self, address, connections):
        """CONNECTIONS of another process: this one has no more descriptors than the program."""
        code = ("import sys, workload\n"
                "held = [workload.connect(('127.0.0.1', int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]\n"
                "print(len(held), flush=True)\n"
                "sys.stdin.read()\n")
        with subprocess.Popen([sys.executable, "-c", code, str(address[1]), str(connections)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, cwd=harness.SOURCE, text=True) as other:
            self.assertEqual(other.stdout.readline().strip(), str(connections))
            yield

    @staticmethod
    def fill(address, connections):
        """Eleven of them are served before and after all descriptors are used up."""
        def ask(sock):
            sock.sendall(b"GET /dyn HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while b"dyn\n" not in sock.recv(4096):
                pass
        served = [workload.connect(address) for _ in range(min(11, connections))]
        for sock in served:
            ask(sock)  # keeps them from being timed out on a slow machine
        socks = [workload.connect(address) for _ in range(connections - len(served))]
        for sock in served:
            ask(sock)
        for sock in served + socks:
            sock.close()

    @staticmethod
    def served(address):
        try:
            return workload.fetch(address, "/dyn")[0] == 200
        except (OSError, workload.WorkloadError):
            return False

    def check(self, limit):
        command = ["prlimit", f"--nofile={limit}:{limit}", *self.host()]
        self.drive(self.start(command), limit + 7)
        self.drive(self.traced(command), limit + 7)
        trace = self.report()
        self.assert_settled(trace)
        self.assertGreaterEqual(len(trace.transactions()), 23)

    def test_few(self):
        self.check(41)

    def test_thousands(self):
        self.check(THOUSANDS)


if __name__ == "__main__":
    unittest.main()
