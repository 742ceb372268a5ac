# SPDX-License-Identifier: MIT
"""`explain`, `report`, `check` and `diff` read what a live wsitrace serves, by its URL, as they read its trace."""

import json
import socket
import threading
import unittest

import certificates
import harness
from agents import Agent, AgentScenario, Host
from served import LwswsServe, RunServe, Served
from servers import Lwsws
from test_served_diagnosis import counts, refuse


class ByUrl(Served):
    def url(self, pid="", at=None):
        host, port = at or self.at
        return f"http://{host}:{port}{self.mount}" + (f"/{pid}" if pid else "")

    def explained(self, url, *options):
        result = self.wsitrace("explain", url, "--format", "json", *options)
        self.assertEqual((result.status, result.err), (0, ""), result)
        return json.loads(result.out)

    def await_counts(self, url, wanted, *options):
        def found():
            document = self.explained(url, *options)
            return document if counts(document) == wanted else None
        return harness.until(found, f"the diagnoses {wanted} at {url}")

    def assert_refused(self, url, *words, options=(), command="explain"):
        result = self.wsitrace(command, url, *options)
        self.assertEqual((result.status, result.out, result.err.count("\n")), (2, "", 1), result)
        self.assertIn(f"wsitrace: {url}: ", result.err)
        for word in words:
            self.assertIn(word, result.err)


class OfRun(ByUrl, RunServe):
    def test_each_command_says_what_it_says_of_the_trace(self):
        self.begin()
        refuse(self.app, 3)
        self.await_counts(self.url(), {"request_refused": 3})
        trace = self.path("out.wsitrace")
        for command in (["explain"], ["explain", "--verbose"], ["explain", "--conn", "2"], ["report"], ["report", "--format", "ndjson"],
                        ["report", "--events"], ["check", "--settle", "0"], ["check", "--settle", "0", "--format", "json"]):
            of_url = self.wsitrace(command[0], self.url(), *command[1:])
            of_file = self.wsitrace(command[0], trace, *command[1:])
            self.assertEqual((of_url.status, of_url.err), (of_file.status, of_file.err), command)
            self.assertEqual(of_url.out.replace(self.url(), trace), of_file.out, command)
            self.assertNotIn("/proc/", of_url.out)
        compared = self.wsitrace("diff", trace, self.url())
        self.assertEqual((compared.status, compared.err), (0, ""), compared)
        pid = json.loads(self.wsitrace("report", trace, "--format", "json").out)["process"]["pid"]
        self.assertEqual(counts(self.explained(self.url(pid))), {"request_refused": 3})
        self.assert_refused(self.url(1), "process 1 is not recorded here", f"there are {pid}")

    def test_check_waits_for_no_copy_to_end(self):
        self.begin()
        result = self.wsitrace("check", self.url(), "--settle", "3600")
        self.assertEqual((result.status, result.err), (3, ""), result)

    def test_server_that_wants_tls_and_a_token(self):
        made = certificates.made()
        self.begin("--token-file", self.token_file(), "--tls-cert", made.server[0], "--tls-key", made.server[1], "--tls-client-ca",
                   made.authority)
        refuse(self.app, 3)
        url = f"https://localhost:{self.at[1]}"
        own = ["--tls-cert", made.client[0], "--tls-key", made.client[1]]
        trusted = ["--tls-ca", made.authority, *own]
        self.assert_refused(url, "certificate", options=own)
        self.assert_refused(url, options=["--tls-ca", made.authority])
        self.assert_refused(url, "wants a token (--token-file FILE)", options=trusted)
        self.await_counts(url, {"request_refused": 3}, *trusted, "--token-file", self.token_file())
        wrong = self.path("wrong")
        with open(wrong, "w", encoding="utf-8") as file:
            file.write("wrong-0123456789abcdef\n")
        self.assert_refused(url, "wants a token", options=[*trusted, "--token-file", wrong])

    def test_metrics_only_serves_no_trace(self):
        self.begin("--metrics-only")
        self.assert_refused(self.url(), "no such page")


