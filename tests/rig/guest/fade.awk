# What a fade did: reads speakers' logs, of what came since `since` (ns), when speaker `hurt` was.
#
#     awk -v since=NS -v hurt=LOG -v guarded=1 -f fade.awk LOG...
#
# Prints what it saw, and ends with 1 if the hurt speaker does not let hear each click when the others do
# from `back` seconds on, or, where guarded, if the others had a gap, or a silence. A speaker's log has gaps
# from 20 ms on; those of a speaker with longer packets, from as much more.

BEGIN {
  back = 4
  sample_us = 1e6 / 44100
}

$1 == "gap" && $2 + $3 * 1e6 > since && $3 > gap[FILENAME] { gap[FILENAME] = $3 }
$1 == "silence" && $2 > since { silences[FILENAME]++ }
$1 == "stop" && $2 > since { stops[FILENAME]++ }
$1 == "heard" && $2 > since { heard[FILENAME, count[FILENAME]++] = $2 }

# How far the hurt speaker is from this click of another one, in us; nothing near: -1.
function distance_us(ns,    i, us, best) {
  best = -1
  for (i = 0; i < count[hurt]; i++) {
    us = (heard[hurt, i] - ns) / 1000
    if (us < 0) us = -us
    if (us < 400000 && (best < 0 || us < best)) best = us
  }
  return best
}

function judge(other,    i, us, seconds, last, worst, lost, clicks, off) {
  last = worst = lost = clicks = off = 0
  for (i = 0; i < count[other]; i++) {
    us = distance_us(heard[other, i])
    seconds = (heard[other, i] - since) / 1e9
    if (us < 0 || us > sample_us) last = seconds
    if (seconds < back) continue
    clicks++
    if (us < 0) lost++
    if (us > worst) worst = us
    if (us > sample_us) off++
  }
  printf "%s: gap %.2f ms, silences %d, stops %d; ", other, gap[other], silences[other], stops[other]
  printf "from it: %d clicks, lost %d, off %d, worst %.1f us, the last one out of place at %.1f s\n",
    clicks, lost, off, worst, last
  if (!clicks || lost || off) wrong = 1
  if (guarded && (gap[other] || silences[other])) wrong = 1
}

END {
  printf "%s was hurt: gap %.2f ms, silences %d, stops %d\n", hurt, gap[hurt], silences[hurt], stops[hurt]
  for (i = 1; i < ARGC; i++)
    if (ARGV[i] != hurt) judge(ARGV[i])
  exit wrong
}
