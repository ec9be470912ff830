#!/bin/bash
# The manuals are well made and tell everything: each option, command, exit code, scenario key.
set -u
cd "$(dirname "$0")/../.." || exit 70
relay=${BUILD:-build}/echorelay
bad=0
say() {
  echo "$*"
  bad=1
}

for page in man/*.[1578]; do
  mandoc -T lint -W warning "$page" || bad=1
done
text() { mandoc -T ascii "$1" | sed 's/.\x08//g'; }

for option in $("$relay" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
  text man/echorelay.1 | grep -qe "$option" || say "echorelay.1 lacks $option"
done
for subcommand in $("$relay" --help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p'); do
  text man/echorelay.1 | grep -qw "$subcommand" || say "echorelay.1 lacks $subcommand"
done
for command in $("$relay" --list-commands | cut -d' ' -f1); do
  text man/echorelay-keys.5 | grep -qe "^ *$command" || say "echorelay-keys.5 lacks $command"
done
for id in $("$relay" doctor --json | sed -n 's/.*"id": "\(.*\)",/\1/p'); do
  text man/echorelay.1 | grep -qwe "$id" || say "echorelay.1 lacks the check $id"
done
for code in 0 1 64 65 66 68 69 71 73 75 76 77; do
  text man/echorelay.1 | grep -qE "^ +$code " || say "echorelay.1 lacks exit code $code"
done
for key in $(grep -ohE 'there are [a-z, ]+' src/sim/scenario.c src/relay/settings.c | sed 's/there are//; s/,//g'); do
  case $key in and | or) continue ;; esac
  text man/echorelay.1 | grep -qw "$key" || text man/echorelay.conf.5 | grep -qw "$key" || say "no manual has the key '$key'"
done

# each default key stands in the manual as it is
sed -n '/^.Sh DEFAULT KEYS/,/^.Ed/p' man/echorelay-keys.5 | sed '/^\.[A-Z\\]/d; s/\\e/\\/g' |
  diff - <("$relay" --keymap default --list-keys) >/dev/null || say "echorelay-keys.5: the default keys have changed: make manual"

# README names nothing that is not there: targets of make, files of the tour, dependencies
for target in $(grep -ohE '(`|^ {4,})make [a-z-]+' README.md | sed 's/.*make //' | sort -u); do
  grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile || say "README.md: there is no make $target"
done
for path in $(sed -n '/^## File tour/,/^## /s/^    \([a-z]*\(\/[a-z.]*\)*\)  .*/\1/p' README.md); do
  [ -e "$path" ] || say "README.md: there is no $path"
done
for package in $(.ci/packages.sh --list build); do
  case $package in gcc | libc6-dev | make | pkg-config) continue ;; esac
  grep -q "^| .*$package" README.md || say "README.md does not say what $package is for"
done

# the keymap examples of the manual are keymaps
text man/echorelay-keys.5 | sed -n '/^EXAMPLES/,/^[A-Z]/p' | grep -E '^ +(keymap|name|include|bind|describe|unbind) ' |
  sed 's/^ *//' >"${TMPDIR:-/tmp}/example.$$.keys"
"$relay" --check-keys "${TMPDIR:-/tmp}/example.$$.keys" >/dev/null || say "the example of echorelay-keys.5 is wrong"
rm -f "${TMPDIR:-/tmp}/example.$$.keys"
exit $bad
