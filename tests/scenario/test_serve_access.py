# SPDX-License-Identifier: MIT
"""Who is served what: tokens, TLS and client certificates, names, pages of other sites, pages that are turned off, vhosts without the mount."""

import subprocess
import unittest

import certificates
import harness
import http2
import workload
from live_client import LiveSocket, ask, read_reply
from served import TOKEN, LwswsServe, RunServe
from servers import Lwsws


DATA = ("/api/report", "/api/connections", "/api/connections/1/1", "/api/findings", "/api/diagnosis", "/api/live", "/api/x")


class Strangers:
    """What is not served without a token, whoever serves."""

    def status(self, path, *headers, host=None):
        sock = workload.connect(self.at)
        named = [f"Host: {host or '127.0.0.1'}:{self.at[1]}", *headers]
        sock.sendall("\r\n".join([f"GET {self.mount}{path} HTTP/1.1", *named, "", ""]).encode())
        status = read_reply(sock).status
        sock.close()
        return status

    def socket_as(self, host, *headers):
        """The status with which a websocket is refused, None if it is not."""
        live = LiveSocket((host, self.at[1]), self.mount + "/api/live", sock=workload.connect(self.at), headers=list(headers))
        self.addCleanup(live.close)
        return live.refusal and live.refusal.status

    def test_names_that_others_can_make_are_refused(self):
        self.begin()
        self.get("/healthz")
        for path in ("/metrics", *DATA):
            self.assertEqual(self.status(path, host="evil.example"), 403, path)
        self.assertEqual(self.socket_as("evil.example", f"Origin: http://evil.example:{self.at[1]}"), 403)
        for path in ("/metrics", "/api/findings"):
            self.assertEqual(self.status(path, host="localhost"), 200, path)
        self.assertIsNone(self.socket_as("127.0.0.1", f"Origin: http://127.0.0.1:{self.at[1]}"))

    def test_a_header_that_is_too_long_to_be_read_lets_nobody_in(self):
        self.begin()
        self.get("/healthz")
        long = "evil." * 220 + "example"
        for path in ("/metrics", "/api/report", "/api/findings"):
            self.assertEqual(self.status(path, host=long), 431, path)
            self.assertEqual(self.status(path, f"Origin: http://{long}"), 431, path)
            self.assertEqual(self.status(path, "Sec-Fetch-Site: " + "cross-site" * 100), 431, path)
        self.assertEqual(self.socket_as(long, f"Origin: http://{long}:{self.at[1]}"), 431)

    def test_pages_of_other_sites_have_nothing_made(self):
        self.begin()
        own = f"http://127.0.0.1:{self.at[1]}"
        for path in DATA:
            for headers in (["Sec-Fetch-Site: cross-site"], ["sec-fetch-site: same-site"], ["Origin: http://evil.example"], ["Origin: null"],
                            [f"Origin: {own}", "Sec-Fetch-Site: cross-site"]):
                self.assertEqual(self.status(path, *headers), 403, (path, headers))
        for headers in (["Sec-Fetch-Site: same-origin"], ["Sec-Fetch-Site: none"], [f"Origin: {own}"], []):
            self.assertEqual(self.status("/api/findings", *headers), 200, headers)
        for path in ("/", "/healthz", "/metrics"):  # a link may lead there
            self.assertEqual(self.status(path, "Sec-Fetch-Site: cross-site", "Accept-Encoding: gzip"), 200, path)


class StrangersToRun(Strangers, RunServe):
    pass


