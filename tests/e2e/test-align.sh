#!/bin/bash
# echorelay align: its words and codes, a simulated room, and PipeWire's microphones.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh
# shellcheck source=tests/helpers/pipewire.sh
. tests/helpers/pipewire.sh

tap_cleanup() {
  pipewire_stop
}

# Two speakers that keep their places also when this machine is busy: they go by the RTP time stamps.
cat >"$work/room.scenario" <<'X'
[adapter hci0]
address = 00:1A:7D:DA:71:13
[echo Echo Dot]
address = 44:00:49:12:AB:CD
[microphone On the sofa]
noise = -55
[speaker Kitchen]
address = 00:00:5E:00:53:01
kind = rtp
latency = 280 ms
reports = 280 ms
distance = 1.2
[speaker Hall]
address = 00:00:5E:00:53:02
kind = rtp
latency = 355 ms
reports = 250 ms
distance = 3.4
X
align() { "$relay" align --state "$work/state" "$@" 2>"$work/err"; }

align --help >"$work/out"
result "align --help ends with 0" $?
grep -q -- "--mic NODE" "$work/out"
result "and names its options" $?
align now >"$work/out"
[ $? = 64 ] && grep -q "align takes no 'now'" "$work/err"
result "a word too many ends with 64" $?
align --demo=nowhere >"$work/out"
[ $? = 66 ] && grep -q nowhere "$work/err"
result "a scenario that is not there ends with 66" $?

# found and truth, one speaker a line; "null" where it is not sure
figures() {
  sed 's/},{/}\n{/g' "$1" | sed -n 's/.*"name":"\([^"]*\)".*"found_ms":\([^,]*\),.*"true_ms":\([^,}]*\).*/\1 \2 \3/p'
}
align --demo="$work/room.scenario" --json --keep >"$work/found"
code=$?
[ $code = 0 ] || [ $code = 1 ]
result "a room is measured" $?
figures "$work/found" | tee "$work/figures" | sed 's/^/# found and true, ms: /'
[ "$(wc -l <"$work/figures")" = 2 ]
result "both speakers are told of" $?
# this machine's stutter may cost an answer, but never make a wrong one
awk '$2 != "null" && ($2 - $3 > 3 || $3 - $2 > 3) { exit 1 }' "$work/figures"
result "what was found is true" $?
if grep -q null "$work/figures"; then
  skip "the results are kept" "this machine stuttered"
else
  grep -q '"reported_ms": 250' "$work/state/speakers.json" && grep -q '"latency_ms": 36' "$work/state/speakers.json"
  result "the results are kept" $?
fi
align --demo="$work/room.scenario" --speakers Cellar >"$work/out"
[ $? = 69 ] && grep -q "no speaker 'Cellar'" "$work/err"
result "a speaker that is none ends with 69" $?

for program in pipewire wireplumber; do
  if ! command -v $program >/dev/null || ! [ -e /proc/self/root ]; then
    skip "PipeWire's microphones" "no $program here"
    exit 0
  fi
done
mkdir "$work/pw"
XDG_RUNTIME_DIR=$work/pw align --mics >"$work/out"
[ $? = 69 ] && grep -q "no PipeWire" "$work/err"
result "no PipeWire is told" $?
pipewire_start "$work/pw"
result "PipeWire starts" $?
wait_for 10 sh -c "'$relay' align --mics 2>/dev/null | grep -q '^test-source '"
result "its microphone is listed" $?
align --demo="$work/room.scenario" --mic cellar --speakers Hall >"$work/out"
[ $? = 69 ] && grep -q "PipeWire has no node 'cellar'" "$work/err"
result "one that is not there is named" $?
align --demo="$work/room.scenario" --mic test-source --speakers Hall --json >"$work/out"
[ $? = 1 ] && grep -q '"verdict":"not heard"' "$work/out" && grep -q '"microphone":"test-source"' "$work/out"
result "one that hears nothing finds nothing" $?
