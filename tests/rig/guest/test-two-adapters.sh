# shellcheck shell=bash
# The Echo on one adapter, 150 ppm fast; three speakers of the three kinds on another. They report latencies
# that differ by up to 185 ms. Five minutes of music.
#
# speakers 3 4 5
# verdict --from 20
# bound clicks >= 275
# bound lost = 0
# bound doubled = 0
# bound latency_ms.growth < 8
# bound arrival_ms.worst < 4
# bound heard_ms.constant < 0.5
# bound heard_ms.p99 < 1
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound late = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 6
speaker_start hci3 hci1 --kind fifo --latency 150
speaker_start hci4 hci1 --kind conceal --latency 275
speaker_start hci5 hci1 --kind rtp --latency 90
radio_tell delay "$(address hci3)" 1500
radio_tell delay "$(address hci4)" 2750
radio_tell delay "$(address hci5)" 900
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
session_start 2
echo_start hci2 hci0 --ppm 150
speakers_play 20 3 4 5
sleep 300
finish
