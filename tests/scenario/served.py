# SPDX-License-Identifier: MIT
"""Traced servers and what wsitrace serves of them, for the tests of that."""

import os
import re
import urllib.parse

import harness
from live_client import LiveSocket, ask
from servers import Lwsws

TOKEN = "0123456789abcdef-token"


class Served(harness.Scenario):
    """A traced server and where what wsitrace says of it is to be had: `app`, `at` and the mountpoint `mount`."""

    mount = ""
    vhost = "app"

    def get(self, path, **options):
        return ask(self.at, self.mount + path, **options)

    def live(self, **options):
        live = LiveSocket(self.at, self.mount + "/api/live", **options)
        self.addCleanup(live.close)
        return live

    def token_file(self, mode=0o600, text=TOKEN + "\n"):
        path = self.path("token")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def clients(self, **wanted):
        query = urllib.parse.urlencode({"class": "client", "vhost": self.vhost, **wanted})
        return self.get(f"/api/connections?{query}").json

    def settled(self, count, **wanted):
        """The answer once COUNT clients are known that fit."""
        def look():
            answer = self.clients(**wanted)
            return answer if answer["total"] == count else None
        return harness.until(look, f"{count} clients with {wanted}")


def serving(program):
    """Where `run --serve` listens."""
    found = harness.until(lambda: re.search(r"serving https?://127\.0\.0\.1:(\d+)", program.err), "the address")
    return ("127.0.0.1", int(found.group(1)))


class RunServe(Served):
    def begin(self, *options, lws=""):
        self.program = self.start([harness.WSITRACE, "run", "-v", "-o", self.path("out.wsitrace"), "--serve", "127.0.0.1:0",
                                   *options, "--", *self.host(lws=lws)])
        self.app = self.program.address()
        self.at = serving(self.program)


class LwswsServe(Served):
    LWS = ""
    mount = "/wsitrace"

    def begin(self, **pvo):
        self.server = Lwsws(self, self.LWS, observer_pvo=pvo)
        self.app, self.at = self.server.app, self.server.observer
        self.knocks = 1
