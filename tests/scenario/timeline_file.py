# SPDX-License-Identifier: MIT
"""timelines/GROUP.txt: the expected timelines of a group of cases, written for people.

    == keep_alive   lws 4.1.6 4.3.5   ways preload plugin
       Three requests, one after the other; the client closes.
    client accepted h1 vhost=app known_by=event
      ...

A block holds for every version and way named. Cases that differ by version or way have several blocks; the words stand under the
first. What stands before the first block is for the reader.
"""

import os
import re

TITLE = re.compile(r"== (\S+)\s+lws (.+?)\s+ways (.+)")
HEAD = """Expected timelines, see tests/README.md. One block: a case, what it holds for, what happens in it, and what must come out.
"""


class Block:
    def __init__(self, name, versions, ways, words=(), lines=()):
        self.name, self.versions, self.ways = name, list(versions), list(ways)
        self.words, self.lines = list(words), list(lines)

    def text(self):
        title = f"== {self.name}   lws {' '.join(self.versions)}   ways {' '.join(self.ways)}"
        return "\n".join([title, *["   " + word for word in self.words], *(self.lines or ["(no connection)"])]) + "\n"


class File:
    def __init__(self, path):
        self.path, self.blocks, self.head, self.seen = path, [], HEAD, {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self._parse(file.read())

    def _parse(self, text):
        self.head, block = "", None
        for line in text.splitlines():
            title = TITLE.fullmatch(line)
            if title:
                block = Block(title[1], title[2].split(), title[3].split())
                self.blocks.append(block)
            elif block is None:
                self.head += line + "\n"
            elif line.startswith("   ") and not block.lines:
                block.words.append(line.strip())
            elif line and line != "(no connection)":
                block.lines.append(line)

    def expected(self, name, lws, way):
        """The lines of a block, or None. A build of a version ("4.1.6-debian") that has no block of its own has the version's."""
        own = self._written(name, lws, way)
        return self._written(name, lws.partition("-")[0], way) if own is None else own

    def _written(self, name, version, way):
        for block in self.blocks:
            if block.name == name and version in block.versions and way in block.ways:
                return block.lines
        return None

    def see(self, name, lws, way, lines):
        self.seen[name, lws, way] = lines

    def write(self, cases):
        """Writes the blocks of CASES (name, words, [(version, way)]): what was seen, and what was there where nothing was."""
        text = self.head.rstrip("\n") + "\n"
        for name, words, combinations in cases:
            old = [word for block in self.blocks if block.name == name for word in block.words]
            for number, block in enumerate(self._merged(name, combinations)):
                block.words = [] if number else old or words
                text += "\n" + block.text()
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(text)

    def _merged(self, name, combinations):
        """Blocks for all that is known of a case: first ways whose lines are equal, then versions with equal ways."""
        known = {}
        for lws, way in combinations:
            lines = self.seen.get((name, lws, way), self._written(name, lws, way))
            if lines is not None and lines != known.get((lws.partition("-")[0], way)):
                known[lws, way] = lines
        blocks = []
        for lws in dict.fromkeys(lws for lws, _ in known):
            by_lines = {}
            for (version, way), lines in known.items():
                if version == lws:
                    by_lines.setdefault(tuple(lines), []).append(way)
            for lines, ways in by_lines.items():
                twin = next((b for b in blocks if b.ways == ways and tuple(b.lines) == lines), None)
                if twin:
                    twin.versions.append(lws)
                else:
                    blocks.append(Block(name, [lws], ways, lines=lines))
        return blocks
