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
warnings() { make --no-print-directory FLAVOUR=lint WERROR=1 all; }
# A list that is empty sorts nothing; cppcheck takes what it would sort for uninitialised.
static() {
  cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
    --library=tests/lint/spa.cfg --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
    --suppress=uninitvar:src/relay/relay.c -D_GNU_SOURCE -DVERSION='""' \
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
keymaps() { for file in keymaps/*.keys; do "$BUILD/echorelay" --check-keys "$file" || return 1; done; }

check "formatting (make format)" formatted
check "layers" tests/lint/layers.sh
check "no compiler warning" warnings
check "cppcheck" static
check "shellcheck" shells
check "the package's build dependencies" packaged
check "no trailing space" tidy
check "keymaps" keymaps
check "manuals" tests/lint/manuals.sh
exit $failed
