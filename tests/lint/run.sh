#!/bin/bash
# make lint: formatting, layering, static checks, scripts, manuals.
set -u
cd "$(dirname "$0")/../.." || exit 70
export BUILD=${BUILD:-build} LC_ALL=C.UTF-8
failed=0

check() { # check NAME COMMAND...
  name=$1
  shift
  if output=$("$@" 2>&1); then
    echo "ok   $name"
  else
    echo "FAIL $name"
    echo "$output" | head -60 | sed 's/^/  | /'
    failed=1
  fi
}

mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t scripts < <(git ls-files '*.sh' '.ci/run')

formatted() { clang-format --dry-run -Werror "${sources[@]}"; }
# The fuzzers' targets, too: whoever has no clang would see only elsewhere that they fit no more.
warnings() {
  local fuzzers=()
  for target in tests/fuzz/*.c; do fuzzers+=("build/lint/${target%.c}.o"); done
  make --no-print-directory FLAVOUR=lint WERROR=1 all "${fuzzers[@]}"
}
# A list that is empty sorts nothing; cppcheck takes what it would sort for uninitialised.
static() {
  cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
    --library=tests/lint/spa.cfg --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
    --suppress=uninitvar:src/relay/relay_events.c -D_GNU_SOURCE -DVERSION='""' \
    -DDATADIR='""' -DLIBEXECDIR='""' -Isrc -I. src ui
}
shells() { shellcheck -S warning -x -P . "${scripts[@]}"; }
packaged() { # what is wanted to build is what the Debian package says
  for package in $(.ci/packages.sh --list build); do
    case $package in lib*-dev) ;; *) continue ;; esac
    [ "$package" = libc6-dev ] || grep -q " $package," src/share/debian/control || { echo "debian/control lacks $package"; return 1; }
  done
}
# The manual has the keys as --list-keys prints them, with the space after "delay" that begins a command.
tidy() { ! git grep -nIE '[[:space:]]+$' -- ':!tests/screens/*.screen' ':!tests/fuzz/corpus' ':!man/echorelay-keys.5'; }
hardened() { # the flags of the Makefile came through to both programs
  for program in echorelay echorelay-flush; do
    readelf -hW "$BUILD/$program" | grep -q 'Type: *DYN' || { echo "$program does not move in memory (PIE)"; return 1; }
    readelf -dW "$BUILD/$program" | grep -q BIND_NOW || { echo "$program binds late (-z now)"; return 1; }
    readelf -lW "$BUILD/$program" | grep -q GNU_RELRO || { echo "$program has no RELRO"; return 1; }
    readelf -lW "$BUILD/$program" | grep -q 'GNU_STACK.* RWE' && { echo "$program has a stack that runs"; return 1; }
    readelf -sW "$BUILD/$program" | grep -q __stack_chk_fail || { echo "$program has no stack protector"; return 1; }
    readelf -sW "$BUILD/$program" | grep -q '__[a-z]*_chk@' || { echo "$program has no checked libc calls"; return 1; }
    [ -u "$BUILD/$program" ] && { echo "$program is setuid"; return 1; }
  done
  return 0
}
proofs() { # each test that SECURITY.md names is there
  for test in $(grep -o '`[a-z]*_[a-z_]*`' .github/SECURITY.md | tr -d '`'); do
    grep -qrw "cmocka_unit_test[a-z_]*($test" tests/unit tests/sim tests/screens || { echo "SECURITY.md names $test: there is no such test"; return 1; }
  done
}
keymaps() { for file in keymaps/*.keys; do "$BUILD/echorelay" --check-keys "$file" || return 1; done; }

check "formatting (make format)" formatted
check "layers" tests/lint/layers.sh
check "no compiler warning" warnings
check "cppcheck" static
check "shellcheck" shells
check "the package's build dependencies" packaged
check "no trailing space" tidy
check "hardening" hardened
check "SECURITY.md's tests" proofs
check "keymaps" keymaps
check "manuals" tests/lint/manuals.sh
exit $failed
