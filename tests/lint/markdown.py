# SPDX-License-Identifier: MIT
"""What the checks on documents need of Markdown: links, the anchors that headings have, and fenced code."""
import re

FENCE = re.compile(r"^```([\w+-]*)[^\n]*\n(.*?)^```\s*$", re.MULTILINE | re.DOTALL)


def fences(text):
    """(language, code) of each fenced block, in order."""
    return [(match.group(1), match.group(2)) for match in FENCE.finditer(text)]


def prose(text):
    """TEXT without its fenced blocks and code spans."""
    return re.sub(r"`[^`\n]*`", "`code`", FENCE.sub("", text))


def links(text):
    """(path, anchor) of each link and picture that leads to a file; either may be empty."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if "://" not in target and not target.startswith("mailto:"):
            path, _, anchor = target.partition("#")
            yield path, anchor


def anchors(text):
    """The anchors of TEXT's headings, made as GitHub makes them: "The two files" is #the-two-files, a second one gets -1."""
    seen, found = {}, set()
    for heading in re.findall(r"^#{1,6} +(.*?) *#* *$", FENCE.sub("", text), re.MULTILINE):
        heading = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        nth = seen[slug] = seen.get(slug, -1) + 1
        found.add(f"{slug}-{nth}" if nth else slug)
    return found
