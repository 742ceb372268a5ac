#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a fresh checkout to timelines: installs what is missing, builds, and traces a real server, or the program you name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."

usage() {
  cat <<'HELP'
usage: deploy/quickstart.sh [--once] [--build DIR]
       deploy/quickstart.sh [--build DIR] -- PROGRAM [ARG...]

Installs what is missing (deploy/bootstrap.sh) and builds what it needs; five minutes on two cores of a bare Debian 12.
Without a program: starts lwsws 4.3.5 with the wsitrace plugin on free ports of 127.0.0.1, sends it real traffic (keep-alive,
pipelined, h2, websocket), prints the timelines, the verdict and the URLs, and stays up until Ctrl-C.
With a program: runs it under `wsitrace run` and prints its timelines when it has ended; Ctrl-C reaches it as ever.

  --once       end after printing
  --build DIR  use this finished build; install and build nothing

The build is build/release. Everything else lies in a directory under TMPDIR that is removed at the end; the trace of a
program stays in the current directory of the caller.

examples:
  deploy/quickstart.sh
  deploy/quickstart.sh --once
  deploy/quickstart.sh -- janus -F /etc/janus
HELP
}

fail() { echo "wsitrace: quickstart: $1 ($2)" >&2; exit 2; }
say() { echo "[$(elapsed)] quickstart: $*"; }
# shellcheck source=deploy/steps.sh
. deploy/steps.sh

caller_directory=$OLDPWD
once=0 build='' program=()
while [ $# -gt 0 ]; do
  case $1 in
    --once) once=1 ;;
    --build) [ $# -ge 2 ] || fail "--build: no directory" "try --build build/release"; build=$2; shift ;;
    --) shift; [ $# -gt 0 ] || fail "--: no program" "see --help"; program=("$@"); break ;;
    -h|--help) usage; exit 0 ;;
    *) fail "$1: unknown option" "see --help" ;;
  esac
  shift
done

# Only what it runs: the tree's whole build takes longer.
configure_and_build() { # OPTION...
  cmake --preset release "$@" &&
    cmake --build --preset release --target wsitrace wsitrace_preload lib/lws-4.3.5/libprotocol_wsitrace.so
}

build_release() {
  local options=() log=build/quickstart.log lws
  deploy/bootstrap.sh --lws 4.3.5
  lws=$(deploy/bootstrap.sh --print-lws 4.3.5)
  forget_foreign_build build/release
  grep -qE "^WSITRACE_PLUGIN_LWS:.*[=;]$lws(;|\$)" build/release/CMakeCache.txt 2>/dev/null ||
    options+=("-DWSITRACE_PLUGIN_LWS=$lws")
  # Line tables alone take a third less time than all debug information; a build that is there already keeps its own.
  [ -e build/release/CMakeCache.txt ] || options+=("-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG")
  say "building build/release (two to three minutes on two idle cores)"
  mkdir -p build
  watched "$log" configure_and_build "${options[@]}" || { tail -n 25 "$log" >&2; fail "the build failed" "all of it is in $log"; }
  sed -n 's/^-- \(The page is left out.*\)/quickstart: \1/p' "$log"
}

if [ -z "$build" ]; then build_release; build=build/release; fi
build=$(cd "$build" && pwd) || fail "$build: no such directory" "leave --build away to build it"
wsitrace=$build/bin/wsitrace
[ -x "$wsitrace" ] || fail "$wsitrace: not built" "leave --build away to build it"

