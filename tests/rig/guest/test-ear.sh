# shellcheck shell=bash
# Lining up by microphone. Speaker 3 has 170 ms of sound processing that its report does not tell of. What both let
# be heard is mixed, as it is played, into a microphone two metres off; `echorelay align` is asked for at once, while
# the engine still learns the Echo's pace. Its results kept, the clicks meet at the ear.
#
# speakers 2 3
# verdict --from 85
# bound clicks >= 20
# bound lost = 0
# bound doubled = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 0.5
# bound silences = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 4
speaker_start hci2 hci0 --latency 150 --wav /tmp/speaker-2.wav
speaker_start hci3 hci0 --latency 320 --wav /tmp/speaker-3.wav
radio_tell delay "$(address hci2)" 1500
radio_tell delay "$(address hci3)" 1500
relay_start
session_start 1
echo_start hci1 hci0
speakers_play 20 2 3
microphone_start sofa /tmp/speaker-2.wav:2 /tmp/speaker-3.wav:2

# --- measured, and kept ---------------------------------------------------------------------------------
figure() { # figure NAME hciN
  sed 's/},{/}\n{/g' /share/found.json | sed -n "/\"$(address "$2")\"/s/.*\"$1\":\([-0-9.]*\),.*/\1/p"
}
measure() { # measure [OPTION]...
  as_player echorelay align --mic sofa --json "$@" >/share/found.json 2>>/share/align.err ||
    fail "align: $(cat /share/found.json /share/align.err)"
  say "found: $(figure found_ms hci2) and $(figure found_ms hci3) ms, $(figure apart_ms hci3) ms apart at the ear"
}
is_near() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a - b < 0.5 && b - a < 0.5) }'; }

measure --keep
is_near "$(figure apart_ms hci3)" 170 || fail "they are 170 ms apart"
sleep 5 # the delay lines come to rest
measure
is_near "$(figure apart_ms hci2)" "$(figure apart_ms hci3)" || fail "they are apart"
until_clicks() { counts "$1" '^click' /share/echo.log; }
expect "music for 110 s" 120 until_clicks 110
finish
