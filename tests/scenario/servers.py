# SPDX-License-Identifier: MIT
"""Real servers for the scenario tests: lwsws with its plugins, and janus with its websocket transport."""

import json
import os
import signal

import harness
import workload


class Lwsws:
    """lwsws with two vhosts, both observed: "app" carries the workload (files, websocket protocol lws-mirror-protocol), "observer"
    the mount of the wsitrace plugin, so that looking at "app" does not change what is seen there.

    lwsws is two processes: the root reads the configuration and forks the server, which drops its privileges.
    """

    PROTOCOL = "lws-mirror-protocol"  # an echo for who is alone: it sends to everybody what one has sent

    STOCK = ("dumb-increment-protocol", "lws-status", "protocol-post-demo", "client-loopback-test", "protocol-lws-raw-test",
             "lws-sshd-demo", "lws-raw-proxy", "lws-deaddrop", "lws-server-status")

    def __init__(self, test, lws, plugin=True, pvo=None, user=None, tls=None, observer_pvo=None, observer_tls=None, stock=False,
                 run=None, prefix=None, mounts=(), first_vhost=None):
        """PVO: options of the plugin on "app", OBSERVER_PVO: on "observer"; TLS and OBSERVER_TLS: (certificate, key). STOCK: with
        all plugins of its own as well, on "app". RUN: starts a command, as test.start does. PREFIX: of another build of that lws.
        MOUNTS: further ones of "app". FIRST_VHOST: the name of one more, before the others, without the plugin."""
        self.test, self.lws, self.stock, self.mounts, self.first_vhost = test, lws, stock, mounts, first_vhost
        self.prefix = prefix or harness.LWS[lws]
        self.directory = test.path("lwsws")
        os.makedirs(os.path.join(self.directory, "conf.d"))
        self.app = ("127.0.0.1", harness.free_port())
        self.observer = ("127.0.0.1", harness.free_port())
        self.observer_tls = observer_tls
        self._configure(plugin, pvo or {}, user, tls, observer_pvo or {})
        self.program = (run or test.start)([os.path.join(self.prefix, "bin", "lwsws"), "-n", "-c", self.directory, "-d", "3"],
                                  env=harness.RUNTIME)
        try:
            for address in (self.app, self.observer):
                harness.until(lambda at=address: self._answers(at), "lwsws to listen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.program.err}") from None

    def _configure(self, plugin, pvo, user, tls, observer_pvo):
        with open(os.path.join(self.directory, "conf"), "w", encoding="utf-8") as conf:
            conf.write(self._global(plugin, user))
        app = {"name": "app", "port": str(self.app[1]), "interface": "127.0.0.1", "noipv6": "1",
               "mounts": [{"mountpoint": "/", "origin": f"file://{self.test.files}", "default": "index.html"}, *self.mounts],
               "ws-protocols": [{self.PROTOCOL: {"status": "ok"}}]}
        observer = {"name": "observer", "port": str(self.observer[1]), "interface": "127.0.0.1", "noipv6": "1",
                    "mounts": [{"mountpoint": "/", "origin": f"file://{self.test.files}", "default": "index.html"}]}
        if self.stock:
            self._add_stock(app)
        if tls:
            app.update({"host-ssl-cert": tls[0], "host-ssl-key": tls[1], "alpn": "h2,http/1.1"})
        if self.observer_tls:
            observer.update({"host-ssl-cert": self.observer_tls[0], "host-ssl-key": self.observer_tls[1],
                             "alpn": "h2,http/1.1"})
        if plugin:
            app["ws-protocols"].append({"wsitrace": {"status": "ok", **pvo}})
            observer["ws-protocols"] = [{"wsitrace": {"status": "ok", **observer_pvo}}]
            observer["mounts"].append({"mountpoint": "/wsitrace", "origin": "callback://wsitrace"})
        with open(os.path.join(self.directory, "conf.d", "vhosts"), "w", encoding="utf-8") as conf:
            json.dump({"vhosts": [*self._first_vhost(), app, observer]}, conf)

    def _first_vhost(self):
        return [{"name": self.first_vhost, "port": str(harness.free_port()), "interface": "127.0.0.1", "noipv6": "1",
                 "mounts": [{"mountpoint": "/", "origin": f"file://{self.test.files}"}]}] if self.first_vhost else []

    def _add_stock(self, app):
        uploads = self.test.path("uploads")
        os.makedirs(uploads)
        options = {"lws-deaddrop": {"upload-dir": uploads},
                   "lws-raw-proxy": {"onward": f"ipv4:127.0.0.1:{self.observer[1]}"},
                   "protocol-lws-raw-test": {"fifo-path": self.test.path("fifo")}}
        app["ws-protocols"] += [{name: {"status": "ok", **options.get(name, {})}} for name in self.STOCK]
        app["mounts"] += [{"mountpoint": "/post", "origin": "callback://protocol-post-demo"},
                          {"mountpoint": "/loop", "origin": "callback://client-loopback-test"},
                          {"mountpoint": "/drop", "origin": "callback://lws-deaddrop"}]

    def _global(self, plugin, user):
        """lwsws allows a key more than once here, which a dictionary does not."""
        directories = [os.path.join(self.prefix, "share", "libwebsockets-test-server", "plugins")]
        if plugin:
            directories.append(harness.plugin_dir(self.lws))
        # Only the plugins that are asked for: some of the others take threads or files of their own.
        chosen = self.test.path("plugins")
        os.makedirs(chosen)
        wanted = ("libprotocol_lws_mirror.so", "libprotocol_wsitrace.so")
        for directory in directories:
            for name in os.listdir(directory):
                if name.startswith("libprotocol_") and (self.stock or name in wanted):
                    os.symlink(os.path.join(directory, name), os.path.join(chosen, name))
        uid, gid = user or (os.getuid(), os.getgid())
        return json.dumps({"global": {"uid": str(uid), "gid": str(gid), "plugin-dir": chosen, "init-ssl": "yes"}})

    @staticmethod
    def _answers(address):
        try:
            workload.connect(address).close()
            return True
        except OSError:
            return False

    @property
    def server_pid(self):
        return harness.child_of(self.root_pid)

    @property
    def root_pid(self):
        """The program itself, or what `wsitrace run` has started."""
        launched = os.path.basename(self.program.arguments[0]) == "wsitrace"
        return harness.child_of(self.program.pid) if launched else self.program.pid

    def get(self, path):
        """What the plugin's mount answers."""
        status, body = workload.fetch(self.observer, "/wsitrace" + path)
        self.test.assertEqual(status, 200, f"{path}: {body[:200]!r}")
        return body.decode()

    def stop(self):
        """SIGINT to both, as Ctrl-C does: the server destroys its context. (The root alone would have it killed by SIGTERM.) With its
        first CGI, the server has left the group."""
        server = self.server_pid
        if os.getpgid(server) != self.program.pid:
            os.kill(server, signal.SIGINT)
        os.killpg(self.program.pid, signal.SIGINT)
        result = self.program.wait()
        harness.until(lambda: harness.has_ended(server), "the server process to end")
        return result


