# shellcheck shell=bash
# A speaker goes and comes back: switched off and on, waiting to be called or calling itself, and lost on the air; then
# the adapter of all speakers is pulled out and put in again.  Nobody does anything about it, and it plays again;
# the other speaker has not noticed, and both are in step afterwards.
#
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

two_adapters_start
speakers_play 20 3 4
sleep 5

stops() { counts "$1" '^stop' "/share/speaker-$2.log"; } # stops TIMES SPEAKER
came_back() { # came_back WHAT SECONDS NS SPEAKER
  expect "$1: it streams" "$2" streams_since "$3" "$4"
  expect "$1: it is heard" "$2" heard_since "$3" "$4"
  say "$1: streams after $(streams_since "$3" "$4") s, is heard after $(heard_since "$3" "$4") s"
}
gone=0
switch_off() {
  gone=$((gone + 1))
  radio_tell away "$(address hci4)"
  adapter_power hci4 false
  expect "its stream ends" 10 stops $gone 4
}
switch_on() {
  radio_tell back "$(address hci4)"
  adapter_power hci4 true
}

for away in 1 15; do
  switch_off
  sleep $away
  since=$(now_ns)
  switch_on
  came_back "off for $away s, waits to be called" 120 "$since" 4
  sleep 21 # a link that has held so long is a good one
done

switch_off
sleep 15
since=$(now_ns)
switch_on
owner_call hci4 hci1
came_back "off, calls itself" 30 "$since" 4
sleep 21

for away in 1 15; do
  gone=$((gone + 1))
  radio_tell away "$(address hci4)"
  radio_tell cut "$(address hci4)"
  expect "its link is lost" 10 stops $gone 4
  sleep $away
  since=$(now_ns)
  radio_tell back "$(address hci4)"
  came_back "lost for $away s" 120 "$since" 4
  sleep 21 # a link that has held so long is a good one
done
in_step() { # in_step NS: since then both have let the same clicks be heard, within half a millisecond
  awk -v since="$1" 'FNR == 1 { file++ }
    $1 == "heard" && $2 > since + 0 { at[file, ++count[file]] = $2 }
    END { if (count[1] < 10 || count[1] != count[2]) exit 1
          for (i = 1; i <= count[1]; i++) if ((at[1, i] - at[2, i]) ^ 2 > 0.25e12) exit 1 }' /share/speaker-[34].log
}
in_step $(($(now_ns) - 15000000000)) || fail "they are not in step"
undisturbed() { awk '$1 == "stop" || $1 == "silence" && $2 > 0 || $1 == "gap" && $3 > 20 { exit 1 }' /share/speaker-3.log; }
undisturbed || fail "the other speaker has noticed"
say "the other one's longest gap: $(awk '/^gap/ && $3 > most { most = $3 } END { print most + 0 }' /share/speaker-3.log) ms"

radio_tell pull "$(address hci1)"
expect "the adapter is gone" 10 stops 1 3
sleep 5
since=$(now_ns)
radio_tell plug "$(address hci1)"
held=
if grep -q VERSION_CODENAME=bookworm /etc/os-release; then
  # PipeWire 0.3.65 cannot leave speakers alone, and takes one of an adapter that comes back: the user is told the cure
  expect "a speaker is held" 20 grep -q "WirePlumber holds it - systemctl --user restart wireplumber" /share/events.log
  held=$(sed -n 's/.*Speaker \([34]\): WirePlumber holds it.*/\1/p' /share/events.log | head -1)
fi
for number in 3 4; do
  [ "$number" = "$held" ] || came_back "the adapter is back: speaker $number" 60 "$since" $number
done
finish
