#!/bin/bash
# make fuzz: every target of this folder for FUZZ_SECONDS (7), FUZZ_JOBS (all processors) at a time, from the
# corpus in the tree: with two processors a minute for all.  With FUZZ_SECONDS=0 it only sees what is known already.
# Prints a line for each with how many inputs it has seen; ends with 1 if one of them was too much, and leaves that one
# in build/fuzz/found/.
#   tests/fuzz/run.sh [TARGET]...
set -u
cd "$(dirname "$0")/../.." || exit 70
export work=build/fuzz limit=-max_total_time=${FUZZ_SECONDS:-7}
[ "${FUZZ_SECONDS:-7}" != 0 ] || limit=-runs=0
export ASAN_OPTIONS=allocator_may_return_null=1 LC_ALL=C.UTF-8 LSAN_OPTIONS="suppressions=$PWD/tests/lint/lsan.supp print_suppressions=0"
cc=${FUZZ_CC:-clang}

fuzzes() { echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | $cc -fsanitize=fuzzer,address -x c - -o /dev/null; }
if ! fuzzes 2>/dev/null && ! { .ci/packages.sh fuzz && fuzzes; } 2>/dev/null; then
  echo "skipped: fuzzing needs clang and its runtime: apt-get install $(.ci/packages.sh --list fuzz)"
  exit 0
fi

"${MAKE:-make}" --no-print-directory -j"$(nproc)" FLAVOUR=fuzz CC="$cc" fuzz-programs || exit 1

seeds() { # seeds TARGET: the folders of the tree that it begins with
  ls -d "tests/fuzz/corpus/$1" 2>/dev/null
  case $1 in keymap) echo keymaps ;; scenario) echo src/sim/scenarios ;; esac
}

at_length() { # at_length TARGET: where a relay is made for each input, that is to be a long one from the first
  case $1 in bluetoothd | command) echo -len_control=0 ;; esac
}

one() { # one TARGET
  local name=$1 count
  mkdir -p "$work/corpus/$name" "$work/found" "$work/log"
  # what it finds goes to the first folder; the one in the tree is only read
  # shellcheck disable=SC2046 # an option or none, a list of folders
  "$work/tests/fuzz/$name" "$limit" $(at_length "$name") -timeout=20 -rss_limit_mb=2048 -max_len=8192 \
    -print_final_stats=1 -close_fd_mask=1 -artifact_prefix="$work/found/$name-" \
    "$work/corpus/$name" $(seeds "$name") >"$work/log/$name" 2>&1 </dev/null
  local code=$?
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log/$name")
  if [ $code = 0 ]; then
    echo "ok   fuzz $name (${count:-0} inputs)"
  else
    echo "FAIL fuzz $name (exit $code); what did it is in $work/found"
    grep -v '^#' "$work/log/$name" | tail -60 | sed 's/^/  | /'
    return 1
  fi
}
export -f one seeds at_length

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(basename -s .c tests/fuzz/*.c | grep -vx fuzz)
printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_JOBS:-$(nproc)}" -I{} bash -c 'one {}'
code=$?
echo "$(cat "${targets[@]/#/$work/log/}" | sed -n 's/^stat::number_of_executed_units: *//p' |
  awk '{ sum += $1 } END { print sum + 0 }') inputs in all"
[ $code = 0 ]
