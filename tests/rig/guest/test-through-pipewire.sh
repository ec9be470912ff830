# shellcheck shell=bash
# `capture = pipewire`: the Echo plays to WirePlumber, and comes through PipeWire's jitter buffer, which holds much
# in its first minute. Then WirePlumber starts anew, and PipeWire; nobody does anything about it, and it plays again.
#
# speakers 2 3
# verdict --from 8 --to 50
# bound clicks >= 40
# bound lost = 0
# bound doubled = 0
# bound latency_ms.median <= 66
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound underruns = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

relay_configure "capture = pipewire"
one_adapter_start
speakers_play 20 2 3
sleep 50

plays_again() { heard_again "$@" 60 "$(now_ns)" 2 3; } # plays_again WHAT
wireplumber_end
wireplumber_start
plays_again "WirePlumber restarted"
sleep 5
wireplumber_end
pipewire_end
pipewire_start
wireplumber_start
plays_again "PipeWire restarted"
finish
