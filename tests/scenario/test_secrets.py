# SPDX-License-Identifier: MIT
"""What is never recorded: credentials, queries and fragments of URLs, wherever a program meets one, and secrets among its arguments.
200 URLs go through real programs four ways: where a redirect leads, what a client asks for, what a server is asked for, and as
arguments. No secret in them is in a ring, a trace, a log, or anything that wsitrace says or serves."""

import os
import socket

import harness
from peers import Peer, answer, drain, read_request
from served import RunServe

SECRET = b"Xq7Zk9Vw"
HEADS = ("http://127.0.0.1:{port}/p", "http://u:{s}@127.0.0.1:{port}/p", "HTTP://{s}@127.0.0.1:{port}/p", "//127.0.0.1:{port}/p",
         "//u:{s}@127.0.0.1:{port}/p", "//{s}@127.0.0.1:{port}/p", "https://u:{s}@127.0.0.1:{port}/p", "ws://u:{s}@127.0.0.1:{port}/p",
         "wss://127.0.0.1:{port}/p", "/p", "p", "../p", "http:\\\\u:{s}@127.0.0.1:{port}/p", "/to/http://u:{s}@127.0.0.1/p",
         "/to/u:{s}@127.0.0.1/p", "http://u%3A{s}%40127.0.0.1:{port}/p", "http://u:{s}/x@127.0.0.1/p", "",
         "/to/http%3A%2F%2Fu%3A{s}%40127.0.0.1%2Fp", "http://u:{s}@[::1]:{port}/p")
TAILS = ("?next={s}", "?a=1&token={s}", "#{s}", ";jsessionid={s}", "%3Fnext%3D{s}", "%253Fnext={s}", "%23{s}",
         "?next=http://u:{s}@127.0.0.1/x#{s}", "?u=//u:{s}@127.0.0.1/", "/http%3A%2F%2Fu%3A{s}%40127.0.0.1%2F")
ARGUMENTS = ("--password={s}", "--db-pass={s}", "--apiKey={s}", "-Dapp.password={s}", "DB_PASSWORD={s}", "--token", "{s}", "--psk", "{s}",
             "-p", "{s}", "-p{s}", "-u", "u:{s}", "--user=u:{s}", "-H", "Authorization: Bearer {s}", "set", "secret", "{s}",
             "{{\"password\": \"{s}\"}}", "u:{s}@127.0.0.1", "host=h password={s}", "--cookie", "a={s}", "--path=/ws?{s}")
URLS_A_RUN = 29
BYTES_A_RUN = 600  # of arguments; a ring holds 1,024
FORMATS = ("text", "json", "ndjson", "perfetto", "chrome")
PAGES = ("/api/report", "/api/connections?limit=1000", "/api/diagnosis", "/metrics", "/healthz", "/")


def urls(port):
    return [(head + tail).format(s=SECRET.decode(), port=port) for head in HEADS for tail in TAILS]


def portions(texts):
    """TEXTS as lists of at most BYTES_A_RUN bytes."""
    lists = [[]]
    for text in texts:
        if sum(len(each) + 1 for each in lists[-1]) + len(text) > BYTES_A_RUN:
            lists.append([])
        lists[-1].append(text)
    return lists


def written_in(path):
    """The bytes of a file that are no hole."""
    data = b""
    with open(path, "rb") as file:
        size, at = os.fstat(file.fileno()).st_size, 0
        while at < size:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # nothing but a hole follows
                break
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)
            data += os.pread(file.fileno(), end - at, at)
            at = end
    return data


