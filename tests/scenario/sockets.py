# SPDX-License-Identifier: MIT
"""What the kernel knows of the other end of a connection: whether the host has read what it was sent, and what it waits for."""

import collections
import time

import harness

ESTABLISHED, CLOSE_WAIT = "01", "08"
STILL_S = 0.5  # a host that does not get the processor pauses, too
Queues = collections.namedtuple("Queues", "state unsent unread")


def _lines():
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}", encoding="ascii") as table:
            next(table)
            yield from table


def _port(address):
    return int(address.rsplit(":", 1)[1], 16)


def queues(local, remote):
    """Of the socket from port LOCAL to port REMOTE: bytes that it has to send, and that are to be read; None: there is no such socket."""
    for line in _lines():
        fields = line.split()
        if (_port(fields[1]), _port(fields[2])) == (local, remote):
            return Queues(fields[3], *(int(number, 16) for number in fields[4].split(":")))
    return None


def taken(sock):
    """Waits until the other end, a program of this machine, has read all that was sent to it on SOCK, or has closed."""
    here, there = sock.getsockname()[1], sock.getpeername()[1]

    def nothing_waits():
        mine, other = queues(here, there), queues(there, here)
        return other is None or (other.unread == 0 and (mine is None or mine.unsent == 0))
    harness.until(nothing_waits, f"what was sent from port {here} to be read")


def given_up(sock):
    """Waits until the other end has closed SOCK, though what it sent before is not read."""
    here, there = sock.getsockname()[1], sock.getpeername()[1]

    def is_closed():
        other = queues(there, here)
        return other is None or other.state not in (ESTABLISHED, CLOSE_WAIT)
    harness.until(is_closed, f"port {there} to be closed")


def gone(local, remote):
    """Waits until there is no socket from port LOCAL to port REMOTE any more: its program is still to learn that it was reset."""
    harness.until(lambda: queues(local, remote) is None, f"port {local} to be reset")


def stuffed(sock):
    """Waits until the other end of SOCK has more to send than fits: nothing moves any more."""
    here, there, last = sock.getsockname()[1], sock.getpeername()[1], [None, 0]

    def stands_still():
        now = (queues(there, here), queues(here, there))
        if now != last[0]:
            last[:] = now, time.monotonic()
        return now[0] and now[0].unsent > 0 and time.monotonic() > last[1] + STILL_S
    harness.until(stands_still, f"port {there} to have no more room to send")
