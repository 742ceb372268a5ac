#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fails on an include that the room table of agent/ARCHITECTURE.md does not allow, and on includes that run in a circle within a room.

The table is the source: the rows between "<!-- rooms -->" and "<!-- /rooms -->". Its columns are
  room        a folder with all below it, or a single header that has a rule of its own
  may include rooms ("agent/base/", everything in it) and single headers ("agent/ring/writer.h"); its own is understood
  libraries   third-party includes ("libwebsockets.h", "fmt/"), and "system": the operating system, files, threads, clocks
  never       standard headers it may not use

Within a room a header and its source count as one: x.h may be free of y.h and still need it, through x.cpp. Where one follows the
includes from x and comes back to x, every include on the way is an arrow in a circle.
"""
import argparse
import pathlib
import re
import sys

SOURCES = {".h", ".hpp", ".c", ".cpp"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)

# Standard headers that reach outside of the process's memory: files, streams, threads, clocks.
IMPURE = set("""chrono condition_variable ctime filesystem fstream future iostream mutex shared_mutex syncstream thread
csignal time.h signal.h""".split())
STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv cinttypes
climits clocale cmath compare complex concepts coroutine cstdarg cstddef cstdint cstdio cstdlib cstring cwchar deque
exception execution forward_list functional initializer_list iomanip ios iosfwd istream iterator latch limits list locale
map memory memory_resource new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore
set source_location span sstream stack stdexcept stop_token streambuf string string_view system_error tuple type_traits
typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
assert.h ctype.h errno.h float.h inttypes.h limits.h math.h setjmp.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h
stdint.h stdio.h stdlib.h string.h""".split()) | IMPURE
SYSTEM = re.compile(r"""(sys|netinet|net|arpa|linux|asm|bits)/.*\.h|
    (cxxabi|dirent|dlfcn|elf|execinfo|fcntl|fnmatch|getopt|glob|grp|ifaddrs|libgen|link|malloc|netdb|poll|pthread|pty|pwd|sched|
     semaphore|signal|spawn|strings|syslog|termios|time|ucontext|unistd|unwind|utime|wait|wchar)\.h""", re.VERBOSE)


# The only places that may have <libwebsockets.h> in their row: inside the host, the server, and the C API over lws's types.
SEES_LWS = ("agent/entry/", "agent/probe", "agent/serve", "include/wsitrace/wsitrace.h")


# What exporters share stands beside their folders; what others say alike, too, is agent/text/.
def is_common_to_exporters(name):
    return re.fullmatch(r"agent/export/\w+\.h", name)



def matches(include, patterns):
    return any(include == pattern or (pattern.endswith("/") and include.startswith(pattern)) for pattern in patterns)


class Room:
    def __init__(self, name, allowed, libraries, never):
        self.name, self.allowed, self.libraries, self.never = name, allowed, libraries, never

    def refusal(self, include, angled):
        """Why INCLUDE is not allowed here, or None."""
        if not angled or include.startswith(("agent/", "wsitrace/", "tests/")):
            name = "include/" + include if include.startswith("wsitrace/") else include
            if "/" not in include:
                return "is not written from the root of the tree"
            if matches(name, [self.name + "/"] + self.allowed):
                return None
            return "is an arrow the room table does not allow"
        if include in self.never:
            return "is ruled out for this room"
        if include in STANDARD and include not in IMPURE:
            return None
        if include in IMPURE or SYSTEM.fullmatch(include):
            return None if "system" in self.libraries else "reaches for the operating system"
        if matches(include, self.libraries):
            return None
        return "is a library this room may not use"


def tokens(cell):
    return re.findall(r"`([^`]+)`", cell)


