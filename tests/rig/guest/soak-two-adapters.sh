# shellcheck shell=bash
# Half an hour: the Echo on one adapter, its clock 150 ppm fast, three speakers of three kinds on another.
#
# speakers 3 4 5
# verdict --from 30
# bound clicks >= 1700
# bound lost = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 6
speaker_start hci3 hci1 --kind fifo
speaker_start hci4 hci1 --kind conceal
speaker_start hci5 hci1 --kind rtp
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
session_start 2
echo_start hci2 hci0 --ppm 150
speakers_play 30 3 4 5
sleep 1800
finish