class Tokens(RunServe):
    """run --serve --token-file."""

    BEARER = [f"Authorization: Bearer {TOKEN}"]

    def test_everything_but_healthz_and_the_page_wants_the_token(self):
        self.begin("--token-file", self.token_file())
        for path in ("/metrics", "/api/report", "/api/connections", "/api/connections/1/1", "/api/findings", "/api/diagnosis",
                     "/api/live", "/api/x"):
            for headers in ([], ["Authorization: Bearer wrong-" + TOKEN], ["Authorization: Bearer"], ["Authorization: Bearer "],
                            [f"Authorization: Basic {TOKEN}"], [f"Authorization: Bearer {TOKEN[:-1]}"],
                            [f"Authorization: Bearer {TOKEN}x"], ["Authorization: Bearer " + "x" * 2000]):
                reply = self.get(path, headers=headers)
                self.assertEqual((reply.status, reply.text.count("\n")), (401, 1), f"{path} {headers}: {reply}")
                self.assertEqual(reply.headers["www-authenticate"], "Bearer")
        for path in ("/metrics", "/api/report", "/api/connections", "/api/findings", "/api/diagnosis"):
            self.assertEqual(self.get(path, headers=self.BEARER).status, 200, path)
        self.assertEqual(self.get("/api/findings", headers=[f"authorization: bearer  {TOKEN}"]).status, 200)
        self.assertEqual(self.get("/healthz").status, 200)
        self.assertEqual(self.get("/", headers=["Accept-Encoding: gzip"]).status, 200)

    def test_websocket_brings_it_as_a_subprotocol_or_a_header(self):
        self.begin("--token-file", self.token_file())
        for protocols in ("wsitrace", "wsitrace, bearer.wrong-token-of-old", "wsitrace, bearer.", f"wsitrace, bearer.{TOKEN}x"):
            refusal = self.live(protocols=protocols).refusal
            self.assertEqual(refusal.status, 401, protocols)
            self.assertEqual(refusal.headers["www-authenticate"], "Bearer")
        admitted = self.live(protocols=f"wsitrace, bearer.{TOKEN}")
        self.assertEqual((admitted.refusal, admitted.protocol), (None, "wsitrace"))
        self.assertEqual(admitted.message()["type"], "hello")
        self.assertEqual(self.live(headers=self.BEARER).message()["type"], "hello")

    def test_token_file_that_is_no_good_is_said_and_nothing_is_started(self):
        for mode, text, words in ((0o644, TOKEN, "everybody may read"), (0o602, TOKEN, "everybody may read"), (0o600, "short\n", "8 to 96"),
                                  (0o600, "", "8 to 96"), (0o600, "with a blank\n", "letters, digits"), (0o600, "x" * 97, "8 to 96")):
            result = self.refused("--serve", "127.0.0.1:0", "--token-file", self.token_file(mode, text))
            self.assert_one_line(result.err, words)
        self.assert_one_line(self.refused("--serve", "127.0.0.1:0", "--token-file", self.path("none")).err, "No such file")

    def test_other_addresses_want_a_token_or_client_certificates(self):
        made = certificates.made()
        tls = ("--tls-cert", made.server[0], "--tls-key", made.server[1])
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            for options in ((), tls):
                self.assert_one_line(self.refused("--serve", address, *options).err, "others could read", "--token-file")
        self.assert_one_line(self.refused("--serve", "127.0.0.1:0", "--tls-cert", made.server[0]).err, "belong together")
        self.assert_one_line(self.refused("--serve", "127.0.0.1:0", "--tls-client-ca", made.authority).err, "there is no TLS")
        self.assert_one_line(self.refused("--serve", "127.0.0.1:0", "--tls-cert", self.path("none"), "--tls-key", made.server[1]).err,
                             "No such file")

    def refused(self, *options):
        result = self.execute([harness.WSITRACE, "run", "-o", self.path("out.wsitrace"), *options, "--", "true"])
        self.assertNotEqual(result.status, 0, result)
        return result

    def test_pages_can_be_turned_off(self):
        self.begin("--metrics-only")
        self.assertEqual([self.get(path).status for path in ("/metrics", "/healthz", "/", "/api/report", "/api/connections", "/api/diagnosis")],
                         [200, 200, 404, 404, 404, 404])
        self.assertEqual(self.live().refusal.status, 404)

    def test_page_can_be_turned_off(self):
        self.begin("--no-page")
        self.assertIn("The page is turned off", self.get("/").text)
        self.assertEqual([self.get(path).status for path in ("/metrics", "/index.html", "/api/report", "/api/connections")],
                         [200, 404, 200, 200])


class Tls(RunServe):
    """run --serve with TLS."""

    def secure(self, alpn=("http/1.1",), **options):
        return workload.secure(workload.connect(self.at), alpn=alpn, authority=certificates.made().authority, **options)

    def test_without_client_certificates_everybody_is_served(self):
        made = certificates.made()
        self.begin("--tls-cert", made.server[0], "--tls-key", made.server[1])
        self.assertIn("serving https://", self.program.err)
        self.assertEqual(self.get("/healthz", sock=self.secure()).text, "ok\n")
        live = self.live(sock=self.secure())
        self.assertEqual(live.message()["type"], "hello")

    def test_http2_serves_the_same(self):
        made = certificates.made()
        self.begin("--tls-cert", made.server[0], "--tls-key", made.server[1])
        url = f"https://localhost:{self.at[1]}"
        for path, status in (("/api/connections?class=client&vhost=%61pp", 200), ("/api/connections?class=x", 400), ("/nothing", 404),
                             ("/metrics", 200), ("/../../etc/passwd", 404)):
            result = subprocess.run(["curl", "-sS", "--path-as-is", "--http2", "--cacert", made.authority, "--resolve",
                                     f"localhost:{self.at[1]}:127.0.0.1", "-o", self.path("body"), "-w", "%{http_version} %{http_code}",
                                     url + path], capture_output=True, text=True, check=False)
            self.assertEqual(result.stdout, f"2 {status}", f"{path}: {result.stderr}")

    def test_live_is_carried_by_http2(self):
        made = certificates.made()
        self.begin("--tls-cert", made.server[0], "--tls-key", made.server[1])
        host = f"{self.at[0]}:{self.at[1]}"
        client = http2.Http2(self.secure(alpn=("h2",)))
        for stream, origin, status in ((1, "https://" + host, b"200"), (3, "https://evil.example", b"403")):
            fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":path", "/api/live"), (":scheme", "https"),
                      (":authority", host), ("sec-websocket-protocol", "wsitrace"), ("sec-websocket-version", "13"), ("origin", origin)]
            client.send(http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.block(fields)))
            client.until(lambda number=stream: http2.DATA in [kind for kind, _, _ in client.frames.get(number, [])])
            kinds = {kind: payload for kind, _, payload in client.frames[stream]}
            self.assertIn(status, kinds[http2.HEADERS])
            self.assertIn(b'"type":"hello"' if status == b"200" else b"another site", kinds[http2.DATA])

    def test_client_certificate_of_the_authority_is_the_only_way_in(self):
        made = certificates.made()
        self.begin("--tls-cert", made.server[0], "--tls-key", made.server[1], "--tls-client-ca", made.authority)
        reply = self.get("/api/findings", sock=self.secure(certificate=made.client))
        self.assertEqual(reply.status, 200)
        for certificate in (None, made.stranger):
            with self.assertRaises((OSError, workload.WorkloadError)):
                reply = self.get("/healthz", sock=self.secure(certificate=certificate))
                if reply is None:
                    raise workload.WorkloadError("closed")


