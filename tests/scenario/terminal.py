# SPDX-License-Identifier: MIT
"""A program on a terminal of its own: a pty, and what its screen shows (pyte, a terminal emulator).

The terminal says that it is a screen-256color: pyte does not know all that an xterm does.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

import harness

# pyte is a package of the system's python, which need not be the one that runs this.
sys.path.append("/usr/lib/python3/dist-packages")
import pyte  # noqa: E402  pylint: disable=wrong-import-position

KEYS = {"up": b"\x1bOA", "down": b"\x1bOB", "page_up": b"\x1b[5~", "page_down": b"\x1b[6~", "home": b"\x1b[1~", "end": b"\x1b[4~",
        "enter": b"\r", "escape": b"\x1b"}


class Screen(pyte.Screen):
    """With what pyte leaves out of ECMA-48: SU and SD, scrolling between the margins."""

    def _at_top_margin(self, change, count):
        margins, line, column = self.margins, self.cursor.y, self.cursor.x
        self.cursor.y = margins.top if margins else 0
        change(count or 1)
        self.cursor.y, self.cursor.x = line, column

    def scroll_up(self, count=1):
        self._at_top_margin(self.delete_lines, count)

    def scroll_down(self, count=1):
        self._at_top_margin(self.insert_lines, count)


class Stream(pyte.ByteStream):
    csi = {**pyte.ByteStream.csi, "S": "scroll_up", "T": "scroll_down"}
    events = pyte.ByteStream.events | {"scroll_up", "scroll_down"}


class Terminal:
    """Runs ARGUMENTS on a terminal of COLUMNS x LINES."""

    def __init__(self, test, arguments, columns=100, lines=24, env=None):
        self.screen = Screen(columns, lines)
        self.stream = Stream(self.screen)
        self.raw = b""
        self.master, self.slave = pty.openpty()
        self.resize(columns, lines, tell=False)
        self.modes = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(self.slave, fd)
            os.closerange(3, 256)
            os.execve(arguments[0], [str(a) for a in arguments], {**os.environ, "TERM": "screen-256color", **(env or {})})
        self.status = None
        test.addCleanup(self.discard)

    def resize(self, columns, lines, tell=True):
        if tell:
            self.screen.resize(lines, columns)
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, for_s=0.05):
        end = time.monotonic() + for_s
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.master], [], [], left)[0]:
                break
            try:
                data = os.read(self.master, 65536)
            except OSError:  # nobody has the other end open
                break
            self.raw += data
            self.stream.feed(data)

    def lines(self):
        self.read()
        return [line.rstrip() for line in self.screen.display]

    def until(self, condition, what):
        try:
            return harness.until(lambda: condition(self.lines()), what)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen is:\n" + "\n".join(self.lines())) from None

    def selected(self):
        """The line that is shown as selected: bold and in reverse; None: there is none."""
        self.read()
        for number, line in enumerate(self.screen.display):
            cell = self.screen.buffer[number][0]
            if cell.reverse and cell.bold:
                return line.rstrip()
        return None

    def press(self, key):
        os.write(self.master, KEYS.get(key) or key.encode())

    def send_signal(self, number):
        os.kill(self.pid, number)

    def wait(self):
        """The wait status, once it has ended."""
        def ended():
            self.read(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
            return pid != 0
        harness.until(ended, "the program to end")
        self.read()
        return self.status

    def is_restored(self):
        """The normal screen is back, the cursor is shown, and the line discipline is what it was."""
        modes = termios.tcgetattr(self.slave)
        return (self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h") and not self.screen.cursor.hidden
                and modes == self.modes)

    def discard(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self.master)
        os.close(self.slave)
