#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs what README.md tells a newcomer to type, literally, each on a bare Debian 12 of its own: a minimal chroot with a clone of HEAD.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

variants=(root root-offline user user-offline nobody)
parts=(quickstart byhand tests)

usage() {
  cat <<HELP
usage: tests/fresh/run.sh [--variant VARIANT]... [--only PART]... [--results FILE]

  --variant VARIANT  who types it: root; user (with sudo); nobody (a user without sudo, who must be told what to install). With
                     -offline, npm's registry is a closed port. Default: all
  --only PART        quickstart (until it serves, then Ctrl-C), byhand (the README's own build) or tests (tests/run.sh, which needs
                     npm's registry). Default: all
  --results FILE     append one line per run: passed NAME or failed NAME

The chroots take packages from where this machine takes its own, and are removed at the end. A PID and a mount namespace for each
ends all that was started or mounted in it. Logs are in build/tests/fresh. Needs root, and the status is 0 when all passed.

examples:
  tests/fresh/run.sh
  tests/fresh/run.sh --variant user --only quickstart
HELP
}

fail() { echo "wsitrace: tests/fresh/run.sh: $1 ($2)" >&2; exit 2; }
# shellcheck source=deploy/steps.sh
. deploy/steps.sh
say() { echo "[$(elapsed)] fresh: $*"; }

chosen=() wanted=() results=/dev/null
while [ $# -gt 0 ]; do
  case $1 in
    --variant)
      [[ $# -ge 2 && " ${variants[*]} " == *" $2 "* ]] || fail "--variant: no such variant" "there are ${variants[*]}"
      chosen+=("$2"); shift ;;
    --only)
      [[ $# -ge 2 && " ${parts[*]} " == *" $2 "* ]] || fail "--only: no such part" "there are ${parts[*]}"
      wanted+=("$2"); shift ;;
    --results) [ $# -ge 2 ] || fail "--results: no file" "see --help"; results=$2; shift ;;
    -h|--help) usage; exit 0 ;;
    *) fail "$1: unknown option" "see --help" ;;
  esac
  shift
done
[ ${#chosen[@]} -gt 0 ] || chosen=("${variants[@]}")
[ ${#wanted[@]} -gt 0 ] || wanted=("${parts[@]}")
[ "$(id -u)" = 0 ] || fail "not root" "chroots are made by root"
command -v mmdebstrap >/dev/null || fail "mmdebstrap is missing" "deploy/bootstrap.sh --tests installs it"
logs=$PWD/build/tests/fresh
mkdir -p "$logs"
work=$(mktemp -d "${TMPDIR:-/tmp}/wsitrace-fresh.XXXXXX")
running='' failed=0
export GIT_CONFIG_GLOBAL=$work/gitconfig  # the clone's owner may be the one who called sudo
printf '[safe]\n\tdirectory = *\n' >"$GIT_CONFIG_GLOBAL"

# The first process of a PID namespace takes all others of it along, and the last one of a mount namespace its mounts.
namespaces=(unshare --mount --pid --fork --kill-child --propagation private)
clean_up() {
  trap - EXIT INT TERM
  [ -z "$running" ] || { kill -KILL "$running" 2>/dev/null || true; wait "$running" 2>/dev/null || true; }
  rm -rf --one-file-system "$work"
  [ -z "${SUDO_USER:-}" ] || chown -R "$SUDO_USER:" "$logs"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# This machine's entries for Debian 12 itself, without those of others.
write_sources() { # DIR
  local file
  for file in /etc/apt/sources.list.d/*.sources; do
    [ ! -e "$file" ] || awk -v RS= -v ORS='\n\n' '/Suites:[^\n]*bookworm/ && /Components:[^\n]*main/ && /debian/' "$file"
  done >"$1/debian.sources"
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
    { grep -E '^deb .*debian.* bookworm[^ ]* .*main' || true; } >"$1/debian.list"
}

make_base() {
  local mirrors=() file
  write_sources "$work"
  for file in "$work/debian.sources" "$work/debian.list"; do [ ! -s "$file" ] || mirrors+=("$file"); done
  apt-config dump Acquire | { grep -E '^Acquire::(https?|Check-Valid-Until|Check-Date|Retries|ForceIPv)' || true; } >"$work/apt.conf"
  say "making a bare Debian 12"
  # force-unsafe-io, as in Debian's container images: what is thrown away need not survive a power cut.
  until_done "$logs/mmdebstrap.log" "${namespaces[@]}" --mount-proc mmdebstrap --variant=minbase --include=ca-certificates \
    --dpkgopt=force-unsafe-io --aptopt="$work/apt.conf" bookworm "$work/base" "${mirrors[@]}" ||
    fail "mmdebstrap failed" "see $logs/mmdebstrap.log"
  mkdir -p "$work/base/usr/local/share/ca-certificates"
  cp -r /usr/local/share/ca-certificates/. "$work/base/usr/local/share/ca-certificates/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$work/base/etc/ssl/certs/"
  cp -L /etc/resolv.conf /etc/hosts "$work/base/etc/"
}

# A command that clean_up can end, with its output in LOG; once a minute, how far it is.
until_done() { # LOG COMMAND...
  local log=$1 shown=$SECONDS status=0
  shift
  "$@" >"$log" 2>&1 </dev/null &
  running=$!
  while kill -0 "$running" 2>/dev/null; do
    sleep 0.5
    [ $((SECONDS - shown)) -lt 60 ] || { shown=$SECONDS; progress "$log"; }
  done
  wait "$running" || status=$?
  running=''
  return $status
}

# Its root is a mount, so that this very script can run in it. The first process is a shell, which waits for orphans as an init does.
inside() { # COMMAND...; root in $work/root, with namespaces of its own
  # shellcheck disable=SC2016 # it is the inner shell's
  "${namespaces[@]}" env -i bash -c '
    mount --bind "$1" "$1" && cd "$1" && mount --rbind /dev dev && mount --rbind /sys sys && mount -t proc proc proc && shift &&
      env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 chroot "$@"
    exit $?' \
    - "$work/root" "$work/root" "$@"
}

# npm asks where this machine's does, or a port where nobody listens.
write_npmrc() { # FILE VARIANT
  local registry=http://127.0.0.1:1/
  [[ $2 == *-offline ]] || registry=$(npm config get registry 2>/dev/null || true)
  printf 'cafile=/etc/ssl/certs/ca-certificates.crt\nfetch-retries=0\n' >"$1"
  [ -z "$registry" ] || echo "registry=$registry" >>"$1"
}

prepare() { # VARIANT; sets user and home
  user=root home=/root
  cp -a "$work/base" "$work/root"
  if [[ $1 != root* ]]; then
    user=newcomer home=/home/newcomer
    inside useradd --create-home --shell /bin/bash newcomer
  fi
  if [[ $1 == user* ]]; then
    inside bash -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends sudo'
    echo 'newcomer ALL=(ALL) NOPASSWD: ALL' >"$work/root/etc/sudoers.d/newcomer"
  fi
  git clone --quiet --no-hardlinks . "$work/root$home/wsitrace"
  # A build folder that came along from another place, as with a copied tree.
  mkdir -p "$work/root$home/wsitrace/build/release"
  echo 'CMAKE_HOME_DIRECTORY:INTERNAL=/elsewhere/wsitrace' >"$work/root$home/wsitrace/build/release/CMakeCache.txt"
  write_npmrc "$work/root$home/.npmrc" "$1"
  cp "$here/newcomer.sh" "$work/root/newcomer.sh"
  inside chown -R "$user:" "$home"
}

run_one() { # VARIANT PART
  local name=$1.$2 began log=$logs/$1.$2.log
  python3 "$here/commands.py" "$2" >"$work/commands" || { failed=$((failed + 1)); echo "failed fresh.$name" >>"$results"; return 0; }
  rm -rf --one-file-system "$work/root"
  prepare "$1" >"$log" 2>&1 || fail "$name: the chroot could not be made" "see $log"
  [ "$2" != byhand ] || rm -r "$work/root$home/wsitrace/build"  # CMake itself refuses it, and says so
  cp "$work/commands" "$work/root/commands"
  say "$name: $(tr '\n' ';' <"$work/commands")"
  began=$SECONDS
  if until_done "$log" inside su --login "$user" --command "bash /newcomer.sh ${1%-offline} $2"; then
    say "passed $name in $(clock $((SECONDS - began)))"
    echo "passed fresh.$name" >>"$results"
  else
    say "FAILED $name after $(clock $((SECONDS - began))), see $log"
    tail -n 25 "$log" | sed 's/^/    /'
    echo "failed fresh.$name" >>"$results"
    failed=$((failed + 1))
  fi
}

[ -z "$(git status --porcelain)" ] || say "what is not committed is not in the clone"
make_base
for variant in "${chosen[@]}"; do
  for part in "${wanted[@]}"; do
    case $variant.$part in *-offline.tests) continue ;; esac
    run_one "$variant" "$part"
  done
done
[ $failed = 0 ]
