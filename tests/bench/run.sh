#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the benchmarks, runs all of them and prints one JSON object: every figure, its budget, and whether it was met.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

usage() {
  cat <<'HELP'
usage: tests/bench/run.sh [--quick] [--build DIR]

  --quick      under a minute, small numbers: shows that everything runs, not how fast it is
  --build DIR  use this build (configured with -DWSITRACE_BENCH=ON) as it is instead of making the preset `bench`

The status is 0 when every figure could be taken, whatever its value; the object on stdout says which budgets were met.
What README.md in this directory says about a figure holds for the long run on an idle machine only.

examples:
  tests/bench/run.sh >bench.json
  tests/bench/run.sh --quick --build build/release
HELP
}

fail() { echo "wsitrace: tests/bench/run.sh: $1 ($2)" >&2; exit 2; }

quick='' build=''
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=--quick ;;
    --build) [ $# -ge 2 ] || fail "--build: no directory" "see --help"; build=$2; shift ;;
    -h|--help) usage; exit 0 ;;
    *) fail "$1: unknown option" "see --help" ;;
  esac
  shift
done

# lws's own metrics and lwsl_info, our peers, are builds of their own; the quick run does without.
versions=(4.3.5)
[ -n "$quick" ] || versions+=(4.3.5-bare 4.3.5-info)
lws=()
for version in "${versions[@]}"; do
  deploy/bootstrap.sh --bench --lws "$version" >&2
  lws+=(--lws "$version=$(deploy/bootstrap.sh --print-lws "$version")")
done

if [ -z "$build" ]; then
  build=build/bench
  options=("-DWSITRACE_PLUGIN_LWS=$(deploy/bootstrap.sh --print-lws 4.3.5)")
  ! command -v ccache >/dev/null || options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  { cmake --preset bench "${options[@]}" && cmake --build --preset bench --parallel "$(nproc)"; } >&2
fi
[ -x "$build/bin/record_bench" ] || fail "$build: no benchmarks in it" "configure it with -DWSITRACE_BENCH=ON"

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
export WSITRACE_BENCH_DIR=$results

if [ -n "$quick" ]; then
  repeat=(--benchmark_min_time=0.01 --benchmark_repetitions=1)
  connections=10007
  open=1009
  scrapers=(--scrapers 7 --pairs 1 --window 1)
  counted=(--only keepalive)
  host=(--pairs 2 --starts 1 --requests 400 --only preload_keepalive --only preload_connect --only plugin_keepalive
        --only plugin_connect)
else
  repeat=(--benchmark_min_time=0.1 --benchmark_repetitions=23 --benchmark_enable_random_interleaving=true)
  connections=1000003
  open=10000
  scrapers=(--scrapers 50 --pairs 11 --window 5)
  counted=()
  host=(--pairs 64 --starts 8 --requests 4000)
fi

# A benchmark that fails leaves no results or an error in them; summary.py tells.
bench() { # NAME COMMAND...
  local name=$1
  shift
  echo "bench: $name" >&2
  "$@" >"$results/$name.json" 2>"$results/$name.log" || tail -n 3 "$results/$name.log" >&2
}

as_json=(--benchmark_format=json "${repeat[@]}")
bench record_bench "$here/lttng_session.sh" "$build/bin/record_bench" "${as_json[@]}"
bench pass_bench "$build/bin/pass_bench" "${as_json[@]}"
bench fold_bench "$build/bin/fold_bench" "${as_json[@]}"
bench metrics_bench "$build/bin/metrics_bench" "${as_json[@]}"
bench report_bench python3 "$here/report_bench.py" --build "$build" --connections "$connections"
bench verdict_bench python3 "$here/verdict_bench.py" --build "$build" --connections "$open"
bench scrapers_bench python3 "$here/scrapers_bench.py" --build "$build" \
  --lws "$(deploy/bootstrap.sh --print-lws 4.3.5)" "${scrapers[@]}"
bench instructions python3 "$here/instructions.py" --build "$build" --json \
  --plugin "$(deploy/bootstrap.sh --print-lws 4.3.5)" "${counted[@]}"
bench host_cpu python3 "$here/host_cpu.py" --build "$build" "${lws[@]}" "${host[@]}"
python3 "$here/summary.py" "$results" $quick
