# SPDX-License-Identifier: MIT
"""What callgrind counted in one thread of a program: instructions of each function, and what its calls cost.

Source: https://valgrind.org/docs/manual/cl-format.html
"""

import collections
import re

NAME = re.compile(r"\((\d+)\)(?: (.*))?")
RECURSION = re.compile(r"'\d+$")


class Function:
    """SELF: its own instructions. CALLS: of others, by callee: [number of calls, instructions below them]."""

    def __init__(self, name, library):
        self.name, self.library = name, library
        self.self, self.calls = 0, collections.defaultdict(lambda: [0, 0])

    @property
    def key(self):
        return self.library, self.name


class Profile:
    """Functions by (file name of the object, name)."""

    def __init__(self):
        self.functions, self.total = {}, 0

    def function(self, library, name):
        key = (library, name)
        if key not in self.functions:
            self.functions[key] = Function(name, library)
        return self.functions[key]


class Reader:
    """Reads one file; names are written once and have a number after that."""

    def __init__(self):
        self.profile, self.names = Profile(), {"ob": {}, "fn": {}}
        self.library = self.function = self.called_library = self.called = None
        self.calls = None  # of the next line, which tells what is below them

    def name(self, kind, text):
        number, name = NAME.fullmatch(text).groups()
        if name is not None:
            self.names[kind][number] = name
        return self.names[kind][number]

    def named(self, library, text):
        """A function that begins anew in recursion is the same one here. What has no symbol has its object's name."""
        name = RECURSION.sub("", self.name("fn", text))
        return self.profile.function(library, "?" if name.startswith("0x") else name)

    def line(self, line):
        key, separator, value = line.partition("=")
        if not separator:
            self.cost(line)
        elif key == "ob":
            self.library = self.name("ob", value).rsplit("/", 1)[-1]
        elif key == "fn":
            self.function, self.called_library = self.named(self.library, value), None
        elif key == "cob":
            self.called_library = self.name("ob", value).rsplit("/", 1)[-1]
        elif key == "cfn":
            self.called, self.called_library = self.named(self.called_library or self.library, value), None
        elif key == "calls":
            self.calls = int(value.split()[0])

    def cost(self, line):
        if line.startswith("totals:"):
            self.profile.total = int(line.split()[1])
        elif self.function is None or not line[0] in "+-*0123456789":
            return
        elif self.calls is None:
            self.function.self += int(line.split()[1])
        else:
            entry = self.function.calls[self.called.key]
            entry[0] += self.calls
            entry[1] += int(line.split()[1])
            self.calls = None


def read(path):
    reader = Reader()
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            line = line.rstrip("\n")
            if line:
                reader.line(line)
    return reader.profile


def difference(after, before):
    """What AFTER has more."""
    more = Profile()
    more.total = after.total - before.total
    for sign, profile in ((1, after), (-1, before)):
        for key, function in profile.functions.items():
            to = more.function(*key)
            to.self += sign * function.self
            for callee, entry in function.calls.items():
                for i, number in enumerate(entry):
                    to.calls[callee][i] += sign * number
    return more


class Added:
    """What the functions of LIBRARY cost by themselves: their instructions and those of what they call, without what they PASS on: calls that
    the program would have made without them."""

    def __init__(self, profile, library, passed):
        self.library, self.passed = library, passed
        self.functions = {key: function for key, function in profile.functions.items() if key[0] == library}
        self.total = sum(self.own(function) for function in self.functions.values())

    def helpers(self, function):
        """Calls into other objects that are not passed on: (callee, instructions)."""
        return [(key, below) for key, (_, below) in function.calls.items() if key[0] != self.library and not self.passed(key)]

    def own(self, function):
        return function.self + sum(below for _, below in self.helpers(function))

    def inclusive(self):
        """By name: instructions of each function and what it calls within the library. A callee's are shared out by the number of calls."""
        called = collections.Counter()
        for function in self.functions.values():
            for key, (count, _) in function.calls.items():
                called[key] += count  # of calls within the library
        known = {}

        def of(key, above):
            if key in known or key in above:
                return known.get(key, 0)
            function = self.functions[key]
            within = [(callee, count) for callee, (count, _) in function.calls.items() if callee in self.functions]
            known[key] = self.own(function) + sum(of(callee, above | {key}) * count / max(1, called[callee]) for callee, count in within)
            return known[key]
        return {key[1]: of(key, frozenset()) for key in self.functions}
