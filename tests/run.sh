#!/bin/sh
# Runs test programs that print TAP, and ends with one line: N passed, N failed[, N skipped].
#   BUILD=build FLAVOUR=release [UNDER="valgrind …"] tests/run.sh PROGRAM...
# What fails is shown whole; what is skipped is named with its reason.
set -u
cd "$(dirname "$0")/.." || exit 70
build=${BUILD:-build}
export BUILD="$build" FLAVOUR="${FLAVOUR:-release}" CMOCKA_MESSAGE_OUTPUT=TAP
export LC_ALL=C.UTF-8 TZ=UTC
export ASAN_OPTIONS="detect_leaks=1 ${ASAN_OPTIONS:-}"
export LSAN_OPTIONS="suppressions=$PWD/tests/lint/lsan.supp print_suppressions=0"
export TSAN_OPTIONS="suppressions=$PWD/tests/lint/tsan.supp halt_on_error=1 ${TSAN_OPTIONS:-}"
export UBSAN_OPTIONS="print_stacktrace=1"
limit=${TEST_SECONDS:-300}

passed=0 failed=0 skipped=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for program; do
  # shellcheck disable=SC2086 # UNDER is a command with its options
  timeout -k 5 "$limit" ${UNDER:-} "$program" >"$output" 2>&1 </dev/null
  code=$?
  ok=$(grep -c '^ok ' "$output")
  skip=$(grep -c '^ok .*# SKIP' "$output")
  bad=$(grep -c '^not ok ' "$output")
  plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$output" | head -1)
  # a program that ends early or badly has failed, whatever it printed
  [ "$code" = 0 ] || [ "$bad" != 0 ] || bad=1
  [ $((ok + bad)) -ge "${plan:-1}" ] || bad=$((bad + 1))
  passed=$((passed + ok - skip)) skipped=$((skipped + skip)) failed=$((failed + bad))
  name=${program#"$build"/}
  if [ "$bad" != 0 ]; then
    printf 'FAIL %s (%d failed, exit %d)\n' "$name" "$bad" "$code"
    sed 's/^/  | /' "$output"
  else
    printf 'ok   %s (%d)\n' "$name" $((ok - skip))
    grep '# SKIP' "$output" | sed 's/^ok [0-9]* *-* */  skipped: /'
  fi
done

printf '%d passed, %d failed' "$passed" "$failed"
[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
echo
[ "$failed" = 0 ]
