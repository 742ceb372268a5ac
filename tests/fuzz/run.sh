#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the fuzz targets (preset fuzz, clang) and runs all of them side by side, each on its committed corpus. What they find
# beside it stays in build/fuzz; inputs that crash lie in build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

usage() {
  cat <<HELP
usage: tests/fuzz/run.sh [SECONDS | --build]

  SECONDS  how long each target runs, 60 if not given
  --build  builds them, and runs none

Prints "passed TARGET" or "failed TARGET" for each. The status is 0 when all passed.

examples:
  tests/fuzz/run.sh
  tests/fuzz/run.sh 3600
HELP
}

case ${1:-60} in
  -h | --help) usage; exit 0 ;;
  --build) ;;
  *[!0-9]*) echo "wsitrace: tests/fuzz/run.sh: $1: not a number of seconds (see --help)" >&2; exit 2 ;;
esac
seconds=${1:-60}  # or --build
targets=(read_log ring_file allow_list request doctor redact wire)
build=build/fuzz
mkdir -p $build/crashes

cmake --preset fuzz >$build/configure.log 2>&1 || { cat $build/configure.log; exit 2; }
cmake --build --preset fuzz --target fuzz >$build/build.log 2>&1 || { tail -n 50 $build/build.log; exit 2; }

[ "$seconds" != --build ] || exit 0

# New inputs go to the first folder, which starts empty: every run begins with the same seeds.
fuzz() {
  local target=$1 found=$build/found/$1
  rm -rf "$found"
  mkdir -p "$found"
  "$build/bin/${target}_fuzz" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$build/crashes/$target-" "$found" "tests/fuzz/corpus/$target" >"$build/$target.log" 2>&1
}

processes=()
for target in "${targets[@]}"; do
  fuzz "$target" &
  processes+=($!)
done
failed=0
for i in "${!targets[@]}"; do
  target=${targets[$i]}
  if wait "${processes[$i]}"; then
    executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$target.log")
    echo "passed $target (${executed:-0} inputs)"
  else
    failed=1
    tail -n 40 "$build/$target.log"
    echo "failed $target (see $build/$target.log and $build/crashes)"
  fi
done
exit $failed
