#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What documents.py must not let pass, on small documents."""
import pathlib
import tempfile
import unittest

import documents
import markdown

PAGE = """# The page
## Two words, and `code`
## Again
## Again
```
# not a heading [link](nowhere.md)
```
Here is `[code](nowhere.md)`.
"""


class Links(unittest.TestCase):
    def problems(self, text):
        with tempfile.TemporaryDirectory() as directory:
            page = pathlib.Path(directory) / "page.md"
            page.write_text(PAGE)
            return list(documents.links(page.with_name("other.md"), text)) + list(documents.links(page, PAGE))

    def test_links_to_what_is_there_pass(self):
        for target in ("page.md", "page.md#the-page", "page.md#two-words-and-code", "page.md#again-1", "https://nowhere.example/#x"):
            with self.subTest(target=target):
                self.assertEqual(self.problems(f"[x]({target})"), [])

    def test_links_to_what_is_not_there_are_found(self):
        for target in ("nowhere.md", "page.md#again-2", "page.md#not-a-heading", "../page.md", "page.md#The-page"):
            with self.subTest(target=target):
                self.assertEqual(len(self.problems(f"[x]({target})")), 1)

    def test_pictures_count_as_links(self):
        self.assertEqual(len(self.problems("![x](nowhere.png)")), 1)


class Fences(unittest.TestCase):
    def test_language_and_code_are_told_apart(self):
        self.assertEqual(markdown.fences("a\n```console\n$ x\ny\n```\n```\nz\n```\n"), [("console", "$ x\ny\n"), ("", "z\n")])


class ToldAndThere(unittest.TestCase):
    def test_both_directions_are_found(self):
        self.assertEqual(len(list(documents.told_and_there("page", "thing", {"a", "b"}, {"b", "c"}))), 2)
        self.assertEqual(list(documents.told_and_there("page", "thing", {"b"}, {"b"})), [])

    def test_sources_in_which_nothing_is_found_are_a_problem(self):
        self.assertEqual(len(list(documents.told_and_there("page", "thing", set(), set()))), 1)


if __name__ == "__main__":
    unittest.main()