class Janus:
    """janus with nothing but its websocket transport."""

    PROTOCOL = "janus-protocol"

    def __init__(self, test, traced=True, trace="janus.wsitrace"):
        self.directory = test.path("janus")
        os.makedirs(os.path.join(self.directory, "none"))
        self.address = ("127.0.0.1", harness.free_port())
        self._write("janus.jcfg", f"""
general: {{
  configs_folder = "{self.directory}"
  plugins_folder = "{self.directory}/none"
  loggers_folder = "{self.directory}/none"
  events_folder = "{self.directory}/none"
  transports_folder = "/usr/lib/x86_64-linux-gnu/janus/transports"
  debug_level = 2
  admin_secret = "none"
}}
nat: {{ ice_lite = true }}
transports: {{ disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so" }}
""")
        self._write("janus.transport.websockets.jcfg", f"""
general: {{ json = "compact" ws = true ws_port = {self.address[1]} ws_ip = "127.0.0.1" wss = false }}
admin: {{ admin_ws = false }}
""")
        command = ["janus", "-F", self.directory, "-N"]
        self.program = test.traced(command, trace=trace) if traced else test.start(command)
        try:
            harness.until(lambda: Lwsws._answers(self.address), "janus to listen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.program.out}\n{self.program.err}") from None

    def _write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def session(self, messages):
        """One websocket session: MESSAGES answered requests, then close 1000."""
        client = workload.WebSocket(self.address, self.PROTOCOL)
        for number in range(messages):
            client.send(json.dumps({"janus": "ping", "transaction": str(number)}).encode())
            while True:
                opcode, payload = client.receive()
                if opcode == 1:
                    break
            answer = json.loads(payload)
            if answer["janus"] != "pong" or answer["transaction"] != str(number):
                raise workload.WorkloadError(f"janus said {answer}")
        client.close()

    def stop(self):
        return self.program.stop(signal.SIGINT)
