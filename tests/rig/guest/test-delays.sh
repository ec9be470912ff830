# shellcheck shell=bash
# Two speakers, one 125 ms slower than the other, say while they play how slow they are, and one of them says for
# a while that it is slower than it is. The relay believes each word: what they let be heard meets where they tell
# the truth, and gets there without a break.
#
# Only from BlueZ 5.79 on can a speaker of the rig report what it wants.
#
# releases trixie
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 5
speaker_start hci3 hci1 --latency 150 --report 150,275,150
speaker_start hci4 hci1 --latency 275 --report 150,275
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
session_start 2
echo_start hci2 hci0
speakers_play 20 3 4

# Clicks of both since an instant: how much later than speaker 3's are speaker 4's, in ms, at the least and most
distances() { # distances NS
  awk -v since="$1" '$1 == "heard" && $2 > since { if (FILENAME ~ /3/) first[++n] = $2; else other[++m] = $2 }
    END { for (i = 1; i <= n; i++) for (k = 1; k <= m; k++) {
            ms = (other[k] - first[i]) / 1e6
            if (ms < -400 || ms > 400) continue
            if (!count++ || ms < least) least = ms
            if (count == 1 || ms > most) most = ms }
          printf "%d %.3f %.3f\n", count, least, most }' /share/speaker-3.log /share/speaker-4.log
}
are_apart() { # are_apart WHAT MS: from five seconds after now on, within 1 ms
  local since count least most
  sleep 5
  since=$(now_ns)
  sleep 6
  read -r count least most < <(distances "$since")
  say "$1: speaker 4 is $least to $most ms after speaker 3, $count clicks"
  awk -v least="$least" -v most="$most" -v ms="$2" -v count="$count" \
    'BEGIN { exit !(count >= 4 && least > ms - 1 && most < ms + 1) }' || fail "$1: not $2 ms apart"
}

are_apart "both reported 150 ms" 125
speaker_reports hci4
are_apart "the slower one reported 275 ms" 0
speaker_reports hci3
are_apart "the other one, too" 125
speaker_reports hci3
are_apart "it is 150 ms again" 0

if grep '^jump\|^stop\|^silence [1-9]' /share/speaker-[34].log; then fail "that can be heard"; fi
finish
