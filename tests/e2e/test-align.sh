#!/bin/bash
# echorelay align: its words and codes, a simulated room, and PipeWire's microphones.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh
# shellcheck source=tests/helpers/pipewire.sh
. tests/helpers/pipewire.sh

tap_cleanup() {
  pipewire_stop
  kill -9 "${daemon_pid:-}" "${sofa_pid:-}" 2>/dev/null
}

# Two speakers that keep their places also when this machine is busy: they go by the RTP time stamps. The Echo
# is silent, or every measurement would wait half a minute for its clock (tests/sim/test-align.c).
cat >"$work/room.scenario" <<'X'
[adapter hci0]
address = 00:1A:7D:DA:71:13
[echo Echo Dot]
address = 44:00:49:12:AB:CD
starts = 10000 s
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

# the relay that runs does it, where one does: there is no second one beside it
"$relay" daemon --demo="$work/room.scenario" --state "$work/running" 2>"$work/errors" &
daemon_pid=$!
both_stream() { [ "$("$relay" status --demo | grep -c "^speaker.*state=streaming")" = 2 ]; }
wait_for 60 both_stream
result "a relay runs" $?
# one whose packets had to wait on a machine that stutters does not play at that moment: then once more
for _ in 1 2 3; do
  "$relay" align --demo --json --keep >"$work/found" 2>"$work/err"
  code=$?
  [ "$(grep -o '"found_ms"' "$work/found" | wc -l)" = 2 ] && break
  wait_for 60 both_stream
done
[ $code = 0 ] || [ $code = 1 ]
result "its speakers are measured" $?
[ "$(grep -o '"found_ms"' "$work/found" | wc -l)" = 2 ]
result "both are told of" $?
if grep -q '"found_ms":null' "$work/found"; then
  skip "it keeps the results" "this machine stuttered"
else
  "$relay" status --demo --json | grep -q '"origin":"measured"'
  result "it keeps the results" $?
fi
"$relay" align --demo >"$work/out" 2>"$work/err" &
align_pid=$!
wait_for 30 grep -q "round 1 of" "$work/err"
kill -TERM $align_pid
wait $align_pid
[ $? = 75 ] && grep -q "cancelled; nothing is changed" "$work/err"
result "a signal cancels it" $?
wait_for 30 "$relay" set --demo align start auto Hall # refused while one runs
result "in the relay, too" $?
align --demo="$work/room.scenario" --speakers Cellar >"$work/out"
[ $? = 69 ] && grep -q "no speaker 'Cellar'" "$work/err"
result "a demo with a state of its own goes beside it" $?
"$relay" stop --demo

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

# All of it: what the speakers let be heard, through the air, into a microphone of PipeWire's.
mkdir "$work/heard"
{ printf '[world]\nrecord = %s\n' "$work/heard" && cat "$work/room.scenario"; } >"$work/heard.scenario"
"$relay" daemon --demo="$work/heard.scenario" --state "$work/heard" 2>"$work/errors" &
daemon_pid=$!
wait_for 60 both_stream
"$build/tests/tools/sofa" sofa "$work/heard/00-00-5E-00-53-01.wav:1.2" "$work/heard/00-00-5E-00-53-02.wav:3.4" 2>"$work/starved" &
sofa_pid=$!
wait_for 10 sh -c "'$relay' align --mics 2>/dev/null | grep -q '^sofa '"
result "a microphone on the sofa" $?

line_up() { # line_up KEY: that figure of the Hall, and of the Kitchen; three tries, for a machine that stutters
  local times
  for times in 1 2 3; do
    wait_for 60 both_stream
    "$relay" align --demo --mic sofa --json --keep >"$work/found" 2>"$work/err"
    [ "$(grep -o '"verdict":"ok"' "$work/found" | wc -l)" = 2 ] && break
    echo "# it heard, at try $times: $(grep -o '"verdict":"[^"]*"' "$work/found" | xargs) $(wc -l <"$work/starved") starved"
  done
  sed 's/},{/}\n{/g' "$work/found" | sed -n "s/.*\"name\":\"\([^\"]*\)\".*\"$1\":\([0-9.-]*\),.*/\1 \2/p" | sort >"$work/figures"
  sed "s/^/# $1: /" "$work/figures"
  [ "$(wc -l <"$work/figures")" = 2 ]
}
# 75 ms between them, and 2.2 m of air
if line_up found_ms; then
  awk '/Hall/ { h = $2 } /Kitchen/ { k = $2 } END { d = h - k - 81.414; exit !(d < 0.5 && d > -0.5) }' "$work/figures"
  result "it hears how far they are apart" $?
  if line_up apart_ms; then
    awk '$2 > 0.5 || $2 < -0.5 { exit 1 }' "$work/figures"
    result "lined up, they are heard together" $?
  else
    skip "lined up, they are heard together" "this machine stuttered"
  fi
else
  skip "it hears how far they are apart" "this machine stuttered"
fi
"$relay" stop --demo
kill $sofa_pid
wait $sofa_pid 2>/dev/null || true # ended by a signal, as it was told to
