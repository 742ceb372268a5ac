# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For scripts that take minutes: they source it, and print the time since the first of them began, and how far a step is.
export WSITRACE_BEGAN=${WSITRACE_BEGAN:-$(date +%s)}

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
elapsed() { clock $(($(date +%s) - WSITRACE_BEGAN)); }

# How far the command that writes LOG is: ninja's count, or the last line.
progress() { # LOG
  local count  # or what stands for it
  count=$(tail -n 40 "$1" | sed -nE 's#^\[([0-9]+)/([0-9]+)\].*#\1 of \2#p' | tail -n 1)
  count=${count:-$(tail -n 1 "$1" | cut -c1-120)}
  [ -z "$count" ] || printf '[%s]   %s\n' "$(elapsed)" "$count" >&2
}

progress_every_s=20

# Runs a command with its output in LOG and prints now and then how far it is. The status is the command's.
watched() { # LOG COMMAND...
  local log=$1 status
  shift
  rm -f "$log.status"
  # Its end is the end of the pipe, which can be missed by no timeout; a word read from it can.
  { "$@" >"$log" 2>&1 </dev/null && echo 0 >"$log.status" || echo $? >"$log.status"; } | {
    until read -r -t "$progress_every_s" || [ $? -le 128 ]; do progress "$log"; done
  } || true
  status=$(cat "$log.status" 2>/dev/null || echo 1)
  rm -f "$log.status"
  return "$status"
}

# CMake refuses a build folder that was made for another path (a tree that was moved or copied).
forget_foreign_build() { # FOLDER; from the root of the tree
  local home
  home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$1/CMakeCache.txt" 2>/dev/null || true)
  [ -n "$home" ] && [ "$home" != "$(pwd -P)" ] && [ "$home" != "$PWD" ] || return 0
  printf '[%s] %s was made for %s: it is made anew\n' "$(elapsed)" "$1" "$home" >&2
  rm -rf "$1"
}
