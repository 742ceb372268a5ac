#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what wsitrace is built from and builds the libwebsockets versions it is tried against.
# Idempotent, and silent when there is nothing to do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'HELP'
usage: deploy/bootstrap.sh [--tests] [--bench] [--lws VERSION]...
       deploy/bootstrap.sh --print-lws VERSION

  --tests              also install what tests/run.sh needs, --bench included
  --bench              also install what tests/bench/run.sh needs
  --lws VERSION        build this libwebsockets instead of the default 4.1.6 and 4.3.5;
                       4.3.5-bare is 4.3.5 without lws's own metrics, 4.3.5-info is 4.3.5-bare with
                       lwsl_info compiled in (peers in the benchmarks); 4.3.5-roles is 4.3.5 with CGI, HTTP
                       proxy mounts and MQTT, without libev and GLib (--tests builds it, too)
  --print-lws VERSION  print the prefix of a libwebsockets that was built, and nothing else

Packages are installed as root, by sudo if need be. Without either, what is missing is named, and the status is 2.

examples:
  deploy/bootstrap.sh
  deploy/bootstrap.sh --tests --lws 4.3.5
  "$(deploy/bootstrap.sh --print-lws 4.3.5)/bin/lwsws" -h
HELP
}

fail() { echo "wsitrace: bootstrap: $1 ($2)" >&2; exit 2; }
# shellcheck source=deploy/steps.sh
. "$here/steps.sh"
say() { echo "[$(elapsed)] bootstrap: $*" >&2; }

cache=${XDG_CACHE_HOME:-$HOME/.cache}/wsitrace
with_tests=0
groups=build
versions=()
while [ $# -gt 0 ]; do
  case $1 in
    --tests) with_tests=1; groups='build|bench|test' ;;
    --bench) [ $with_tests = 1 ] || groups='build|bench' ;;
    --lws) [ $# -ge 2 ] || fail "--lws: no version" "try --lws 4.3.5"; versions+=("$2"); shift ;;
    --print-lws)
      [ $# -ge 2 ] || fail "--print-lws: no version" "try --print-lws 4.3.5"
      [ -x "$cache/lws-$2/bin/lwsws" ] || fail "lws $2: not built" "run deploy/bootstrap.sh --lws $2"
      echo "$cache/lws-$2"; exit 0 ;;
    -h|--help) usage; exit 0 ;;
    *) fail "$1: unknown option" "see --help" ;;
  esac
  shift