class PluginOptions:
    """Options of the vhost that has the mount."""

    def test_token_file(self):
        self.begin(**{"token-file": self.token_file()})
        self.assertEqual(self.get("/api/findings").status, 401)
        self.assertEqual(self.get("/healthz").status, 200)
        self.assertEqual(self.get("/api/findings", headers=Tokens.BEARER).status, 200)
        self.assertEqual(self.live().refusal.status, 401)
        self.assertEqual(self.live(protocols=f"wsitrace, bearer.{TOKEN}").message()["type"], "hello")

    def test_token_file_that_is_no_good_lets_nobody_in(self):
        self.begin(**{"token-file": self.token_file(0o644)})
        self.assertEqual(self.get("/api/findings", headers=Tokens.BEARER).status, 401)
        self.assertEqual(self.get("/healthz").status, 200)
        self.assertEqual(workload.fetch(self.app, "/")[0], 200)
        self.server.stop()
        self.assertIn("nobody is let in", self.server.program.err)

    def test_metrics_only(self):
        self.begin(**{"metrics-only": "1"})
        self.assertEqual([self.get(path).status for path in ("/metrics", "/healthz", "/", "/api/report", "/api/connections", "/api/diagnosis")],
                         [200, 200, 404, 404, 404, 404])
        self.assertEqual(self.live().refusal.status, 404)

    def test_nobody_listens_in_through_a_vhost_without_the_mount(self):
        self.begin()
        self.get("/healthz")
        for path in ("/api/live", "/wsitrace/api/live", "/"):
            self.assertEqual(LiveSocket(self.app, path).refusal.status, 404, path)
        self.assertEqual(LiveSocket(self.at, "/api/live").refusal.status, 404)
        self.assertIsNone(self.live().refusal)

    def test_http2_below_a_tls_vhost(self):
        made = certificates.made()
        self.server = Lwsws(self, self.LWS, observer_tls=made.server)
        address = self.server.observer
        for path, status in (("/wsitrace/api/connections?vhost=%61pp", 200), ("/wsitrace/api/connections?sort=x", 400),
                             ("/wsitrace/metrics", 200)):
            result = subprocess.run(["curl", "-sS", "--http2", "--insecure", "-o", self.path("body"), "-w", "%{http_version} %{http_code}",
                                     f"https://127.0.0.1:{address[1]}{path}"], capture_output=True, text=True, check=False)
            self.assertEqual(result.stdout, f"2 {status}", f"{path}: {result.stderr}")
        sock = workload.secure(workload.connect(address), alpn=("http/1.1",))
        self.assertEqual(LiveSocket(address, "/wsitrace/api/live", sock=sock).message()["type"], "hello")


    def test_names_that_are_the_servers_own(self):
        self.begin(hosts="a.example, b.example")
        self.get("/healthz")
        for host, status in (("a.example", 200), ("B.Example", 200), ("localhost", 200), ("c.example", 403)):
            self.assertEqual(self.status("/api/findings", host=host), status, host)
        self.assertIsNone(self.socket_as("b.example", f"Origin: http://b.example:{self.at[1]}"))

    def test_with_a_token_any_name_will_do(self):
        self.begin(**{"token-file": self.token_file()})
        self.assertEqual(self.status("/api/findings", *Tokens.BEARER, host="any.example"), 200)


class PluginOptions416(PluginOptions, Strangers, LwswsServe):
    LWS = "4.1.6"


class PluginOptions435(PluginOptions, Strangers, LwswsServe):
    LWS = "4.3.5"


if __name__ == "__main__":
    unittest.main()
