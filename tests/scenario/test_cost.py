# SPDX-License-Identifier: MIT
"""What a stranger makes wsitrace do is bounded by what the stranger does: a forged log costs about as much time as an honest one of the same
length, memory and work for a process have a bound, and what is over it is counted."""

import os
import resource
import subprocess

import harness
from forged import (CALL_FAILED, CLOSE_REQUESTED, CONTEXT_CREATED, CONTEXT_DESTROYED, MOST, NEW_CLIENT, WSI_CREATE, WSI_DESTROY, event,
                    forge)

MANY = 40_009
PATIENCE_CPU_S = 120  # decides nothing but how long a failure takes
TIMES_AS_MUCH = 20    # forged and honest logs of one length differ in what they tell; where work is not linear, it is thousands


def honest(events):
    """A log of that many events: connections that come and go."""
    for number in range(events // 2):
        yield event(NEW_CLIENT, wsi=1000 + number % 97 * 16, vhost=1)
        yield event(WSI_DESTROY, wsi=1000 + number % 97 * 16, vhost=1)


def failed_calls():
    """Each claims to have lasted for longer than the log, beside connections of another thread and such as are being closed."""
    for number in range(MANY):
        yield event(NEW_CLIENT, wsi=1000 + number * 16, vhost=1, thread=number % 2)
        yield event(CLOSE_REQUESTED, wsi=1000 + number * 16, vhost=1, thread=number % 2)
    for _ in range(MANY):
        yield event(CALL_FAILED, value=MOST, text=2, thread=0)


def contexts():
    """Each takes what has no socket with it, or nothing: a connection that has one is left."""
    for number in range(MANY):
        yield event(WSI_CREATE, wsi=1000 + number * 16, vhost=1)
    yield event(NEW_CLIENT, wsi=8, vhost=1, value=7, flags=32)
    for _ in range(MANY):
        yield event(CONTEXT_CREATED, wsi=4)
        yield event(CONTEXT_DESTROYED, wsi=4, value=1)


def vhosts():
    """As many as there are names for, with a few clients each that come and go, and as many connections that stay."""
    for number in range(MANY // 8):
        for client in range(5):
            yield event(NEW_CLIENT, wsi=8 + client * 8, vhost=1 + number)
        for client in range(4):
            yield event(WSI_DESTROY, wsi=8 + client * 8, vhost=1 + number)
        yield event(WSI_DESTROY, wsi=40, vhost=1 + number)
    for number in range(MANY):
        yield event(NEW_CLIENT, wsi=1000 + number * 16, vhost=1)


class Cost(harness.Scenario):
    def cpu_s(self, *command):
        """The time that WSITRACE COMMAND has taken of a processor."""
        process = subprocess.Popen([harness.WSITRACE, *command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=lambda: (
            resource.setrlimit(resource.RLIMIT_CPU, (PATIENCE_CPU_S, PATIENCE_CPU_S)), resource.setrlimit(resource.RLIMIT_CORE, (0, 0))))
        err = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stderr.close()
        self.assertIn(process.returncode, (0, 1, 3), (command, err))
        return usage.ru_utime + usage.ru_stime

    def assert_is_linear(self, forged, **options):
        events = list(forged)
        forge(self.path("forged.wsitrace"), events, **options)
        forge(self.path("honest.wsitrace"), honest(len(events)), **options)
        for command in (("check",), ("explain",), ("report", "--format", "json")):
            told, wanted = (self.cpu_s(*command, self.path(name)) for name in ("forged.wsitrace", "honest.wsitrace"))
            self.assertLess(told, TIMES_AS_MUCH * max(wanted, 0.1), command)

    def test_calls_that_claim_to_have_lasted_for_ever(self):
        self.assert_is_linear(failed_calls())

    def test_contexts_that_leave_what_has_a_socket(self):
        self.assert_is_linear(contexts())

    def test_as_many_vhosts_as_there_are_names(self):
        self.assert_is_linear(vhosts(), names=MANY // 8)