trace_program() {
  local trace status=0
  cd "$caller_directory"
  trace=$(basename "${program[0]}").$$.wsitrace
  "$wsitrace" run -o "$trace" -- "${program[@]}" || status=$?
  [ ! -s "$trace" ] || "$wsitrace" report "$trace"
  say "the program's status was $status; the trace is $PWD/$trace"
  exit "$status"
}
[ ${#program[@]} = 0 ] || trace_program

room=$(mktemp -d "${TMPDIR:-/tmp}/wsitrace-quickstart.XXXXXX")
root_pid='' server_pid=''

# lwsws is two processes. SIGINT ends each, as Ctrl-C would; the first takes about two seconds over it.
clean_up() {
  local waited
  trap - EXIT INT TERM
  if [ -n "$root_pid" ]; then
    kill -INT ${server_pid:+"$server_pid"} "$root_pid" 2>/dev/null || true
    for waited in $(seq 50); do
      kill -0 "$root_pid" 2>/dev/null || [ -e "/proc/${server_pid:-none}" ] || break
      sleep 0.1
    done
    [ "$waited" -lt 50 ] || kill -KILL "$root_pid" ${server_pid:+"$server_pid"} 2>/dev/null || true
    wait "$root_pid" 2>/dev/null || true
  fi
  rm -rf "$room"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_ports() { # COUNT
  python3 - "$1" <<'PYTHON'
import socket, sys
socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(sock.getsockname()[1] for sock in socks))
PYTHON
}

vhost() { # NAME PORT FURTHER-MEMBERS
  cat <<JSON
    {"name": "$1", "port": "$2", "interface": "127.0.0.1", "noipv6": "1", $3,
     "mounts": [{"mountpoint": "/", "origin": "file://$room/www", "default": "index.html"}$4]}
JSON
}

configure_lwsws() {
  local mirror='"ws-protocols": [{"lws-mirror-protocol": {"status": "ok"}}, {"wsitrace": {"status": "ok", "trace": "TRACE"}}]'
  mirror=${mirror/TRACE/$trace}
  mkdir -p "$room/conf.d" "$room/www" "$room/plugins"
  echo '<html>hello</html>' >"$room/www/index.html"
  ln -s "$build/lib/lws-4.3.5/libprotocol_wsitrace.so" "$room/plugins/"
  ln -s "$lws/share/libwebsockets-test-server/plugins/libprotocol_lws_mirror.so" "$room/plugins/"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$room/key.pem" -out "$room/cert.pem" 2>/dev/null
  echo "{\"global\": {\"uid\": \"$(id -u)\", \"gid\": \"$(id -g)\", \"init-ssl\": \"yes\", \"plugin-dir\": \"$room/plugins\"}}" \
    >"$room/conf"
  {
    echo '{"vhosts": ['
    vhost site "$site_port" "$mirror" ''
    echo ,
    vhost secure "$secure_port" \
      "\"host-ssl-cert\": \"$room/cert.pem\", \"host-ssl-key\": \"$room/key.pem\", \"alpn\": \"h2,http/1.1\", $mirror" ''
    echo ,
    vhost observer "$observer_port" '"ws-protocols": [{"wsitrace": {"status": "ok"}}]' \
      ', {"mountpoint": "/wsitrace", "origin": "callback://wsitrace"}'
    echo ']}'
  } >"$room/conf.d/vhosts"
}

start_lwsws() {
  local waited
  "$lws/bin/lwsws" -n -c "$room" -d 3 >"$room/lwsws.log" 2>&1 &
  root_pid=$!
  for waited in $(seq 100); do
    ! curl -sf -o "$room/health" "$observer/healthz" || break
    if [ "$waited" = 100 ] || ! kill -0 "$root_pid" 2>/dev/null; then
      cat "$room/lwsws.log" >&2
      fail "lwsws did not start" "its log is above"
    fi
    sleep 0.1
  done
  server_pid=$(cut -d' ' -f1 "/proc/$root_pid/task/$root_pid/children")
}

send_traffic() {
  local url=https://127.0.0.1:$secure_port
  python3 -B tests/scenario/workload.py "127.0.0.1:$site_port" --protocol lws-mirror-protocol --at-once 1 \
    --sequential 11 --pipelined 3
  curl -sf --http2 --insecure --parallel --no-progress-meter -o "$room/h2.#1" "$url/?[1-5]"
  say "sent 5 requests over one h2 connection"
}

# Report, verdict and explain read the trace when the last connection made, the h2 one, is in it and all have ended, and ask the server
# for nothing until then: each request to it is in the trace, too. So they speak of the same moment.
await_ends() {
  for _ in $(seq 50); do
    "$wsitrace" report "$trace" --format json >"$room/report.json"
    ! all_have_ended || break
    sleep 0.2
  done
  "$wsitrace" explain "$trace" --format json >"$room/diagnosis.json"
}

all_have_ended() {
  python3 - "$room/report.json" <<'PYTHON'
import json, sys
clients = [c for c in json.load(open(sys.argv[1]))["connections"] if c["class"] == "client"]
sys.exit(all(c["role"] != "h2" for c in clients) or any(c["state"] != "closed" for c in clients))
PYTHON
}

# One line for people; listeners and streams are no connections.
verdict() {
  python3 - "$room/report.json" "$room/diagnosis.json" <<'PYTHON'
import json, sys
report, diagnosis = (json.load(open(name)) for name in sys.argv[1:])
totals, lost, found = report["totals"], report["loss"]["lost"], diagnosis["totals"]
clients = [c for c in report["connections"] if c["class"] == "client" and c["origin"] != "stream"]
left = sum(c["state"] != "closed" for c in clients)
good = not (left or lost or found["fault"] or found["trouble"])
print("verdict: {}: {} connections, {} left open, {} transactions, {} events lost; faults: {}, kinds of trouble: {}, notes: {}".format(
    "clean" if good else "look closer", len(clients), left, totals["transactions"], lost, found["fault"], found["trouble"], found["note"]))
PYTHON
}

lws=$(deploy/bootstrap.sh --print-lws 4.3.5)
read -r site_port secure_port observer_port < <(free_ports 3)
observer=http://127.0.0.1:$observer_port/wsitrace
trace=$room/lwsws.wsitrace
configure_lwsws
start_lwsws
say "lwsws 4.3.5 runs with the plugin (pid $server_pid)"
send_traffic
await_ends
echo
"$wsitrace" report "$trace"
echo
verdict
echo
cat <<URLS
the page        $observer/
the server      http://127.0.0.1:$site_port/   https://127.0.0.1:$secure_port/
report (JSON)   $observer/api/report
metrics         $observer/metrics
The lines above are of one moment, when the last connection had closed. The URLs go on counting, their own requests included.
URLS
if [ $once = 0 ]; then
  echo
  say "Ctrl-C ends it"
  status=0
  wait "$root_pid" || status=$?  # a signal's trap comes before the next line; not always, where lwsws had the signal, too, and ended well
  ! grep -q 'Signal 2 caught' "$room/lwsws.log" || exit 130
  cat "$room/lwsws.log" >&2
  fail "lwsws ended by itself, with status $status" "its log is above"
fi
