# shellcheck shell=bash
# The Echo, its clock 150 ppm slow, and two speakers on one adapter of the relay's, five minutes of music. With
# BlueZ 5.82 the Echo's packets are of 8 SBC frames and take 5.5 ms of the air; a speaker's may wait for one, and for
# the other speaker's, which takes 3.5.
#
# speakers 2 3
# verdict --from 8
# bound clicks >= 285
# bound lost = 0
# bound doubled = 0
# bound latency_ms.median <= 40
# bound latency_ms.growth < 8
# bound-bookworm arrival_ms.worst < 4
# bound-trixie arrival_ms.worst < 9
# bound heard_ms.constant < 0.5
# bound heard_ms.p99 < 1
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound underruns = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

one_adapter_start --ppm -150
speakers_play 20 2 3
sleep 300
finish
