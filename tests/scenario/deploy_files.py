# SPDX-License-Identifier: MIT
"""The files of deploy/, read."""

import json
import os
import re
import subprocess

import harness

DEPLOY = os.path.join(harness.ROOT, "deploy")
INSTALLED = "/usr/local/bin/wsitrace"
# python3-yaml is a package of the system's python, which need not be the one that runs this.
READ_YAML = """
import json, sys, yaml
class Strict(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key) for key, _ in node.value]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(None, None, "a key twice", node.start_mark)
        return super().construct_mapping(node, deep)
print(json.dumps(yaml.load(open(sys.argv[1]), Strict)))
"""


def read_yaml(*parts):
    path = os.path.join(DEPLOY, *parts)
    return json.loads(subprocess.run(["/usr/bin/python3", "-c", READ_YAML, path], capture_output=True, check=True).stdout)


def settings(path, key):
    """All values of KEY in a unit file, lines that go on joined."""
    with open(path, encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)
