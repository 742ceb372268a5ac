#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, and runs every test. The last line of its output is "N passed, N failed".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/.."

steps=(bootstrap fresh release unit scenario lint asan tsan fuzz)

usage() {
  cat <<HELP
usage: tests/run.sh [--only STEP]... [--busy]

  --only STEP  run this step alone (and what it needs built); may be given several times
  --busy       run the scenario tests of build/release beside four processes that use all the time they get;
               without --only, the step scenario alone

steps:
  bootstrap  packages and the libwebsockets builds (deploy/bootstrap.sh --tests)
  fresh      deploy/quickstart.sh on a bare Debian 12, as a user with sudo; and what a user without is told (tests/fresh/run.sh)
  release    configure and build build/release
  unit       its unit tests
  scenario   its tests with real programs
  lint       checks on the text of the tree (tests/lint/run.sh)
  asan       unit and scenario tests under AddressSanitizer and UndefinedBehaviorSanitizer
  tsan       unit and scenario tests under ThreadSanitizer
  fuzz       the fuzz targets, a minute in all (tests/fuzz/run.sh)

Logs are in build/tests. The status is 0 when something ran and nothing failed, 2 when what is missing could not be
installed. A test that does not run counts as failed.

examples:
  tests/run.sh
  tests/run.sh --only unit
  tests/run.sh --only lint --only asan
  tests/run.sh --busy
HELP
}

fail() { echo "wsitrace: tests/run.sh: $1 ($2)" >&2; exit 2; }

wanted=()
is_busy=0
while [ $# -gt 0 ]; do
  case $1 in
    --only)
      [ $# -ge 2 ] || fail "--only: no step" "there are ${steps[*]}"
      [[ " ${steps[*]} " == *" $2 "* ]] || fail "$2: no such step" "there are ${steps[*]}"
      wanted+=("$2"); shift ;;
    --busy) is_busy=1 ;;
    -h|--help) usage; exit 0 ;;
    *) fail "$1: unknown option" "see --help" ;;
  esac
  shift
