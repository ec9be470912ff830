#!/bin/bash
# make valgrind: test programs, and a short demo, under valgrind's memcheck; ends with 1 where it has something to
# say: a wrong access, a use of what was never set, memory that nothing points to at the end.
#   BUILD=build tests/valgrind.sh PROGRAM...
set -u
cd "$(dirname "$0")/.." || exit 70
build=${BUILD:-build}
# the malloc of a test that refuses memory, or forbids it, stays the test's own (somalloc)
export UNDER="valgrind --quiet --soname-synonyms=somalloc=nouserintercepts --error-exitcode=99 --leak-check=full
  --errors-for-leak-kinds=definite --suppressions=$PWD/tests/lint/valgrind.supp"
failed=0
# the flavour shortens what is long; a wait that is meant for a fast program is not
FLAVOUR=valgrind TEST_SECONDS=3600 tests/run.sh "$@" || failed=1

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
# shellcheck disable=SC2086 # a command with its options
if HOME=$home XDG_RUNTIME_DIR=$home XDG_CONFIG_HOME=$home XDG_STATE_HOME=$home timeout 300 $UNDER \
  "$build/echorelay" --demo --standalone --batch --for 5 >"$home/out" 2>&1; then
  echo "ok   echorelay --demo --batch"
else
  echo "FAIL echorelay --demo --batch"
  tail -40 "$home/out" | sed 's/^/  | /'
  failed=1
fi
exit $failed
