#!/bin/bash
# Every command of the README as it is printed there, one after the other, in a folder of its own: on the simulated
# world where it wants speakers, installed below that folder, and with fakes for what would change this machine.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh

if ! has_terminals; then
  skip "the commands of the README" "there are no pseudo-terminals"
  exit 0
fi
export MAKEFLAGS=
top=$PWD
export TOP=$top RAN=$work/ran INSTALLED=$work/root USER=${USER:-$(id -un)}
mkdir "$work/bin" "$work/desk" "$INSTALLED"
: >"$RAN"

fake() { cat >"$work/bin/$1" && chmod +x "$work/bin/$1"; }
fake sudo <<'X'
#!/bin/sh
case $1 in
  apt | adduser | systemctl | loginctl) echo "$*" >>"$RAN" ;;
  make) exec "$@" DESTDIR="$INSTALLED" ;;
  *) exec "$@" ;;
esac
X
fake systemctl <<'X'
#!/bin/sh
echo "systemctl $*" >>"$RAN"
X
fake journalctl <<'X'
#!/bin/sh
echo "journalctl $*" >>"$RAN"
X
# what is built already is not built again
fake git <<'X'
#!/bin/sh
[ "$1 $2" = "clone REPOSITORY" ] && mkdir -p "$3/build" && cd "$TOP" || exit 1
cp -a Makefile LICENSE NEWS.md README.md .ci src ui keymaps man tests "$OLDPWD/$3"
for built in src ui generated completions echorelay echorelay-flush; do
  [ ! -e "build/$built" ] || cp -a "build/$built" "$OLDPWD/$3/build" || exit 1
done
X
fake echorelay <<'X'
#!/bin/sh
program=$INSTALLED/usr/local/bin/echorelay
case ${1:-} in
  status | watch | set | connect | log | align | scan | stop)
    word=$1
    shift
    exec "$program" "$word" --demo "$@"
    ;;
  --json) exec "$program" --demo --for 2 "$@" ;;
  '') exec "$program" --demo ;;
  *) exec "$program" "$@" ;;
esac
X
export PATH=$work/bin:$PATH
tap_cleanup() {
  "$relay" stop --demo >/dev/null 2>&1
  kill -9 "${daemon_pid:-}" 2>/dev/null
}

printf '[adapter hci0]\n[echo Echo Dot]\n[microphone Sofa]\n[speaker Kitchen]\n[speaker Hall]\n' >"$work/two.scenario"
"$relay" daemon --demo="$work/two.scenario" --state "$work/state" 2>/dev/null &
daemon_pid=$!
plays() { [ "$("$relay" status --demo | grep -c '^speaker.*state=\(streaming\|congested\)')" = 2 ]; }
wait_for 60 plays
result "two speakers play" $?

# The lines of the README that are commands: indented ones without a drawing, and what stands in backquotes.
printed() {
  grep -E '^ {4,}(make|sudo|git|systemctl|journalctl|echorelay)( |$)' "$top/README.md" | grep -v '[▶─]' |
    sed 's/^ *//; s/  *# .*//'
}
quoted() { grep -oE '`echorelay( [a-z-]+)+`' "$top/README.md" | tr -d '`' | sort -u; }

# How it may end: 0, but for those that judge this machine or the air, and one that follows for ever.
ends_well() { # ends_well COMMAND CODE
  case $1 in
    'echorelay doctor' | 'echorelay scan' | 'echorelay status') [ "$2" -le 1 ] ;;
    'echorelay align'*) [ "$2" -le 1 ] || [ "$2" = 69 ] || [ "$2" = 75 ] ;; # where this machine stutters
    'echorelay log -f'*) [ "$2" = 124 ] ;;
    *) [ "$2" = 0 ] ;;
  esac
}

leave() { # a screen, with q and y where it asks, as often as it takes
  for _ in {1..40}; do
    sleep 5
    printf q
    sleep 1
    printf y
  done 2>/dev/null
}

# In its place: jq is handed nothing to do.
run() {
  local line=${1/jq …/head -1}
  case $line in
    echorelay | 'make demo') leave | timeout 240 script -qec "TERM=xterm $line" /dev/null ;;
    'echorelay log -f'*) timeout 3 bash -c "$line" ;;
    *) timeout 240 bash -c "$line && pwd >$work/place" ;;
  esac
}

try() {
  run "$1" >"$work/out" 2>&1 </dev/null
  code=$?
  ends_well "$1" $code
  result "$1" $?
  ends_well "$1" $code || sed 's/^/# /' "$work/out" | head -20
  cd "$(cat "$work/place")" || exit 1
}

cd "$work/desk" || exit 1
pwd >"$work/place"
count=0
later=()
while read -r line; do
  count=$((count + 1))
  case $line in
    'make check') ;; # runs this
    'make soak') ;; # half an hour; tests/sim/test-household.c runs its short form
    'make demo') later+=("$line") ;; # before the step that fetches it
    *) try "$line" ;;
  esac
done < <(printed)
[ "$count" -ge 20 ]
result "$count commands were found" $?
for line in "${later[@]}"; do try "$line"; done
"$relay" set --demo all mute off >/dev/null # one is to be heard again
while read -r line; do
  [ "$line" = "echorelay stop" ] || try "$line"
done < <(quoted)
try "echorelay stop"

grep -q '^adduser .* pipewire$' "$RAN" && grep -q '^systemctl --user restart wireplumber$' "$RAN" &&
  grep -q 'echorelay SPEAKER=Kitchen' "$RAN"
result "what changes a machine was asked for as it is printed" $?
