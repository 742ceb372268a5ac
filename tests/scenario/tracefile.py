# SPDX-License-Identifier: MIT
"""Reads trace files without wsitrace, from what agent/ring/FORMAT.md says alone: the tests' second opinion."""

import collections
import struct
import zlib

HEADER = struct.Struct("<8sIIQQ")
CHUNK = struct.Struct("<IIII")
SLOT_BYTES = 32
EVENT = struct.Struct("<QQHHHHiBBBB")
EVENTS_CHUNK, END_CHUNK = 3, 4
GAP, FIRST_OWN_KIND = 1000, 1000


def chunks(data):
    """(type, payload, offset) of each intact chunk."""
    magic, version, header_bytes, _, _ = HEADER.unpack_from(data)
    if magic != b"wsitrace" or version != 1:
        raise ValueError("not a trace of version 1")
    offset = header_bytes
    while offset + CHUNK.size <= len(data):
        kind, size, crc, sequence = CHUNK.unpack_from(data, offset)
        payload = data[offset + CHUNK.size:offset + CHUNK.size + size]
        if len(payload) < size or zlib.crc32(payload, zlib.crc32(CHUNK.pack(kind, size, 0, sequence))) != crc:
            return
        yield kind, payload, offset
        offset += CHUNK.size + size


def events_by_kind(path):
    """How many events of each kind a trace holds."""
    counts = collections.Counter()
    with open(path, "rb") as file:
        data = file.read()
    for kind, payload, _ in chunks(data):
        if kind != EVENTS_CHUNK:
            continue
        offset = 0
        while offset < len(payload):
            fields = EVENT.unpack_from(payload, offset)
            counts[fields[2]] += 1
            offset += SLOT_BYTES * (1 + fields[7])
    return counts
