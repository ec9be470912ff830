# shellcheck shell=bash
# An Echo and six speakers on one adapter. On links of 2 Mbit/s five of them fit, at bitpool 25: these play as if they
# were alone, the Echo's own stream has no gap, and the sixth is told that it waits, and plays when another one leaves.
# With BlueZ 5.82 speakers agree on packets of 1021 bytes, and are taken for those of 3 Mbit/s that they are here: all
# six fit, at 29. There a packet of 15 SBC frames, which three of them begin with, takes 1.3 ms more of the rig's air than
# one of five.
#
# speakers 2 3 4 5 6
# verdict --from 10 --to 40
# bound clicks >= 29
# bound lost = 0
# bound doubled = 0
# bound-bookworm heard_ms.constant < 0.5
# bound-trixie heard_ms.constant < 1.5
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound underruns = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

kbit=1400 play=5 bitpool=25
if grep -q trixie /etc/os-release; then kbit=2100 play=6 bitpool=29; fi
radio_start 8 --kbit $kbit
for number in 2 3 4 5 6 7; do
  speaker_start hci$number hci0
done
echo_switch_on hci1 hci0
pair hci0 "$(address hci1)" || fail "pairing the Echo"
relay_start
session_start 1
echo_tell connect
speakers_play 30 2 3 4 5 6
sleep 42
as_player echorelay status >/share/status.txt
cat /share/status.txt
as_player echorelay status --json | tr , '\n' >/share/status.json
[ "$(grep -c "\"bitpool\": *$bitpool$" /share/status.json)" = $play ] || fail "not $play play at bitpool $bitpool"
grep -q '^source .* gaps=0 ' /share/status.txt || fail "the Echo's own stream has gaps"
grep -q "the Echo and $play speakers want .*: bitpool falls to" /share/events.log || fail "that the bitpools fall is not told"
if grep "congested\|takes no packets" /share/events.log; then fail "that was too much for the air"; fi
if [ $play = 5 ]; then
  grep -q 'problem="no air left there for one more' /share/status.txt || fail "nobody is told that he waits"
  if grep '^heard' /share/speaker-7.log; then fail "the sixth one plays, too"; fi
  relay_do "Speaker 2" connect off
fi
expect "the sixth one plays" 10 grep -q '^heard' /share/speaker-7.log
finish
