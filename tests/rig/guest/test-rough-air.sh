# shellcheck shell=bash
# The Echo's link loses every fifth packet for 20 s, and then nothing gets through five times for 40 ms, as beside
# a busy Wi-Fi. What comes late goes on late, and the speakers' buffers make it even: nothing is to be heard of it.
#
# By hand, for comparison, through PipeWire's jitter buffer:
#     tests/rig/run.sh tests/rig/guest/test-rough-air.sh pipewire
#
# speakers 3 4
# verdict --from 8
# bound clicks >= 37
# bound lost = 0
# bound doubled = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# bound missing = 0
# bound underruns = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

relay_configure "capture = ${1:-bluetooth}"
two_adapters_start
speakers_play 20 3 4
sleep 12
since=$(now_ns)
radio_tell loss "$(address hci2)" 20
sleep 20
radio_tell loss "$(address hci2)" 0
for _ in 1 2 3 4 5; do
  radio_tell fade "$(address hci2)" 40
  sleep 2.3
done
sleep 5
# a jump is where the sound breaks off or in
if awk -v since="$since" '$1 == "jump" && $2 > since { print; found = 1 } END { exit !found }' /share/speaker-[34].log; then
  fail "the Echo's air can be heard"
fi
finish
