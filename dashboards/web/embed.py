#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes files as the table that agent/serve/page_assets.h declares.

What gets smaller by it is kept compressed. The same input gives the same bytes.
"""

import argparse
import gzip
import os

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

TABLE = """// Made by dashboards/web/embed.py.
#include "agent/serve/page_assets.h"

namespace wsitrace {{
namespace {{

{arrays}

constexpr Asset kAssets[] = {{
{rows}
}};

}}  // namespace

std::span<const Asset> page_assets() {{ return kAssets; }}

}}  // namespace wsitrace
"""


def asset(directory, path):
    """(path, content type, whether it is compressed, bytes) of one file."""
    extension = os.path.splitext(path)[1]
    if extension not in TYPES:
        raise SystemExit(f"embed.py: {path}: no content type is known for it")
    with open(os.path.join(directory, path), "rb") as file:
        plain = file.read()
    small = gzip.compress(plain, 9, mtime=0)
    compressed = extension != ".html" and len(small) < len(plain)
    return path, TYPES[extension], compressed, small if compressed else plain


def array(index, data):
    rows = [f"    {','.join(map(str, data[at:at + 32]))}," for at in range(0, len(data), 32)]
    return "\n".join([f"constexpr unsigned char kBytes{index}[] = {{", *rows, "};"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", help="the site's root; all files below it are embedded")
    parser.add_argument("output", help="the C++ source to write")
    args = parser.parse_args()
    paths = sorted(os.path.relpath(os.path.join(parent, name), args.directory)
                   for parent, _, names in os.walk(args.directory) for name in names)
    assets = [asset(args.directory, path) for path in paths]
    arrays = "\n\n".join(array(index, data) for index, (*_, data) in enumerate(assets))
    rows = "\n".join(f'    {{"{path}", "{kind}", kBytes{index}, {str(compressed).lower()}}},'
                     for index, (path, kind, compressed, _) in enumerate(assets))
    with open(args.output, "w", encoding="utf-8") as file:
        file.write(TABLE.format(arrays=arrays, rows=rows))


if __name__ == "__main__":
    main()