class OfPlugin:
    def test_it_is_read_below_the_mount(self):
        self.server = Lwsws(self, self.LWS, pvo={"trace": self.path("out.wsitrace")})
        self.app, self.at = self.server.app, self.server.observer
        refuse(self.app, 5)
        self.await_counts(self.url(), {"request_refused": 5})
        self.await_counts(self.url() + "/", {"request_refused": 5})

    def test_without_a_trace_it_says_what_to_switch_on(self):
        self.begin()
        self.assert_refused(self.url(), "none is written", "plugin's option trace")


class OfPlugin416(OfPlugin, ByUrl, LwswsServe):
    LWS = "4.1.6"


class OfPlugin435(OfPlugin, ByUrl, LwswsServe):
    LWS = "4.3.5"


class OfAgent(ByUrl, AgentScenario):
    def test_a_process_is_named_by_its_pid(self):
        self.agent = Agent(self)
        hosts = {3: Host(self, self.agent, "alpha"), 5: Host(self, self.agent, "beta")}
        for times, host in hosts.items():
            refuse(host.address, times)
        at = self.agent.address
        for times, host in hosts.items():
            self.await_counts(self.url(host.program.pid, at=at), {"request_refused": times})
        self.assert_refused(self.url(at=at), "several processes", *(str(host.program.pid) for host in hosts.values()))
        hosts[5].end(crash=False)
        self.agent.await_total(1, "wsitrace_agent_processes_ended_total")
        self.await_counts(self.url(hosts[5].program.pid, at=at), {"request_refused": 5})

    def test_agent_without_traces_says_what_to_switch_on(self):
        self.agent = Agent(self, traces=False)
        self.assert_refused(self.url(at=self.agent.address), "keeps no traces", "--traces DIR")


class Strangers(ByUrl):
    """Whatever is at a URL: one line, status 2."""

    def serve(self, answer):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def run():
            peer, _ = listener.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(answer)
        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_answers_that_are_no_trace(self):
        head = b"HTTP/1.1 %s\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n%s"

        def answer(status, body, more=b""):
            return head % (status, more, len(body), body)
        for sent, word in ((b"", "Server returned nothing"), (b"\x16\x03\x01", "Unsupported protocol"),
                           (b"SSH-2.0-OpenSSH_9.2\r\n", "Unsupported protocol"),
                           (answer(b"404 No", b"<html>\n<h1>lost</h1>"), "no wsitrace serves traces there"),
                           (answer(b"503 Busy", b"wait \x1b[31ma while\nmore"), r"wait \x1b[31ma while"),
                           (answer(b"302 Found", b"", b"Location: http://127.0.0.1:1/\r\n"), "status 302"),
                           (answer(b"500 Oh", b"<html>"), "status 500")):
            self.assert_refused(self.serve(sent), word)
        for body, word in ((b"", "empty"), (b"{}", "not a file of wsitrace"), (b"WSITRACE" * 99, "not a file of wsitrace")):
            result = self.wsitrace("explain", self.serve(answer(b"200 OK", body)))
            self.assertEqual((result.status, result.err.count("\n")), (2, 1), result)
            self.assertIn(word, result.err)
        half = head % (b"200 OK", b"", 4711, b"half of it")
        self.assert_refused(self.serve(half), "artial file")

    def test_urls_that_name_nobody(self):
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        self.assert_refused(f"http://127.0.0.1:{port}/7", "connect")
        for url in ("http://", "http://127.0.0.1:99999", "http://user:word@127.0.0.1:1/", "http://127.0.0.1:1/?x=y"):
            self.assert_refused(url, "URL")
        for command in ("report", "check"):
            self.assert_refused(f"http://127.0.0.1:{port}/7", "connect", command=command)

    def test_token_file_that_is_not_there(self):
        result = self.wsitrace("explain", "http://127.0.0.1:1", "--token-file", self.path("nowhere"))
        self.assertEqual((result.status, result.err.count("\n")), (2, 1), result)
        self.assertIn("no token in its first line", result.err)


if __name__ == "__main__":
    unittest.main()