def read_table(document):
    text = document.read_text()
    found = re.search(r"<!-- rooms -->\n(.*?)<!-- /rooms -->", text, re.DOTALL)
    if not found:
        sys.exit(f"{document}: no room table (it stands between <!-- rooms --> and <!-- /rooms -->)")
    rooms = []
    for line in found.group(1).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 5 or not tokens(cells[0]):
            continue
        rooms.append(Room(tokens(cells[0])[0].rstrip("/"), tokens(cells[2]), tokens(cells[3]), [t.strip("<>") for t in tokens(cells[4])]))
    return rooms


def room_of(rooms, path):
    """The row of PATH: its own, or that of the nearest folder above."""
    by_name = {room.name: room for room in rooms}
    while path and path not in by_name:
        path = path.rpartition("/")[0]
    return by_name.get(path)


def check_table(rooms):
    for room in rooms:
        others = [x for x in room.allowed if x.startswith("agent/export/") and not is_common_to_exporters(x)]
        if room.name.startswith("agent/export/") and others:
            yield f"agent/ARCHITECTURE.md: {room.name} may include {', '.join(others)} (exporters do not include each other)"
        if room.name.startswith("agent/export/") and len([x for x in room.libraries if x != "system"]) > 1:
            yield f"agent/ARCHITECTURE.md: {room.name} has more than one library (one exporter, one dependency)"
        if "libwebsockets.h" in room.libraries and not room.name.startswith(SEES_LWS):
            yield f"agent/ARCHITECTURE.md: {room.name} may not see libwebsockets (only {', '.join(SEES_LWS)})"


def check_file(rooms, path, text):
    room = room_of(rooms, path)
    if room is None:
        yield f"{path}: is in no row of the room table"
        return
    for found in INCLUDE.finditer(text):
        include = found.group(1) or found.group(2)
        why = room.refusal(include, angled=found.group(1) is None)
        if why:
            line = text.count("\n", 0, found.start()) + 1
            yield f"{path}:{line}: <{include}> {why}"


def units_of(room, texts):
    """What each header-and-source of ROOM includes of the same room."""
    arrows = {}
    for path, text in texts.items():
        unit = path.rpartition(".")[0]
        own = (found.group(1) for found in INCLUDE.finditer(text) if found.group(1) and found.group(1).startswith(room.name + "/"))
        arrows.setdefault(unit, set()).update({include.rpartition(".")[0] for include in own} - {unit})
    return arrows


def reached(arrows, start):
    """Every unit that the includes of START lead to."""
    seen, waiting = set(), [start]
    while waiting:
        for unit in arrows.get(waiting.pop(), ()):
            if unit not in seen:
                seen.add(unit)
                waiting.append(unit)
    return seen


def circles_in(arrows):
    """Sets of units that lead to each other."""
    leads_to = {unit: reached(arrows, unit) for unit in arrows}
    return {frozenset(other for other in arrows if other in leads_to[unit] and unit in leads_to[other])
            for unit in arrows if unit in leads_to[unit]}


def check_circles(room, texts):
    arrows = units_of(room, texts)
    for circle in sorted(map(sorted, circles_in(arrows))):
        count = sum(len(arrows[unit] & set(circle)) for unit in circle)
        names = ", ".join(unit.rpartition("/")[2] for unit in circle)
        yield f"{room.name}: {count} includes in a circle: {names}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    root = parser.parse_args().root
    rooms = read_table(root / "agent/ARCHITECTURE.md")
    problems = list(check_table(rooms))
    seen = 0
    by_room = {}
    for top in ("agent", "include"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in SOURCES:
                seen += 1
                name, text = path.relative_to(root).as_posix(), path.read_text()
                problems += check_file(rooms, name, text)
                by_room.setdefault(room_of(rooms, name), {})[name] = text
    for room, texts in by_room.items():
        if room:
            problems += check_circles(room, texts)
    for problem in problems:
        print(problem)
    if not rooms or not seen:
        sys.exit(f"rooms: {len(rooms)} rows and {seen} files: nothing was checked")
    print(f"{seen} files, {len(rooms)} rooms, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
