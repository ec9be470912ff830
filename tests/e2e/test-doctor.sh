#!/bin/bash
# echorelay doctor --fix, in a box whose programs are fakes that write down what is asked of them.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh

if ! has_terminals; then
  skip "doctor --fix" "there are no pseudo-terminals"
  exit 0
fi
mkdir "$work/bin"
for name in sudo systemctl bluetoothctl busctl pipewire wireplumber iw; do
  # shellcheck disable=SC2016 # for the fake
  printf '#!/bin/sh\necho "%s $*" >>"$RAN"\n' "$name" >"$work/bin/$name"
done
chmod +x "$work"/bin/*
export RAN=$work/ran PATH=$work/bin:$PATH

fix() { # fix ANSWER: gives it to every question
  : >"$RAN"
  yes "$1" | head -40 | timeout 120 script -qec "env PATH='$PATH' $relay doctor --fix" /dev/null >"$work/out" 2>&1
}
asked() { sed -n 's/.*run this?  \(.*\)  \[y\/N\].*/\1/p' "$work/out"; }
runs() { grep -E '^(sudo|systemctl|busctl set-property)' "$RAN"; }

fix n
[ "$(asked | wc -l)" -ge 1 ] && ! runs
result "asks, and takes no for an answer" $?
! asked | grep -E 'disable|mask|nmcli|edit|export'
result "asks for what takes nothing away only" $?

fix y
asked | grep -q 'apt install pipewire' && grep -q '^sudo apt install pipewire' "$RAN"
result "runs what it showed" $?
grep -q '^systemctl --user enable --now pipewire' "$RAN"
result "to the end of the line" $?
[ "$(grep -c '^fail .* pipewire ' "$work/out")" -ge 2 ] || [ "$(grep -c 'pipewire  *PipeWire is not installed' "$work/out")" = 2 ]
result "and looks again" $?
tail -1 "$work/out" | grep -q 'could not be seen'
result "counts at the end" $?

# --- the report has what the relay that runs has to say ------------------------------------------------
tap_cleanup() {
  kill -9 "${daemon_pid:-}" 2>/dev/null
}
"$relay" daemon --bus "unix:path=$work/no-bus" --state "$work/state" 2>/dev/null &
daemon_pid=$!
wait_for 60 "$relay" log
result "a relay runs" $?
"$relay" report "$work/report" 2>/dev/null && grep -q '"schema": 1' "$work/report" && grep -q '"subject": "relay"' "$work/report"
result "the report has its status and its events" $?
"$relay" stop
wait $daemon_pid
"$relay" report "$work/report" 2>/dev/null && grep -q '"status": \[\]' "$work/report"
result "without one it says so" $?
