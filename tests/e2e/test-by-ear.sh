#!/bin/bash
# Lining up by ear, in a terminal: somebody hears what two speakers let be heard, and presses the keys that the view
# tells him.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh
# shellcheck source=tests/helpers/terminal.sh
. tests/helpers/terminal.sh

terminal_wanted "lining up by ear"
tap_cleanup() { terminal_end; }

# Both report 180 ms; the second speaker's sound processing takes 73 ms more, which it does not tell.
mkdir "$work/heard"
cat >"$work/house.scenario" <<X
[world]
record = $work/heard
[adapter hci0]
address = 00:1A:7D:DA:71:13
[echo Echo Dot]
address = 44:00:49:12:AB:CD
starts = 10000 s
[speaker Hall]
address = 00:00:5E:00:53:01
kind = rtp
latency = 180 ms
reports = 180 ms
[speaker Kitchen]
address = 00:00:5E:00:53:02
kind = rtp
latency = 253 ms
reports = 180 ms
X
record() { echo "$work/heard/00-00-5E-00-53-0$([ "$1" = Hall ] && echo 1 || echo 2).wav"; }

# The next pair of clicks, a while after what was done: ms by which the second speaker comes later, and where.
hear() { # hear REFERENCE CANDIDATE [FRAME]
  timeout 60 "$build/tests/tools/hears" "$(record "$1")" "$(record "$2")" ${3:+"$3"}
}
# Which keys bring it nearer, as the view says: "," where it comes after the reference, "." where before.
keys_for() { # keys_for MS
  awk -v ms="$1" 'BEGIN {
    later = ms > 0; ms = later ? ms : -ms
    for (n = int(ms / 10); n > 0; n--) printf "%s ", later ? "<" : ">"
    for (n = int(ms - 10 * int(ms / 10) + 0.5); n > 0; n--) printf "%s ", later ? "," : "."
  }'
}
is_near() { awk -v ms="$1" 'BEGIN { exit !(ms != "" && ms < 1.5 && ms > -1.5) }'; }
named() { screen | sed -n "s/.*$1 *[0-9] \\([A-Z][a-z]*\\) .*/\\1/p"; }

tmux new-session -d -s t -x 80 -y 24 "export TERM=tmux-256color LC_ALL=C.UTF-8
  exec '$relay' --standalone --demo='$work/house.scenario' --state '$work/state'"
both_play() { shows "Echo→2"; }
wait_for 60 both_play
result "two speakers play" $?
keys t
sees "the view tells what to press" "it comes after the reference?   press ,"
reference=$(named reference) candidate=$(named adjusting)
[ "$reference" ] && [ "$candidate" ] && [ "$reference" != "$candidate" ]
result "and who is who" $?

frame='' first=''
for _ in 1 2 3 4 5; do
  read -r apart frame < <(hear "$reference" "$candidate" $frame) || continue # a machine that stutters
  echo "# hears $candidate $apart ms after $reference"
  first=${first:-$apart}
  is_near "$apart" && break
  read -ra pressed < <(keys_for "$apart")
  for key in "${pressed[@]}"; do keys -l -- "$key"; done
  frame=$((frame + 3 * 44100)) # it takes a breath to be there
done
awk -v ms="$first" 'BEGIN { exit !(ms * ms > 70 * 70 && ms * ms < 76 * 76) }'
result "they are heard apart at first" $?
is_near "$apart"
result "and as one at last" $?
keys Enter
keys Q y
wait_for 10 grep -q '"trim_ms": -\?7[0-9]' "$work/state/speakers.json"
result "what was found by ear is kept" $?
