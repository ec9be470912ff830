# shellcheck shell=bash
# The Echo pauses, which suspends its stream and takes its node out of PipeWire, and plays on eight seconds
# later. The speakers' streams go on all the while, and all is in step afterwards.
#
# By hand, on a machine with nothing else to do: tests/rig/check-rig.sh tests/rig/guest/pause.sh. It needs the
# mode that counts CPU time, which a busy host makes too long.
#
# mode tt
# speakers 3 4
# verdict --from 35
# bound clicks >= 8
# bound lost = 0
# bound heard_ms.constant < 0.5
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
echo_tell pause
sleep 8
heard=$(grep -c '^heard' /share/speaker-3.log)
echo_tell resume
expect "the Echo is heard again" 10 counts $((heard + 1)) '^heard' /share/speaker-3.log
sleep 25
if grep -q '^stop' /share/speaker-[34].log; then fail "a speaker's stream was stopped"; fi
finish
