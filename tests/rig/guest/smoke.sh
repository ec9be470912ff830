# shellcheck shell=bash
# bluetoothd, two speakers and an Echo; the relay connects them all, headless.
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 4
speaker_start hci2 hci0
speaker_start hci3 hci0
relay_start
session_start 1
echo_start hci1 hci0
expect "speaker 2 plays" 20 grep -q '^start' /share/speaker-2.log
expect "speaker 3 plays" 20 grep -q '^start' /share/speaker-3.log
expect "speaker 2 lets hear clicks" 20 grep -q '^heard' /share/speaker-2.log
expect "speaker 3 lets hear clicks" 20 grep -q '^heard' /share/speaker-3.log
finish
