# shellcheck shell=bash
# An Echo that is connected, says that it plays, and sends nothing: it is connected anew, and the music is back. The
# speakers' streams go on.
#
# speakers 2 3
# verdict --from 40
# bound clicks >= 8
# bound lost = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

one_adapter_start
speakers_play 20 2 3
sleep 10
hushed=$(now_ns)
echo_tell hush
heard_after() { # heard_after SPEAKER: the first click of the Echo's next stream, s after it fell silent
  awk -v since="$hushed" '$1 == "heard" && $2 > since + 2e9 { printf "%.1f\n", ($2 - since) / 1e9; found = 1; exit }
    END { exit !found }' "/share/speaker-$1.log"
}
expect "the relay notices that nothing comes" 40 grep -q "nothing comes: connecting it anew" /share/events.log
for number in 2 3; do
  expect "speaker $number is heard again" 30 heard_after $number
  say "speaker $number is heard again $(heard_after $number) s after the Echo fell silent"
done
sleep 20
if grep '^stop' /share/speaker-[23].log; then fail "a speaker's stream was stopped"; fi
finish
