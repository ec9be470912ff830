# shellcheck shell=bash
# A speaker is out of reach for 600 ms while all play. What it does to the others is told; afterwards all
# are in step again, and have lost nothing more.
#
# By hand: tests/rig/check-rig.sh tests/rig/guest/fade.sh
#
# speakers 3 4
# verdict --from 25
# bound clicks >= 10
# bound lost = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 5
speaker_start hci3 hci1
speaker_start hci4 hci1
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
session_start 2
echo_start hci2 hci0
expect "speaker 3 plays" 20 grep -q '^heard' /share/speaker-3.log
expect "speaker 4 plays" 20 grep -q '^heard' /share/speaker-4.log
sleep 12
radio_tell fade "$(address hci4)" 600
sleep 28
say "the other speaker's longest gap: $(awk '/^gap/ && $3 > most { most = $3 } END { print most + 0 }' /share/speaker-3.log) ms"
finish
