# shellcheck shell=bash
# An Echo on one adapter, six speakers that are paired with two: they are spread by air time, two beside the Echo
# and four on the other, and all of it is carried.  Their links are of 3 Mbit/s: four streams at full quality are all
# that one of 2 Mbit/s holds, and who begins on full air has its place behind what waited there.
#
# speakers 3 4 5 6 7 8
# verdict --from 10
# bound clicks >= 35
# bound lost = 0
# bound doubled = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound late = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 9 --kbit 2100
for number in 3 4 5 6 7 8; do
  speaker_start hci$number hci0
  pair hci1 "$(address hci$number)" || fail "pairing speaker $number with the second adapter"
done
echo_switch_on hci2 hci0
pair hci0 "$(address hci2)" || fail "pairing the Echo"
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
session_start 2
echo_tell connect
speakers_play 3 4 5 6 7 8
sleep 50
as_player echorelay status --json >/share/status.json
placed_on() { tr , '\n' </share/status.json | grep -A 1 '"name": *"Speaker' | grep -c "\"adapter\": *\"$(address "$1")\""; }
say "$(placed_on hci0) speakers beside the Echo, $(placed_on hci1) on the other adapter"
[ "$(placed_on hci0) $(placed_on hci1)" = "2 4" ] || fail "that is not what their air time says"
finish
