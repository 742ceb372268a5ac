# SPDX-License-Identifier: MIT
"""A program under `wsitrace run` meets each signal exactly as often as it would meet it without: the launcher hands on what was sent to
it alone, and nothing else."""

import contextlib
import os
import pty
import re
import signal
import sys
import unittest

import harness

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
STATUS = 23

# Says each signal that was delivered; SIGUSR1 ends it. The wake-up descriptor counts deliveries, which handlers of Python do not.
COUNTER = f"""
import os, signal, sys
if sys.argv[1:] == ["setsid"]: os.setsid()
reader, writer = os.pipe()
os.set_blocking(writer, False)
signal.set_wakeup_fd(writer)
for number in {[int(number) for number in (*SIGNALS, signal.SIGUSR1)]}: signal.signal(number, lambda *_: None)
print("pid", os.getpid(), flush=True)
while True:
    [number] = os.read(reader, 1)
    print("got", number, flush=True)
    if number == signal.SIGUSR1: sys.exit({STATUS})
"""

# The first SIGINT is a request, the second one kills: what many programs do.
IMPATIENT = """
import signal, sys, time
def ask(number, frame):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    global asked
    asked = True
asked = False
signal.signal(signal.SIGINT, ask)
print("pid 1", flush=True)
while not asked: time.sleep(0.01)
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(0))
print("asked 1", flush=True)
while True: time.sleep(1)
"""


def has_pending(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return any(int(line.split()[1], 16) for line in status if line.startswith(("ShdPnd:", "SigPnd:")))


class Once(harness.Scenario):
    """Each signal arrives once, by whatever way."""

    def counter(self, *arguments):
        program = self.traced([sys.executable, "-c", COUNTER, *arguments])
        [pid] = program.values("pid")
        return program, pid

    def deliveries_of(self, program, send, number, pid):
        """What the program was delivered once SEND() was done and the launcher had taken note."""
        send()
        harness.until(lambda: f"got {number:d}\n" in program.out, "the signal")
        harness.until(lambda: not has_pending(program.pid), "the launcher to read its signals")
        os.kill(program.pid, signal.SIGUSR1)  # it goes through the launcher, behind all that it had read before
        self.assertEqual(program.wait().status, STATUS)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        return [int(line.split()[1]) for line in program.out.splitlines() if line.startswith("got ")]

    def test_sent_to_the_process_group(self):
        for number in SIGNALS:
            with self.subTest(number):
                program, pid = self.counter()
                got = self.deliveries_of(program, lambda: os.killpg(program.pid, number), number, pid)
                self.assertEqual(got, [number, signal.SIGUSR1])

    def test_sent_to_the_launcher_alone(self):
        for number in SIGNALS:
            with self.subTest(number):
                program, pid = self.counter()
                got = self.deliveries_of(program, lambda: os.kill(program.pid, number), number, pid)
                self.assertEqual(got, [number, signal.SIGUSR1])

    def test_sent_to_the_launcher_and_then_to_the_group(self):
        program, pid = self.counter()
        os.kill(program.pid, signal.SIGTERM)
        harness.until(lambda: "got 15\n" in program.out, "the first signal")
        got = self.deliveries_of(program, lambda: os.killpg(program.pid, signal.SIGINT), signal.SIGINT, pid)
        self.assertEqual(got, [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])

    def test_sent_to_every_process_by_itself(self):
        """As service managers do that end all processes of a service."""
        program, pid = self.counter()

        def send():
            with open(f"/proc/{program.pid}/task/{program.pid}/children", encoding="ascii") as children:
                everybody = [program.pid, *map(int, children.read().split())]
            self.assertIn(pid, everybody)
            for each in everybody:
                os.kill(each, signal.SIGTERM)
        got = self.deliveries_of(program, send, signal.SIGTERM, pid)
        self.assertIn(got, ([signal.SIGTERM, signal.SIGUSR1], [signal.SIGTERM, signal.SIGTERM, signal.SIGUSR1]))

    def test_program_in_a_session_of_its_own_gets_what_the_group_got(self):
        program, pid = self.counter("setsid")
        got = self.deliveries_of(program, lambda: os.killpg(program.pid, signal.SIGINT), signal.SIGINT, pid)
        self.assertEqual(got, [signal.SIGINT, signal.SIGUSR1])

    def test_status_is_that_of_the_program_untraced(self):
        for traced in (False, True):
            with self.subTest(traced=traced):
                command = [sys.executable, "-c", IMPATIENT]
                program = self.traced(command) if traced else self.start(command)
                program.values("pid")
                os.killpg(program.pid, signal.SIGINT)
                program.values("asked")
                harness.until(lambda pid=program.pid: not has_pending(pid), "the signal to be read")
                self.assertEqual(program.stop(signal.SIGUSR1).status, 0)

    def test_nothing_of_the_launcher_is_left_when_it_is_killed(self):
        program, pid = self.counter()
        with open(f"/proc/{program.pid}/task/{program.pid}/children", encoding="ascii") as children:
            others = [int(each) for each in children.read().split() if int(each) != pid]
        self.assertTrue(others)
        os.kill(program.pid, signal.SIGKILL)
        harness.until(lambda: not any(os.path.exists(f"/proc/{each}/exe") for each in others), "the end of its processes")
        os.kill(pid, signal.SIGUSR1)
        self.assertEqual(program.wait().status, -signal.SIGKILL)


class Terminal(harness.Scenario):
    """What the terminal sends, it sends to all in the foreground: the launcher must not send it again."""

    def deliveries_on_terminal(self, key):
        launcher, master = pty.fork()
        if launcher == 0:
            os.chdir(self.directory)
            os.execv(harness.WSITRACE, [harness.WSITRACE, "run", "-o", self.path("out.wsitrace"), "--", sys.executable, "-c", COUNTER])
        text = b""

        def read_until(wanted):
            nonlocal text
            while wanted not in text:
                with contextlib.suppress(OSError):
                    text += os.read(master, 4096)
        read_until(b"pid ")
        os.write(master, key)
        read_until(b"got ")
        harness.until(lambda: not has_pending(launcher), "the launcher to read its signals")
        os.kill(launcher, signal.SIGUSR1)
        read_until(b"got %d\r\n" % signal.SIGUSR1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(launcher, 0)[1]), STATUS)
        os.close(master)
        return [int(number) for number in re.findall(r"got (\d+)", text.decode())]  # behind the echo of the key

    def test_interrupt_and_quit_keys(self):
        self.assertEqual(self.deliveries_on_terminal(b"\x03"), [signal.SIGINT, signal.SIGUSR1])
        self.assertEqual(self.deliveries_on_terminal(b"\x1c"), [signal.SIGQUIT, signal.SIGUSR1])


if __name__ == "__main__":
    unittest.main()
