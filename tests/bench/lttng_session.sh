#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# lttng_session.sh COMMAND ARG...: runs COMMAND while an lttng session records the tracepoints of record_bench, in overwrite mode.
# A session daemon that already runs is used and left alone; one that had to be started is ended by its id.
set -euo pipefail

where=$(mktemp -d)
name=wsitrace-bench-$$
daemon=""
quietly() { "$@" >>"$where/log" 2>&1 || { echo "wsitrace: lttng: '$*' failed: $(tail -n 1 "$where/log")" >&2; return 1; }; }

finish() {
  lttng --no-sessiond destroy "$name" >/dev/null 2>&1 || true
  if [ -n "$daemon" ]; then
    kill "$daemon" 2>/dev/null || true
    for _ in $(seq 100); do kill -0 "$daemon" 2>/dev/null || break; sleep 0.05; done
  fi
  rm -rf "$where"
}
trap finish EXIT

export LTTNG_HOME=$where LTTNG_UST_REGISTER_TIMEOUT=5000
if ! lttng --no-sessiond list >/dev/null 2>&1; then
  quietly lttng-sessiond --daemonize --no-kernel --pidfile="$where/pid"
  daemon=$(cat "$where/pid")
fi
quietly lttng --no-sessiond create "$name" --snapshot --output="$where/trace"
quietly lttng --no-sessiond enable-channel --userspace --session="$name" --overwrite --subbuf-size=1M --num-subbuf=4 bench
quietly lttng --no-sessiond enable-event --userspace --session="$name" --channel=bench 'wsitrace_bench:*'
quietly lttng --no-sessiond start "$name"
"$@"
