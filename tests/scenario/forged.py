# SPDX-License-Identifier: MIT
"""Traces that no program would write: whoever may write a trace, or record into a ring, chooses what is in it.

    forge(path, events, lws="5.0.0", names=2)      EVENTS: event(kind, ...) one after the other
"""

import json
import struct
import zlib

import tracefile

META_CHUNK, STRINGS_CHUNK = 1, 2
CHUNK_BYTES = 1 << 19
NEW_CLIENT, WSI_CREATE, WSI_DESTROY = 19, 29, 30
CONTEXT_CREATED, CONTEXT_DESTROYED, CLOSE_REQUESTED, CALL_FAILED = 1003, 1004, 1005, 1009
MOST = 2**31 - 1  # of `value`
PROCESS = {"pid": 4711, "parent_pid": 1, "program": "forged", "arguments": ["forged"], "attach": "preload", "notice": "",
           "started_mono_ns": 1, "started_real_ns": 1, "trouble": {}}


def event(kind, wsi=0, vhost=0, value=0, thread=0, text=0, flags=0):
    return wsi, kind, vhost, text, value, flags, thread


class Writer:
    def __init__(self, file):
        self.file, self.sequence = file, 0
        file.write(tracefile.HEADER.pack(b"wsitrace", 1, tracefile.HEADER.size, 1009, 0))

    def chunk(self, kind, payload):
        crc = zlib.crc32(payload, zlib.crc32(tracefile.CHUNK.pack(kind, len(payload), 0, self.sequence)))
        self.file.write(tracefile.CHUNK.pack(kind, len(payload), crc, self.sequence) + payload)
        self.sequence += 1


def forge(path, events, lws="5.0.0", names=2, step_ns=1000):
    """Writes a trace of EVENTS, STEP_NS apart, of a program that ended. Strings 1 to NAMES are "name N"."""
    with open(path, "wb") as file:
        writer = Writer(file)
        writer.chunk(META_CHUNK, json.dumps({"process": {**PROCESS, "lws_version": lws}}).encode())
        texts = [f"name {number}".encode() for number in range(1, names + 1)]
        for first in range(0, names, 10_000):
            writer.chunk(STRINGS_CHUNK, b"".join(struct.pack("<HH", first + nth + 1, len(text)) + text
                                                 for nth, text in enumerate(texts[first:first + 10_000])))
        slots, count = bytearray(), 0
        for wsi, kind, vhost, text, value, flags, thread in events:
            count += 1
            slots += tracefile.EVENT.pack(1000 + count * step_ns, wsi, kind, vhost, 0, text, value, 0, flags, thread, count & 255)
            if len(slots) >= CHUNK_BYTES:
                writer.chunk(tracefile.EVENTS_CHUNK, bytes(slots))
                slots.clear()
        writer.chunk(tracefile.EVENTS_CHUNK, bytes(slots))
        writer.chunk(META_CHUNK, json.dumps({"loss": {"recorded": count, "lost": 0, "by_cause": {}}}).encode())
        writer.chunk(tracefile.END_CHUNK, json.dumps({"kind": "exit", "status": 0, "mono_ns": 1000 + (count + 1) * step_ns}).encode())
