# SPDX-License-Identifier: MIT
"""What a row of diagnosis_rows.py is."""

import collections

Row = collections.namedtuple("Row", "name found says never versions status")
VERSIONS = ("4.1.6", "4.3.5")
OWN = "own"  # the libwebsockets of the build: Debian's logs at level info, too, of which wsitrace knows some lines


def row(name, found="", says=(), never=(), versions=VERSIONS, status=0):
    """FOUND: "CAUSE SEVERITY COUNT", several joined with " + "; COUNT is * where it depends on the machine."""
    return Row(name, sorted(found.split(" + ")) if found else [], says, never, versions, status)
