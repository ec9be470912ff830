# shellcheck shell=bash
# An Echo on one adapter, six speakers that are paired with two: they are spread by air time, two beside the Echo
# and four on the other, which plays three of them at bitpool 53 and four at 45. The fourth one there begins when the
# others play already, and must not stay behind. With BlueZ 5.82 speakers agree on packets of 1021 bytes, and are taken
# for those of 3 Mbit/s that they are here: their bitpools may stay.
#
# speakers 3 4 5 6 7 8
# verdict --from 16
# bound clicks >= 34
# bound lost = 0
# bound doubled = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound late = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

kbit=1400
if grep -q trixie /etc/os-release; then kbit=2100; fi
radio_start 9 --kbit $kbit
for number in 3 4 5 6 7 8; do
  speaker_start hci$number hci0
  pair hci1 "$(address hci$number)" || fail "pairing speaker $number with the second adapter"
done
echo_switch_on hci2 hci0
pair hci0 "$(address hci2)" || fail "pairing the Echo"
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
relay_do "Speaker 8" connect off
session_start 2
echo_tell connect
speakers_play 60 3 4 5 6 7
sleep 5
played_at() { as_player echorelay status --json | tr , '\n' | grep '"bitpool"' | tr -dc '0-9\n' | sort -n | uniq -c | xargs; }
say "before: $(played_at)"
relay_do "Speaker 8" connect on
speakers_play 10 8
say "after: $(played_at)"
sleep 45
as_player echorelay status --json >/share/status.json
placed_on() { tr , '\n' </share/status.json | grep -A 1 '"name": *"Speaker' | grep -c "\"adapter\": *\"$(address "$1")\""; }
say "$(placed_on hci0) speakers beside the Echo, $(placed_on hci1) on the other adapter"
[ "$(placed_on hci0) $(placed_on hci1)" = "2 4" ] || fail "that is not what their air time says"
[ $kbit = 2100 ] || grep -q "hci1: 4 speakers want .*: bitpool falls to 45" /share/events.log ||
  fail "that the bitpools fall is not told"
if grep congested /share/events.log; then fail "they did not fall before it began"; fi
finish
