#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# newcomer.sh WHO PART: in the chroot, types /commands in the clone, and judges what came of it. WHO: root, user or nobody.
set -euo pipefail
who=$1 part=$2
cd ~/wsitrace

wrong() { echo "newcomer: $*"; exit 1; }
line() { grep -c -- "$1" "$2" || true; }

if [ "$who" = nobody ]; then
  status=0
  bash -e /commands >~/said 2>&1 || status=$?
  cat ~/said
  [ $status = 2 ] || wrong "status $status, not 2"
  [ "$(line 'apt-get install .*cmake' ~/said)" = 1 ] || wrong "what has to be installed is not said in one line"
  exit 0
fi

case $part in
  quickstart)
    last=''
    set -m  # a process group of its own, which Ctrl-C reaches
    bash -e /commands >~/said 2>&1 &
    until grep -q 'Ctrl-C ends it' ~/said || ! kill -0 $! 2>/dev/null; do
      sleep 0.5
      now=$(tail -n 1 ~/said)
      [ "$now" = "$last" ] || echo "$now"  # for who watches
      last=$now
    done
    page=$(sed -n 's#^the page *##p' ~/said)
    got=$(curl -sf "$page" || true)
    status=0
    kill -INT -- -$! && wait $! || status=$?
    cat ~/said
    [ $status = 130 ] || wrong "status $status, not 130, as Ctrl-C makes it"
    grep -q 'verdict: clean' ~/said || wrong "no clean verdict"
    grep -q 'peer_ws_close 1000' ~/said || wrong "no timelines"
    grep -q 'elsewhere' ~/said || wrong "nothing is said of the build folder from elsewhere"
    [[ $got == *'id="page"'* ]] || wrong "no page at '$page'" ;;
  byhand)
    bash -e /commands 2>&1 | tee ~/said
    build/release/bin/wsitrace --version
    ! grep 'The page is left out' ~/said || wrong "there is no page" ;;
  tests)
    bash -e /commands 2>&1 | tee ~/said
    tail -n 1 ~/said | grep -E '^[0-9]+ passed, 0 failed$' ;;
esac
