# shellcheck shell=bash
# The Echo pauses twice, which suspends its stream, and plays on; then it goes,
# and comes back with 48 kHz. The speakers' streams go on all the while, nothing clicks, it is heard again soon,
# and all is in step again.
#
# speakers 3 4
# verdict --from 8
# bound clicks >= 28
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound missing = 0
# bound underruns = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

two_adapters_start
speakers_play 20 3 4

# How long after the Echo's last start a speaker's silence was over, less the speaker's own latency, in ms
back_after() { # back_after SPEAKER
  awk '$1 == "start" && FILENAME ~ /echo/ { start = $2; next }
    $1 == "speaker" { split($2, latency, "=") }
    $1 == "silence" && !back && $2 + $3 * 1e6 > start { back = $2 + $3 * 1e6 }
    END { printf "%.0f\n", (back - start - latency[2]) / 1e6; exit !back }' /share/echo.log "/share/speaker-$1.log"
}
is_back() { # is_back WHAT STARTS: the Echo has begun so many times, and is heard soon
  expect "$1: the Echo plays" 10 counts "$2" '^start' /share/echo.log
  for speaker in 3 4; do
    expect "$1: speaker $speaker is heard" 10 back_after $speaker
    say "$1: speaker $speaker is heard $(back_after $speaker) ms after the Echo's first packet"
    [ "$(back_after $speaker)" -lt 200 ] || fail "$1: not within 200 ms"
  done
}

sleep 8
for round in 1 2; do
  echo_tell pause
  sleep 8
  echo_tell resume
  is_back "pause $round" $((round + 1))
  sleep 8
done
echo_tell rate 48000
is_back "at 48 kHz" 4
sleep 12
if grep '^jump' /share/speaker-[34].log; then fail "a pause, or the other rate, can be heard"; fi
if grep '^stop' /share/speaker-[34].log; then fail "a speaker's stream was stopped"; fi
finish
