# shellcheck shell=bash disable=SC2034 # what is set here is used there
# TAP for shell tests.  To be sourced.  The test's folder is $work; it goes when the test ends.

tap_count=0
# in memory where there is some: a busy disk holds up whoever writes to it
[ -n "${TMPDIR:-}" ] || [ ! -w /dev/shm ] || export TMPDIR=/dev/shm
work=$(mktemp -d)
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
relay=$build/echorelay
# nothing of the user's own is read or written
export HOME="$work/home" XDG_CONFIG_HOME="$work/home/.config" XDG_STATE_HOME="$work/home/.state"
export XDG_RUNTIME_DIR="$work/run"
mkdir -p "$HOME"
mkdir -m 700 "$XDG_RUNTIME_DIR"
tap_failed=0

tap_end() {
  code=$?
  command -v tap_cleanup >/dev/null && tap_cleanup
  rm -rf "$work"
  [ "$code" = 0 ] || exit "$code"
  echo "1..$tap_count"
  exit "$tap_failed"
}
trap tap_end EXIT

result() { # result NAME STATUS: what the command before it came to
  tap_count=$((tap_count + 1))
  if [ "$2" = 0 ]; then
    echo "ok $tap_count - $1"
  else
    echo "not ok $tap_count - $1"
    tap_failed=1
  fi
}

skip() { # skip NAME WHY
  tap_count=$((tap_count + 1))
  echo "ok $tap_count - $1 # SKIP $2"
}

# A bare chroot may have no pseudo-terminals.
has_terminals() { script -qec true /dev/null >/dev/null 2>&1 </dev/null; }

# expect NAME CODE PATTERN COMMAND...: ends with CODE, and prints a line with PATTERN in it
expect() {
  name=$1 code=$2 pattern=$3
  shift 3
  timeout 60 "$@" >"$work/out" 2>&1 </dev/null
  got=$?
  if [ "$got" = "$code" ] && grep -qF -e "$pattern" "$work/out"; then
    result "$name" 0
  else
    result "$name" 1
    echo "# $* ended with $got, not $code; it printed:"
    sed 's/^/# /' "$work/out" | head -20
  fi
}

wait_for() { # wait_for SECONDS COMMAND...: until it succeeds; four times as long where all is slow
  tries=$(($1 * 40))
  shift
  while [ "$tries" -gt 0 ]; do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
    tries=$((tries - 1))
  done
  return 1
}
