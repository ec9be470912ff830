# shellcheck shell=bash
# A speaker's link is lost, and it is away for ten seconds. The relay finds it again by itself, the other one
# has not noticed, and both are in step.
#
# By hand: tests/rig/check-rig.sh tests/rig/guest/cut.sh
#
# speakers 3 4
# verdict --from 45
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
sleep 8
radio_tell away "$(address hci4)"
radio_tell cut "$(address hci4)"
expect "speaker 4's stream ends" 10 grep -q '^stop' /share/speaker-4.log
sleep 10
radio_tell back "$(address hci4)"
expect "it streams again" 30 counts 2 '^start' /share/speaker-4.log
sleep 25
if grep -q '^stop' /share/speaker-3.log; then fail "the other speaker's stream has ended, too"; fi
say "the other speaker's longest gap: $(awk '/^gap/ && $3 > most { most = $3 } END { print most + 0 }' /share/speaker-3.log) ms"
finish
