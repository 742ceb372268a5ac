# SPDX-License-Identifier: MIT
"""As many hosts as a ring takes, each of which forges connections that never end: what the agent takes of memory has a bound.

    WSITRACE_FORGED=40000 python3 -m unittest -v test_hostile_hosts      the long form: more than the agent keeps; takes 3 GB of memory
"""

import mmap
import os
import re
import signal
import struct
import time
import unittest

import harness
import tracefile
from agents import Agent, AgentScenario

HOSTS = 64  # kMaxProcesses
FORGED = int(os.environ.get("WSITRACE_FORGED", "1009"))  # connections of each
MOST_KEPT = (1 << 20) + HOSTS * (1 << 14)  # LifeTable::kMost, and kLeast of each: agent/timeline/life_table.h
MOST_EACH = 2048     # bytes of memory of a connection that is open: deploy/manual/live.md
MOST_OTHER_MIB = 64
NEW_CLIENT, READY, CLAIMED, PRELOAD = 19, 1, 2, 1
PAGE, PROCESS_BLOCK, FACTS_READY = 4096, 256 * 1024, 1476  # agent/ring/FORMAT.md
OWNER, HEAD, RECORDED, TAIL = 4, 64, 72, 128


class Forger:
    """Records into the block and the ring of its number, as no program would."""

    def __init__(self, path, number):
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        processes, _, _, ring_bytes, self.slots = struct.unpack_from("<IIIII", self.memory, 32)
        self.block, self.ring = PAGE + number * PROCESS_BLOCK, PAGE + processes * PROCESS_BLOCK + number * ring_bytes
        self.number = number

    def get(self, at, form="<Q"):
        return struct.unpack_from(form, self.memory, at)[0]

    def put(self, at, value, form="<Q"):
        struct.pack_into(form, self.memory, at, value)

    def claim(self):
        for at in (self.block, self.ring):
            while self.get(at, "<I") != READY:
                time.sleep(0.001)
            self.put(at, CLAIMED, "<I")
        struct.pack_into("<IIIQQ", self.memory, self.block + 4, os.getpid(), 1, PRELOAD, time.monotonic_ns(), time.time_ns())
        self.put(self.block + FACTS_READY, 1, "<I")
        struct.pack_into("<IIQ", self.memory, self.ring + 8, os.getpid(), 0, time.monotonic_ns())
        self.put(self.ring + OWNER, self.number + 1, "<I")

    def forge(self, connections):
        head = 0
        while head < connections:
            some = min(self.slots // 2, connections - head)
            while head + some - self.get(self.ring + TAIL) > self.slots:
                time.sleep(0.001)
            now = time.monotonic_ns()
            for at in range(head, head + some):
                tracefile.EVENT.pack_into(self.memory, self.ring + PAGE + at % self.slots * tracefile.EVENT.size, now, 4096 + at * 16, NEW_CLIENT, 0,
                                          0, 0, 7, 0, 0, 0, at & 255)
            head += some
            self.put(self.ring + RECORDED, head)
            self.put(self.ring + HEAD, head)


class HostileHosts(AgentScenario):
    def start_forger(self, path, number):
        pid = os.fork()
        if pid == 0:
            try:
                forger = Forger(path, number)
                forger.claim()
                forger.forge(FORGED)
                signal.pause()
            finally:
                os._exit(1)
        self.addCleanup(os.waitpid, pid, 0)
        self.addCleanup(os.kill, pid, signal.SIGKILL)

    def test_memory_of_the_agent_has_a_bound(self):
        agent = Agent(self, traces=False)
        before_kb = self.anonymous_kb(agent.program)
        for number in range(HOSTS):
            self.start_forger(agent.ring, number)

        def recorded():
            found = re.findall(r'^wsitrace_events_recorded_total\{.*?\} (\d+)$', agent.get("/metrics"), re.MULTILINE)
            return sum(int(number) for number in found)
        harness.until(lambda: recorded() >= HOSTS * FORGED, "all to be drained")
        took_mib = (self.anonymous_kb(agent.program) - before_kb) / 1024
        kept = min(HOSTS * FORGED, MOST_KEPT)
        print(f"{HOSTS} hosts, {HOSTS * FORGED} connections forged: the agent takes {took_mib:.0f} MiB more, "
              f"{took_mib * 1024 * 1024 / kept:.0f} bytes for each that it may keep", flush=True)
        self.assertLess(took_mib, kept * MOST_EACH / (1 << 20) + MOST_OTHER_MIB)
        self.assertIn("ok", agent.get("/healthz"))
        agent.stop()


if __name__ == "__main__":
    unittest.main()