done
[ ${#wanted[@]} -gt 0 ] || [ $is_busy = 0 ] || wanted=(scenario)
[ ${#wanted[@]} -gt 0 ] || wanted=("${steps[@]}")

# Where ccache is there, a fresh clone finds what another one compiled.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

logs=build/tests
results=$logs/results.txt
jobs=$(nproc)
mkdir -p "$logs"
: >"$results"

# shellcheck source=deploy/steps.sh
. deploy/steps.sh
progress_every_s=60
say() { echo "[$(elapsed)] $*"; }
count() { grep -c "^$1 " "$results" || true; }
is_wanted() { [[ " ${wanted[*]} " == *" $1 "* ]]; }

# Runs a command with its output in a log; the end of the log is shown when it fails.
logged() { # NAME COMMAND...
  local name=$1 started=$SECONDS
  shift
  if watched "$logs/$name.log" "$@"; then
    say "$name: done in $(clock $((SECONDS - started)))"
  else
    say "$name: FAILED after $(clock $((SECONDS - started))), see $logs/$name.log"
    tail -n 25 "$logs/$name.log" | sed 's/^/    /'
    echo "failed $name" >>"$results"
    return 1
  fi
}

configure_and_build() { # PRESET
  local options=(-DWSITRACE_TESTS=ON "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g -DNDEBUG")  # quickstart.sh does with less
  ! command -v ccache >/dev/null ||
    options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  options+=("-DWSITRACE_PLUGIN_LWS=$(deploy/bootstrap.sh --print-lws 4.1.6);$(deploy/bootstrap.sh --print-lws 4.3.5)")
  local targets=(all)
  [ "$1" != release ] || targets+=(all_verify_interface_header_sets)  # a header that compiles alone does so with sanitizers, too
  cmake --preset "$1" "${options[@]}" && cmake --build --preset "$1" --parallel "$jobs" --target "${targets[@]}"
}

# Scenario tests mostly wait: what is built next has what they leave of the processors.
ahead='' ahead_pid=''
build_ahead() { # PRESET COMMAND...; if its step will come
  is_wanted "$1" || return 0
  ahead=$1
  shift
  forget_foreign_build "build/$ahead"
  set -m  # a process group of its own, to be ended as a whole
  (renice -n 19 -p "$BASHPID" >/dev/null; exec >"$logs/$ahead-build.log" 2>&1 </dev/null; "$@") &
  ahead_pid=$!
  set +m
}
await_ahead() {
  local waited=0
  while kill -0 "$ahead_pid" 2>/dev/null; do
    sleep 1
    [ $((++waited % progress_every_s)) != 0 ] || progress "$logs/$ahead-build.log"
  done
  wait "$ahead_pid" || true  # whoever awaits it builds what is left, and is told what failed
  ahead='' ahead_pid=''
}

built=" "
build() { # PRESET; once
  case $built in *" $1 "*) return 0 ;; *" no-$1 "*) return 1 ;; esac
  [ "$ahead" != "$1" ] || await_ahead
  forget_foreign_build "build/$1"
  if logged "$1-build" configure_and_build "$1"; then built+="$1 "; else built+="no-$1 "; return 1; fi
}

# ctest on the build of PRESET; further arguments choose the tests. ThreadSanitizer wants addresses where it expects them.
run_ctest() { # NAME PRESET ARGUMENT...
  local name=$1 preset=$2 junit=$PWD/$logs/$1.xml log=$logs/$1.log started=$SECONDS before_failed before_passed said
  local command=(ctest --test-dir "build/$preset" --output-on-failure --no-tests=ignore --timeout 240
                 --output-junit "$junit")
  shift 2
  [ "$preset" != tsan ] || command=(setarch --addr-no-randomize "${command[@]}")
  rm -f "$junit" "build/$preset/tests/unit/"*.xml
  before_passed=$(count passed); before_failed=$(count failed)
  watched "$log" "${command[@]}" "$@" || true
  said=$(python3 tests/results.py "$junit" "$name" "$results" --unit "build/$preset/tests/unit") || echo "failed $name (no results)" >>"$results"
  say "$name: $(($(count passed) - before_passed)) passed, $(($(count failed) - before_failed)) failed" \
    "in $(clock $((SECONDS - started)))"
  [ -z "$said" ] || printf '%s\n' "$said" "    see $log"
}

unit_tests() { run_ctest "$1-unit" "$1" -R '^unit\.' -j "$jobs"; }
scenario_tests() { run_ctest "$1-scenario" "$1" -E '^unit\.' -j $((2 * jobs)); }  # they mostly wait

# What runs in the background ends with this script.
busy_pids=() lint_pid=''
end_busy() { [ ${#busy_pids[@]} = 0 ] || kill "${busy_pids[@]}"; busy_pids=(); }
end_background() {
  end_busy
  [ -z "$lint_pid" ] || kill "$lint_pid"
  [ -z "$ahead_pid" ] || kill -- "-$ahead_pid"
}
trap end_background EXIT

begin_busy() {
  local number
  for number in 1 2 3 4; do
    timeout 2h bash -c 'while :; do :; done' &
    busy_pids+=($!)
  done
  say "scenario: beside $number busy processes"
}

# clang-tidy takes minutes where nothing is cached; scenario tests mostly wait: so it has what they leave of the processors.
lint_started=0
begin_lint() {
  lint_started=$SECONDS
  : >"$logs/lint.txt"
  nice -n 19 tests/lint/run.sh --build build/release --results "$logs/lint.txt" >"$logs/lint.log" 2>&1 &
  lint_pid=$!
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
step_bootstrap() { logged bootstrap deploy/bootstrap.sh --tests || { echo "0 passed, 1 failed"; exit 2; }; }
step_fresh() {
  : >"$logs/fresh.txt"
  as_root tests/fresh/run.sh --only quickstart --variant nobody --variant user --results "$logs/fresh.txt" || true
  [ -s "$logs/fresh.txt" ] || echo "failed fresh (nothing ran)" >"$logs/fresh.txt"
  cat "$logs/fresh.txt" >>"$results"
}
step_release() { ! build release || echo "passed release-build" >>"$results"; }
step_unit() { ! build release || unit_tests release; }
step_scenario() {
  build release || return 0
  ! is_wanted lint || begin_lint
  if [ $is_busy = 0 ]; then scenario_tests release; return; fi
  begin_busy
  scenario_tests release
  end_busy
}
step_lint() {
  local waited=0
  build release || true
  [ -n "$lint_pid" ] || begin_lint
  while kill -0 "$lint_pid" 2>/dev/null; do
    sleep 1
    [ $((++waited % progress_every_s)) != 0 ] || progress "$logs/lint.log"
  done
  lint_pid=''
  sed 's/^/    /' "$logs/lint.log"
  [ -s "$logs/lint.txt" ] || echo "failed lint (no check ran)" >"$logs/lint.txt"
  cat "$logs/lint.txt" >>"$results"
  say "lint: done $(clock $((SECONDS - lint_started))) after it began"
}
step_asan() {
  build asan || return 0
  unit_tests asan
  build_ahead tsan configure_and_build tsan
  scenario_tests asan
}
step_tsan() {
  build tsan || return 0
  unit_tests tsan
  build_ahead fuzz tests/fuzz/run.sh --build
  scenario_tests tsan
}

# tests/fuzz/run.sh prints one line per target, "passed NAME ..." or "failed NAME ...".
step_fuzz() {
  local log=$logs/fuzz.log started=$SECONDS status=0
  [ "$ahead" != fuzz ] || await_ahead
  watched "$log" tests/fuzz/run.sh 60 || status=$?
  sed -nE 's/^(passed|failed) ([^ ]+).*/\1 fuzz.\2/p' "$log" >"$logs/fuzz.txt"
  if [ ! -s "$logs/fuzz.txt" ]; then
    echo "failed fuzz (no target ran)" >>"$logs/fuzz.txt"
  elif [ $status != 0 ] && ! grep -q '^failed' "$logs/fuzz.txt"; then
    echo "failed fuzz (status $status)" >>"$logs/fuzz.txt"
  fi
  cat "$logs/fuzz.txt" >>"$results"
  say "fuzz: $(grep -c ^passed "$logs/fuzz.txt" || true) passed, $(grep -c ^failed "$logs/fuzz.txt" || true) failed" \
    "in $(clock $((SECONDS - started)))"
  ! grep -q ^failed "$logs/fuzz.txt" || { tail -n 25 "$log" | sed 's/^/    /'; echo "    see $log"; }
}

for step in "${steps[@]}"; do
  ! is_wanted "$step" || "step_$step"
done

passed=$(count passed)
failed=$(count failed)
[ "$failed" = 0 ] || { echo "failed:"; sed -n 's/^failed /    /p' "$results"; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
