#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Checks on the text of the tree. One line per check; what a failed one has to say follows it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

checks=(rooms rooms_test format tidy types shellcheck yamllint python json spdx length words documents documents_test causes causes_test vocabulary vocabulary_test results_test)

usage() {
  cat <<HELP
usage: tests/lint/run.sh [--build DIR] [--results FILE] [CHECK...]

  --build DIR     build whose compile_commands.json clang-tidy reads (build/release)
  --results FILE  append one line per check: passed NAME or failed NAME

checks: ${checks[*]}

examples:
  tests/lint/run.sh
  tests/lint/run.sh rooms format
HELP
}

fail() { echo "wsitrace: tests/lint/run.sh: $1 ($2)" >&2; exit 2; }

build=build/release
results=/dev/null
wanted=()
while [ $# -gt 0 ]; do
  case $1 in
    --build) [ $# -ge 2 ] || fail "--build: no directory" "try --build build/release"; build=$2; shift ;;
    --results) [ $# -ge 2 ] || fail "--results: no file" "see --help"; results=$2; shift ;;
    -h|--help) usage; exit 0 ;;
    -*) fail "$1: unknown option" "see --help" ;;
    *) wanted+=("$1") ;;
  esac
  shift
done
[ ${#wanted[@]} -gt 0 ] || wanted=("${checks[@]}")

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "$tool is missing (deploy/bootstrap.sh --tests installs it)"; return 1; }
  done
}

# Files of the tree, also those not yet added, that match a pattern and were not just deleted. NUL-separated.
tree() {
  local file
  git ls-files -z --cached --others --exclude-standard -- "$@" | sort -zu |
    while IFS= read -r -d '' file; do [ ! -f "$file" ] || printf '%s\0' "$file"; done
}
sources=('*.h' '*.hpp' '*.c' '*.cpp')
scripts=('*.sh' '.ci/run' 'deploy/debian/*inst' 'deploy/debian/*rm')

check_rooms() { python3 tests/lint/rooms.py; }
check_rooms_test() { python3 tests/lint/rooms_test.py; }
check_format() {
  need clang-format || return 1
  local bad
  bad=$(tree "${sources[@]}" | xargs -0 clang-format --dry-run 2>&1 |
    sed -nE 's/^([^ :]+):[0-9]+:[0-9]+: (warning|error).*/\1/p' | sort | uniq -c |
    awk '{ print $2 ": " $1 " places (clang-format -i " $2 ")" }')
  [ -z "$bad" ] || { echo "$bad"; return 1; }
}
check_tidy() { need clang-tidy clang && python3 tests/lint/tidy.py --build "$build"; }
# The build bundles the page and looks at no type; tsc is that of the dashboards' generator.
check_types() {
  local tsc=dashboards/grafana/node_modules/typescript/bin/tsc
  need node || return 1
  [ -e "$tsc" ] || { echo "$tsc is missing (deploy/bootstrap.sh --tests installs it)"; return 1; }
  node "$tsc" --noEmit --project dashboards/web
}
check_shellcheck() { need shellcheck && tree "${scripts[@]}" | xargs -0 shellcheck --external-sources; }
check_yamllint() { need yamllint && tree '*.yml' '*.yaml' '.yamllint' | xargs -0 yamllint --strict; }
check_python() { tree '*.py' | xargs -0 python3 -c 'import ast, sys
for name in sys.argv[1:]: ast.parse(open(name).read(), name)'; }
check_json() { tree '*.json' | xargs -0 python3 -c 'import json, sys
for name in sys.argv[1:]:
    try: json.load(open(name))
    except ValueError as error: sys.exit(f"{name}: {error}")'; }

# Every file that can hold a comment says its license near the top.
check_spdx() {
  local bad
  bad=$(tree "${sources[@]}" '*.sh' '*.py' '*.cmake' '*CMakeLists.txt' '*.map' '.ci/run' |
    while IFS= read -r -d '' file; do
      head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file: no SPDX line in its first three"
    done)
  [ -z "$bad" ] || { echo "$bad"; return 1; }
}

check_length() {
  local bad
  bad=$(tree "${sources[@]}" '*.py' '*.sh' '*.cmake' '*CMakeLists.txt' | xargs -0 wc -l |
    awk '$1 > 400 && $2 != "total" { print $2 ": " $1 " lines (400 at most: split it)" }')
  [ -z "$bad" ] || { echo "$bad"; return 1; }
}

# Nothing of the machine or the circumstances of writing may stay in the tree: see words.txt.
check_words() {
  local hosts bad
  # shellcheck disable=SC2016 # apt's own variable
  hosts=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | sed -E 's#^[a-z+]+://([^/@]*@)?([^/:]+).*#\2#' |
    grep -vE '^(localhost|127\.|deb\.debian\.org$|security\.debian\.org$)' | sort -u | sed 's/[.]/[.]/g' || true)
  bad=$(tree ':!tests/lint/words.txt' |
    xargs -0 grep -nIiEf <(grep -vE '^(#|$)' tests/lint/words.txt; printf '%s\n' "$hosts" | grep . || true) || true)
  [ -z "$bad" ] || { echo "$bad"; return 1; }
}

check_documents() { python3 -B tests/lint/documents.py --build "$build"; }
check_documents_test() { python3 -B tests/lint/documents_test.py; }
check_causes() { python3 -B tests/lint/causes.py; }
check_causes_test() { python3 -B tests/lint/causes_test.py; }
check_vocabulary() { python3 -B tests/lint/vocabulary.py --build "$build"; }
check_vocabulary_test() { python3 -B tests/lint/vocabulary_test.py --build "$build"; }
check_results_test() { python3 -B tests/lint/results_test.py; }

mkdir -p build/tests/lint
failed=0
for check in "${wanted[@]}"; do
  declare -F "check_$check" >/dev/null || fail "$check: no such check" "there are ${checks[*]}"
  log=build/tests/lint/$check.log
  started=$SECONDS
  if "check_$check" >"$log" 2>&1; then
    echo "passed lint.$check ($((SECONDS - started)) s)"
    echo "passed lint.$check" >>"$results"
  else
    failed=$((failed + 1))
    echo "FAILED lint.$check ($((SECONDS - started)) s)"
    sed 's/^/    /' "$log" | head -n 60
    echo "failed lint.$check" >>"$results"
  fi
done
[ $failed = 0 ]
