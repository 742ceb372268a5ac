# SPDX-License-Identifier: MIT
"""Why connections ended, over all expected timelines: a close whose reason is unknown must be rare."""

import collections
import os
import re
import unittest

import harness
import timeline_file

DIRECTORY = os.path.join(harness.SOURCE, "timelines")
CLOSED = re.compile(r"^\s*closed (\S+) by (\S+)")
MOST_UNKNOWN = 0.05


def closes(way):
    """How often each reason stands in the timelines that hold for WAY, once for each version."""
    reasons = collections.Counter()
    for name in sorted(os.listdir(DIRECTORY)):
        for block in timeline_file.File(os.path.join(DIRECTORY, name)).blocks:
            if way in block.ways:
                found = (CLOSED.match(line) for line in block.lines)
                reasons.update({reason: len(block.versions) * count for reason, count in
                                collections.Counter(match[1] for match in found if match).items()})
    return reasons


class CloseReasons(unittest.TestCase):
    def test_few_reasons_are_unknown(self):
        for way in ("preload", "plugin", "link"):
            reasons = closes(way)
            total = sum(reasons.values())
            print(f"{way}: {total} closes, {reasons['unknown']} unknown;", dict(reasons.most_common()))
            with self.subTest(way=way):
                self.assertGreater(total, 100)
                self.assertLessEqual(reasons["unknown"], MOST_UNKNOWN * total, reasons)


if __name__ == "__main__":
    unittest.main()
