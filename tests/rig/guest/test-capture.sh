# shellcheck shell=bash
# The engine reads the Echo's packets itself, past PipeWire's buffer: the Echo and two speakers on one adapter.
#
# speakers 2 3
# verdict --from 8
# bound clicks >= 50
# bound lost = 0
# bound doubled = 0
# bound-bookworm latency_ms.median <= 36
# bound-trixie latency_ms.median <= 40
# bound latency_ms.growth < 4
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound underruns = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

relay_configure "capture = bluetooth"
one_adapter_start
speakers_play 20 2 3
sleep 60
finish
