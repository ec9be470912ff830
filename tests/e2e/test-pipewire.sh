#!/bin/bash
# Real input: a PipeWire daemon, music played into a node of it, that node's sound on four simulated
# speakers, and what each of them let hear against the music.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh
# shellcheck source=tests/helpers/pipewire.sh
. tests/helpers/pipewire.sh
tools=$build/tests/tools seconds=20

for program in pipewire wireplumber pw-play; do
  if ! command -v $program >/dev/null; then
    skip "real PipeWire" "$program is not installed"
    exit 0
  fi
done
if ! [ -e /proc/self/root ]; then # PipeWire looks there at who its clients are, and else lets them wait
  skip "real PipeWire" "there is no /proc"
  exit 0
fi
tap_cleanup() {
  pipewire_stop
  kill "${relay_pid:-}" "${control_pid:-}" "${silent_pid:-}" 2>/dev/null
}

mkdir "$work/pw"
"$tools/make-sound" $seconds "$work/in.wav" "$work/coded.wav"
result "music is made" $?
"$tools/listen" --from 1 --to $((seconds - 1)) "$work/in.wav" "$work/coded.wav" >"$work/reference"
sed 's/^/# SBC alone: /' "$work/reference"

relay_start() { # a fresh record, a fresh log
  rm -rf "$work/rec" "$work/log" "$work/batch"
  mkdir "$work/rec"
  sed "0,/^\[adapter/s||[world]\nrecord = $work/rec\n[adapter|" src/sim/scenarios/healthy.scenario >"$work/h.scenario"
  in_time "$relay" --demo="$work/h.scenario" --source test-sink --batch --for $((seconds + 20)) \
    --state "$work/state" --log "$work/log" >"$work/batch" 2>&1 &
  relay_pid=$!
}

# the program is there before PipeWire: a state, not an end
export XDG_RUNTIME_DIR=$work/pw/run
relay_start
wait_for 10 grep -q "no PipeWire" "$work/log"
result "no PipeWire is told" $?
pipewire_start "$work/pw"
result "PipeWire starts" $?
wait_for 10 grep -q "source test-sink state=streaming" "$work/batch"
result "and is found" $?

snr() { sed -n 's/.*snr_db=\([0-9.]*\).*/\1/p' "$1" | sort -n | head -1; }
play() { # into the speakers, and into PipeWire's own recorder beside them
  wait_for 15 sh -c "grep -c ': streaming' '$work/log' | grep -q '[4-9]'"
  in_time pw-record --rate 44100 --target test-sink -P '{ stream.capture.sink = true }' "$work/control.wav" >/dev/null 2>&1 &
  control_pid=$!
  (in_time pw-play --target test-sink "$work/in.wav") && wait $relay_pid
  ended=$?
  kill $control_pid
  wait $control_pid
  return $ended
}
compare() {
  "$tools/listen" --from 1 --to $((seconds - 1)) "$work/in.wav" "$work"/rec/*.wav >"$work/heard" &&
    awk -v heard="$(snr "$work/heard")" -v alone="$(snr "$work/reference")" \
      'BEGIN { exit !(heard > alone - 1) }'
}
# Player, daemon and relay all need the processor in time: on a machine that is busy with other things a
# stutter says nothing of the relay.  What the relay does wrong, it does wrong each time.
for attempt in 1 2 3 4; do
  [ $attempt = 1 ] || relay_start
  play
  ended=$?
  compare
  heard=$?
  sed "s/^/# attempt $attempt: /" "$work/heard"
  [ "$heard" != 0 ] || break
done
result "the program ends well" "$ended"
if [ "$heard" != 0 ] && ! "$tools/listen" --from 1 --to $((seconds - 1)) "$work/in.wav" "$work/control.wav" >"$work/missed"; then
  skip "each speaker let hear all of it" "nor did PipeWire's own recorder: $(head -1 "$work/missed")"
else
  result "each speaker let hear all of it, within the error of SBC itself" "$heard"
fi

# a node that is not there, and one that goes
"$relay" --demo=healthy --source no-such-node --batch --for 3 --state "$work/state" >"$work/batch" 2>&1
result "a source that does not exist is no end" $?
grep -q "PipeWire has no node 'no-such-node'" "$work/batch"
result "and is told" $?

# one that is on and sends nothing: PipeWire fills in silence, which is not to be taken for sound
"$tools/silent-node" mute-source &
silent_pid=$!
"$relay" --demo=healthy --source mute-source --batch --for 6 --state "$work/state" --log "$work/mute.log" >"$work/batch" 2>&1
kill $silent_pid
grep -q "source mute-source state=streaming" "$work/batch"
result "a source that sends nothing is captured" $?
grep -q "the source plays" "$work/mute.log"
[ $? = 1 ]
result "and does not play" $?

"$relay" --demo=healthy --source test-source --batch --for 600 --state "$work/state" >"$work/batch" 2>&1 &
relay_pid=$!
wait_for 10 grep -q "source test-source state=streaming" "$work/batch"
result "a source node is captured" $?
pipewire_stop
wait_for 10 sh -c "tail -5 '$work/batch' | grep -q 'no PipeWire'"
result "PipeWire goes: told" $?
rm -rf "$work/pw"
mkdir "$work/pw"
pipewire_start "$work/pw"
wait_for 10 sh -c "tail -5 '$work/batch' | grep -q 'source test-source state=streaming'"
result "PipeWire comes back: captured again" $?

# PipeWire is killed while it hands over sound, again and again: in the middle of whatever it did with us
heard() { tail -12 "$work/batch" | grep 'source test-source state=streaming' | grep -q 'peak_db=-[0-9]'; }
play_source() { (in_time pw-play --target test-source "$work/in.wav") >/dev/null 2>&1 & player_pid=$!; }
killed=0
for round in 1 2 3 4; do
  play_source
  wait_for 20 heard || break
  kill -9 "$pw_daemon" "$pw_manager"
  wait "$pw_daemon" "$pw_manager" "$player_pid" 2>/dev/null
  wait_for 10 sh -c "tail -5 '$work/batch' | grep -q 'no PipeWire'" && kill -0 $relay_pid || break
  rm -rf "$work/pw"
  mkdir "$work/pw"
  pipewire_start "$work/pw"
  wait_for 10 sh -c "tail -5 '$work/batch' | grep -q 'source test-source state=streaming'" || break
  killed=$round
done
[ "$killed" = 4 ]
result "PipeWire is killed in the midst of it, four times" $?
play_source
wait_for 20 heard
result "and then it plays again" $?
kill "$player_pid" 2>/dev/null
kill -TERM $relay_pid
wait $relay_pid
result "and ends well" $?