class Secrets(harness.Scenario):
    def assert_untold(self, told, where):
        at = told.find(SECRET)
        self.assertEqual(at, -1, f"{where}: {told[max(0, at - 120):at + 40]!r}")

    def assert_trace_untold(self, name):
        self.assert_untold(written_in(self.path(name)), name)
        for form in FORMATS:
            result = self.wsitrace("report", "--format", form, self.path(name))
            self.assert_untold((result.out + result.err).encode(), form)
        for command in (("report", "--events"), ("explain", "--verbose"), ("check",)):
            result = self.wsitrace(*command, self.path(name))
            self.assert_untold((result.out + result.err).encode(), command[0])

    def run_and_look(self, *command):
        """Runs COMMAND traced; what it was asked for, of all connections."""
        result = self.traced(command, "-v").wait()
        self.assert_untold(result.err.encode(), "stderr")
        self.assert_trace_untold("out.wsitrace")
        return self.report()

    def redirecting(self):
        """A peer that answers a request for /N with a redirect to the Nth of urls()."""
        asked = []

        def redirect(sock):
            if sock.recv(1, socket.MSG_PEEK) == b"\x16":  # TLS, to which some of them lead: there is none
                return
            head, _, _ = read_request(sock)
            path = head.split()[1]
            asked.append(path)
            number = path.removeprefix("/redirect/")
            if number.isdigit():
                answer(sock, "302 Found", b"", "Location: " + urls(peer.port)[int(number)], "Connection: close")
            else:
                answer(sock, "200 OK", b"hello", "Connection: close")
            drain(sock)
        peer = Peer(redirect)
        self.addCleanup(peer.close)
        return peer, asked

    def test_where_a_redirect_leads(self):
        peer, asked = self.redirecting()
        count = len(urls(0))
        self.assertEqual(count, 200)
        left = list(range(count))
        for _ in range(20):  # a redirect may take along what lws had queued behind it: such a request is made again
            wanted = [f"http://127.0.0.1:{peer.port}/redirect/{n}" for n in left[:URLS_A_RUN]]
            trace = self.run_and_look(*self.host("client_host", "--leave-open", "--limit", harness.PATIENCE_S, "--one-by-one", *wanted,
                                                 files=False))
            self.assertGreater(len(trace.transactions()), 0)
            left = [n for n in left if f"/redirect/{n}" not in asked]
            if not left:
                break
        self.assertEqual(left, [], "not asked for")
        self.assertTrue(any(SECRET.decode() in path for path in asked), "lws follows some of them")

    def test_what_a_client_asks_for(self):
        peer, asked = self.redirecting()
        wanted = [f"http://127.0.0.1:{peer.port}/p{n}{tail.format(s=SECRET.decode())}" for n, tail in enumerate(TAILS)]
        trace = self.run_and_look(*self.host("client_host", "--leave-open", "--limit", harness.PATIENCE_S, "--one-by-one", *wanted, files=False))
        self.assertEqual(len({t["path"] for t in trace.transactions()}), len(TAILS))
        self.assertTrue(any(SECRET.decode() in path for path in asked))

    def test_arguments(self):
        host = self.host("cycles_host", "1", "1", files=False)
        flags = [each.format(s=SECRET.decode()) for each in ARGUMENTS]
        known = [url for url in urls(80) if url[0] not in "#%"]  # such an argument is no URL: "#channel"
        for arguments in [*portions(known), flags]:
            told = self.run_and_look(*host, *arguments).process["argv"]
            self.assertEqual(len(told), len(host) + len(arguments), told)
            self.assertEqual(told[:3], host)

    def test_arguments_of_a_program_that_uses_no_lws(self):
        flags = [each.format(s=SECRET.decode()) for each in ARGUMENTS]
        told = self.run_and_look(*self.host("no_lws", files=False), *flags).process["argv"]
        self.assertEqual(len(told), 1 + len(flags))

    def test_no_arguments_at_all(self):
        for host in ("cycles_host", "no_lws"):
            self.traced([*self.host(host, "1", "1", files=False), "whatever"], "--no-args").wait()
            self.assertEqual(self.report().process["argv"], [])
            self.assertNotIn(b"whatever", written_in(self.path("out.wsitrace")))

    def test_arguments_that_the_agent_is_not_to_record(self):
        agent = self.start([harness.WSITRACE, "agent", "--dir", self.directory, "--traces", self.directory, "--no-args"])
        ring = self.path("agent.ring")
        harness.until(lambda: os.path.exists(self.path("agent.info")), "the agent, which says where it is once its ring is whole")
        library = os.path.join(harness.BUILD, "lib", "libwsitrace_preload.so")
        preload = ":".join(filter(None, (harness.SANITIZER, library)))
        self.execute([*self.host("cycles_host", "1", "1", files=False), "whatever"], env={"LD_PRELOAD": preload, "WSITRACE_RING": ring})
        harness.until(self.traces, "its trace")
        agent.stop()
        self.assertNotIn(b"whatever", b"".join(written_in(self.path(name)) for name in self.traces()))


class Served(RunServe):
    """What a server is asked for, and what is served of that."""

    def ask_for(self, target):
        with socket.create_connection(self.app) as sock:
            sock.sendall(f"GET {target} HTTP/1.1\r\nHost: u:{SECRET.decode()}@h\r\nCookie: {SECRET.decode()}\r\nConnection: close\r\n\r\n".encode())
            drain(sock)

    def test_what_a_server_is_asked_for(self):
        self.begin()
        for target in urls(80):
            self.ask_for(target or "*")
        for page in PAGES:
            told = self.get(page).body
            self.assertEqual(told.find(SECRET), -1, (page, told[max(0, told.find(SECRET) - 120):][:200]))
        self.assertIn(b'"path":"/p', self.get("/api/report").body)
        shared = [f"/dev/shm/wsitrace-{os.getuid()}/{name}" for name in os.listdir(f"/dev/shm/wsitrace-{os.getuid()}")
                  if f".{self.program.pid}" in name and name.endswith(".ring")]
        for ring in shared:
            self.assertEqual(written_in(ring).find(SECRET), -1, ring)
        self.program.stop()
        self.assertEqual(written_in(self.path("out.wsitrace")).find(SECRET), -1)
        self.assertNotIn(SECRET.decode(), self.program.err)