done
if [ ${#versions[@]} = 0 ]; then
  versions=(4.1.6 4.3.5)
  [ $with_tests = 0 ] || versions+=(4.3.5-roles)
fi

# A sudo that asks for a password can do so on a terminal only.
can_be_root() { [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Packages with services (prometheus) are installed for their programs: nothing is to start. Debian asks policy-rc.d before it
# starts a service, 101 is "no". A policy that the machine has already stays.
without_services() { # COMMAND...
  local policy=/usr/sbin/policy-rc.d status=0
  if [ -e "$policy" ]; then "$@"; return; fi
  trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
  as_root chmod 755 "$policy"
  "$@" || status=$?
  as_root rm -f "$policy"
  trap - EXIT
  return $status
}

install_packages() {
  local installed package log missing=()
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n')
  while read -r package; do
    [ "$package" != npm ] || ! command -v npm >/dev/null || continue  # other packages of node bring one along
    grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
  done < <(grep -E "^($groups) " "$here/packages.txt" | cut -d' ' -f2)
  [ ${#missing[@]} -gt 0 ] || return 0
  can_be_root || fail "packages are missing, and installing them needs root or sudo" "as root: apt-get install ${missing[*]}"
  say "installing ${#missing[@]} packages: ${missing[*]}"
  log=$(mktemp)
  watched "$log" fetch_and_install "${missing[@]}" || { tail -n 5 "$log" >&2; fail "apt-get failed" "all it said is in $log"; }
  rm -f "$log"
}

fetch_and_install() { # PACKAGE...
  as_root apt-get update -q && without_services \
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@"
}

# npm packages of a folder of the tree, unless MARK, one of their files, is newer than the list.
npm_packages() { # FOLDER MARK WHAT
  local dir=$here/../$1 mark=$2
  [ ! -e "$dir/$mark" ] || [ "$dir/$mark" -ot "$dir/package-lock.json" ] || return 0
  say "installing $3"
  watched "$dir/node_modules.log" npm_install "$dir" "$mark" || fail "$3: npm ci failed" "see $dir/node_modules.log"
}
npm_install() { cd "$1" && npm ci --ignore-scripts --no-audit --no-fund && chmod a+x "$2" && touch "$2"; } # FOLDER MARK

# What the tests read SARIF back with, the validator of those who keep the format, what drives a browser, and what generates
# the dashboards.
install_node_packages() {
  npm_packages tests/scenario/sarif node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool "the SARIF validator"
  npm_packages tests/scenario/page node_modules/playwright-core/cli.js "what drives a browser on the page"
  npm_packages dashboards/grafana node_modules/typescript/bin/tsc "the generator of the Grafana dashboards"
}

# Source entries of a suite, derived from the binary entries the machine already has. They are kept in
# a directory of their own, so that the machine's configuration stays as it is.
source_entries() { # SUITE DIR
  local suite=$1 dir=$2 file
  mkdir -p "$dir/parts" "$dir/lists/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -e "$file" ] || continue
    awk -v RS= -v ORS='\n\n' '/Suites:[^\n]*bookworm/ && /Components:[^\n]*main/ && /debian/' "$file" |
      sed -E "s/^Types:.*/Types: deb-src/; s/^Suites:.*/Suites: $suite/" |
      awk -v RS= -v ORS='\n\n' '!/security/' >"$dir/parts/$(basename "$file")"
  done
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true; } |
    { grep -E '^deb .* bookworm main' || true; } |
    sed -E "s/^deb /deb-src /; s/ bookworm main.*/ $suite main/" >"$dir/parts/derived.list"
}

apt_options() { # DIR
  echo -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$1/parts" -o "Dir::State::lists=$1/lists" \
    -o APT::Get::List-Cleanup=0 -o "APT::Sandbox::User=$(id -un)" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=
}

# Leaves the unpacked upstream sources of VERSION in DIR/source.
fetch_source() { # VERSION DIR
  local version=${1%%-*} dir=$2 suite options
  case $version in
    4.1.6) suite=bookworm ;;
    4.3.5) suite=trixie ;;
    *) fail "lws $version: no known source" "4.1.6 and 4.3.5 can be built; for another one use -DCMAKE_PREFIX_PATH=PREFIX" ;;
  esac
  source_entries "$suite" "$dir"
  read -r -a options < <(apt_options "$dir")
  (cd "$dir" &&
    apt-get "${options[@]}" update -qq &&
    apt-get "${options[@]}" source -qq --download-only --tar-only "libwebsockets/$suite") >"$dir/fetch.log" 2>&1 ||
    fail "lws $version: its source could not be fetched" "see $dir/fetch.log"
  local tarball
  tarball=$(find "$dir" -maxdepth 1 -name "libwebsockets_$version.orig.tar.*" ! -name '*.asc' | head -n 1)
  [ -n "$tarball" ] || fail "lws $version: $suite has another version now" "see $dir"
  mkdir -p "$dir/source"
  tar -xf "$tarball" -C "$dir/source" --strip-components=1
}

cmake_install() { # DIR PREFIX FLAG...
  local dir=$1 prefix=$2
  shift 2
  cmake -G Ninja -S "$dir/source" -B "$dir/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_INSTALL_PREFIX="$prefix" "-DCMAKE_INSTALL_RPATH=$prefix/lib" "$@" &&
    cmake --build "$dir/build" && cmake --install "$dir/build"
}

build_lws() { # VERSION
  local version=$1 prefix=$cache/lws-$1 dir flags
  [ ! -e "$prefix/.complete" ] || return 0
  say "building libwebsockets $version (half a minute on two idle cores)"
  mkdir -p "$cache"
  dir=$(mktemp -d "$cache/build-$version.XXXXXX")
  fetch_source "$version" "$dir"
  flags=(-DLWS_WITH_LWSWS=ON -DLWS_WITH_LIBUV=ON -DLWS_WITH_LIBEV=ON -DLWS_WITH_GLIB=ON -DLWS_WITH_HTTP2=ON
         -DLWS_WITHOUT_TESTAPPS=ON -DDISABLE_WERROR=ON -DLWS_IPV6=ON -DLWS_UNIX_SOCK=ON -DLWS_WITH_STATIC=OFF)
  case $version in
    4.3.5) flags+=(-DLWS_WITH_SYS_METRICS=ON -DLWS_MAX_SMP=4) ;;
    4.3.5-bare) flags+=(-DLWS_MAX_SMP=4) ;;
    # As 4.3.5 in all that decides a layout: the plugin that was built for one fits both.
    4.3.5-roles) flags+=(-DLWS_WITH_SYS_METRICS=ON -DLWS_MAX_SMP=4 -DLWS_WITH_LIBEV=OFF -DLWS_WITH_GLIB=OFF
                         -DLWS_WITH_CGI=ON -DLWS_WITH_HTTP_PROXY=ON -DLWS_ROLE_MQTT=ON) ;;
    4.3.5-info) flags+=(-DLWS_MAX_SMP=4 -DCMAKE_C_FLAGS=-D_DEBUG
                        "-DLWS_LOGGING_BITFIELD_CLEAR=(~(LLL_ERR|LLL_WARN|LLL_NOTICE|LLL_INFO|LLL_USER))") ;;
  esac
  watched "$dir/build.log" cmake_install "$dir" "$prefix" "${flags[@]}" || fail "lws $version: its build failed" "see $dir/build.log"
  touch "$prefix/.complete"
  rm -rf "$dir"
}

install_packages
[ $with_tests = 0 ] || install_node_packages
for version in "${versions[@]}"; do build_lws "$version"; done
