#!/bin/bash
# make bench: speed, latency and staying in step, as figures.  Nothing here passes or fails.
#   MINUTES=5 PIPEWIRE_MINUTES=5 LONG_MINUTES=10 tests/bench/run.sh [engine|rooms|screen|link|visits|drift|pipewire|long]...
# Without arguments all of them, about 28 minutes.
set -u
cd "$(dirname "$0")/../.." || exit 70
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
relay=$build/echorelay tools=$build/tests/tools
work=$(mktemp -d)
# shellcheck source=tests/helpers/pipewire.sh
. tests/helpers/pipewire.sh
# shellcheck source=tests/helpers/ssh.sh
. tests/helpers/ssh.sh
cleanup() {
  pipewire_stop 2>/dev/null
  [ ! -S "$work/tmux" ] || tmux -S "$work/tmux" kill-server
  kill "${daemon_pid:-}" "${sshd_pid:-}" 2>/dev/null
  ip netns del "er-$$" 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
export HOME="$work" XDG_CONFIG_HOME="$work" XDG_STATE_HOME="$work" LC_ALL=C.UTF-8

title() { printf '\n== %s\n' "$*"; }

record_of() { # record_of SCENARIO FOLDER: the scenario, its speakers recorded there
  mkdir -p "$2"
  sed "0,/^\[adapter/s|^\[adapter|[world]\nrecord = $2\n[adapter|" "src/sim/scenarios/$1.scenario"
}

# Spacing of packets as the kernel stamped them on sending, first two seconds left out.
spacing() {
  for file in "$1"/*.packets; do
    awk 'NR > 140 { print ($1 - last) / 1e6 } { last = $1 }' "$file" | sort -n |
      awk -v name="$(basename "$file" .packets)" '{ v[NR] = $1 } END {
        printf "packet spacing, ms  %s  median %.3f  p99 %.3f  p99.9 %.3f  worst %.3f  (%d packets)\n",
          name, v[int(NR * .5)], v[int(NR * .99)], v[int(NR * .999)], v[NR], NR }'
  done
}

last_counts() { # what the last second's lines say of each speaker
  grep '^[0-9:]* speaker' "$1" | tail -"$2" |
    sed 's/.*\(speaker [0-9A-F:]*\).*jitter_ms=\([0-9.-]*\).* sent=\([0-9]*\) late=\([0-9]*\) dropped=\([0-9]*\) stalls=\([0-9]*\).*/\1  sent \3  late \4  dropped \5  stalls \6  jitter p95 \2 ms/'
}

bench_engine() {
  title "engine: what it costs"
  "$build/tests/bench/bench-engine"
}

bench_rooms() {
  title "finding a speaker's delay by microphone, in simulated rooms (0-800 ms, RT60 0.3-0.8 s, clocks off)"
  "$build/tests/bench/bench-rooms" "${ROOMS:-1000}"
}

on_terminal() { # on_terminal NAME OPTION... PROGRAM...: a line of figures
  printf '%-34s' "$1"
  shift
  TERM=xterm-256color timeout 120 "$tools/pty" "$@" || echo "did not end"
}

# Beside the four of healthy.scenario, on two more adapters, as they would have to be
four_more() { # four_more FIRST STEP: their latencies, ms
  printf '[adapter hci3]\naddress = 5C:F3:70:A1:22:08\n[adapter hci4]\naddress = 5C:F3:70:A1:22:09\n'
  for i in 0 1 2 3; do
    printf '[speaker Number %d]\nadapter = hci%d\nlatency = %d ms\nreports = %d ms\n' $((5 + i)) $((3 + i / 2)) \
      $(($1 + i * $2)) $(($1 + i * $2))
  done
}

bench_screen() {
  title "screen: what the terminal gets, what a key takes, what the first thread costs"
  demo="$relay --standalone --state $work/s --demo"
  sed 's/^\[echo .*/&\nevent = 1 s pause 600 s/' src/sim/scenarios/healthy.scenario >"$work/silent.scenario"
  { cat src/sim/scenarios/healthy.scenario && four_more 200 0; } >"$work/eight.scenario"
  # shellcheck disable=SC2086
  {
    on_terminal "4 speakers, music, 80x24" --keys 200 --escapes 50 $demo=healthy
    on_terminal "… 4 frames a second" $demo=healthy --fps 4
    on_terminal "… the Echo is silent" --warm 8 $demo="$work/silent.scenario"
    on_terminal "… speakers muted" --press M $demo=healthy
    on_terminal "… frozen" --press f $demo=healthy
    on_terminal "… ASCII, no colour" env LC_ALL=C NO_COLOR=1 $demo=healthy
    on_terminal "… 120x40" --size 40x120 $demo=healthy
    on_terminal "… grows to 200x60" --for 1 --resize 60x200 $demo=healthy
    on_terminal "8 speakers, music, 80x24" $demo="$work/eight.scenario"
    on_terminal "… 80x40" --size 40x80 $demo="$work/eight.scenario"
    on_terminal "diagnostics, 80x24" --press d $demo=healthy
    on_terminal "diagnostics, 120x40" --size 40x120 --press d $demo=healthy
    on_terminal "… a reader of 3000 B/s" --rate 3000 $demo=healthy
    bench_attached
  }
  for other in "htop -d 10" "htop -d 1" "btop"; do
    # shellcheck disable=SC2086
    command -v "${other%% *}" >/dev/null && on_terminal "$other" $other
  done
  echo "aims: 4000 B/s with music, 2500 at 4 frames, 400 in silence, 60 frozen, 7000 with 8 speakers;"
  echo "      first paint 50 ms, key p95 10 ms, Esc 40 ms of which 25 tell it from a longer key; a repaint 8 kB"
}

# --- link: over SSH, through a link as slow as a phone's at the edge of its cell --------------------

# Two ends of a wire, the far one in a network of its own; $far runs there.
link_make() {
  far="ip netns exec er-$$"
  ip netns add "er-$$" && ip link add "ern$$" type veth peer name "erf$$" netns "er-$$" &&
    ip addr add 10.231.0.1/30 dev "ern$$" && ip link set "ern$$" up &&
    $far ip addr add 10.231.0.2/30 dev "erf$$" && $far ip link set "erf$$" up && $far ip link set lo up
}

link_shape() { # link_shape KBIT: both ways
  tc qdisc replace dev "ern$$" root tbf rate "$1kbit" burst 1600 latency 400ms &&
    $far tc qdisc replace dev "erf$$" root tbf rate "$1kbit" burst 1600 latency 400ms
}

over_link() { # over_link NAME OPTION-OF-SSH COMMAND: its figures, and the rate that the header tells of
  printf '%-34s' "$1"
  # shellcheck disable=SC2086
  TERM=xterm-256color timeout 120 "$tools/pty" --for 20 --leave q --raw "$work/raw" "$work/ssh" $2 "$3" |
    tr ' ' '\n' | grep -E '^(bytes_per_s|restored_ms|key)' | tr '\n' ' '
  grep -aoE '[0-9]+ Hz \(slow link\)' "$work/raw" | sort | uniq -c | sort -rn | head -3 | tr -s ' \n' ' '
  echo
}

bench_link() {
  title "SSH through a shaped link: what arrives, and how long after q the screen is given back"
  if ! link_make 2>"$work/no-link"; then
    echo "no link could be made: $(tail -1 "$work/no-link")"
    return
  fi
  export XDG_RUNTIME_DIR=$work/link ssh_address=10.231.0.2 ssh_inside=$far
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  "$relay" daemon --demo=healthy --state "$work/s" >"$work/daemon" 2>&1 &
  daemon_pid=$!
  if ssh_start; then
    for fps in 10 20; do
      ssh_remote --demo --fps $fps
      for kbit in 128 64 32 16; do
        link_shape $kbit && over_link "$kbit kbit/s, $fps frames a second" "" "$work/remote"
      done
    done
    for other in "htop -d 1" btop; do
      command -v "${other%% *}" >/dev/null || continue
      for kbit in 128 64 32; do
        link_shape $kbit && over_link "$kbit kbit/s, $other" "" "LC_ALL=C.UTF-8 $other"
      done
    done
  else
    echo "no connection to shape: $ssh_problem"
  fi
  "$relay" stop --demo >/dev/null
  wait $daemon_pid
  ip netns del "er-$$"
}

# As it is used: the relay plays already, and a screen comes to it.
bench_attached() {
  export XDG_RUNTIME_DIR="$work/run"
  mkdir -p "$work/run"
  "$relay" daemon --demo=healthy --state "$work/s" >"$work/daemon" 2>&1 &
  sleep 5
  on_terminal "on a relay that runs, 80x24" --keys 200 "$relay" --demo
  "$relay" stop --demo >/dev/null
  wait %%
  unset XDG_RUNTIME_DIR
}

# Speakers whose clocks are off: how far they are apart at the end, and whether it grew as it must.
bench_drift() {
  minutes=${MINUTES:-5}
  title "clocks: speakers at 0, +50 and -50 ppm, $minutes minutes of real time"
  record_of healthy "$work/drift" | sed '0,/latency = 180/s//ppm = 50\nlatency = 180/; 0,/latency = 220/s//ppm = -50\nlatency = 220/' \
    >"$work/drift.scenario"
  "$tools/make-sound" $((minutes * 60)) "$work/in.wav"
  pipewire_start "$work/pw" || return
  "$relay" --demo="$work/drift.scenario" --source test-sink --batch --for $((minutes * 60 + 14)) \
    --state "$work/s" >"$work/batch" 2>&1 &
  sleep 8
  pw-play --target test-sink "$work/in.wav"
  wait %%
  "$tools/listen" --from 1 --to $((minutes * 60 - 1)) "$work/in.wav" "$work"/drift/*.wav |
    sed "s|$work/drift/||"
  echo "expected drift in frames: -50 ppm $((minutes * 60 * 44100 * 50 / 1000000)), +50 ppm -$((minutes * 60 * 44100 * 50 / 1000000)); the speakers' own clocks, which A2DP does not tell"
  pipewire_stop
  rm -rf "$work/pw" "$work/drift" "$work/in.wav"
}

bench_pipewire() {
  minutes=${PIPEWIRE_MINUTES:-5}
  title "real PipeWire, $minutes minutes of real time: music into a sink, four speakers"
  record_of healthy "$work/rec" >"$work/h.scenario"
  "$tools/make-sound" $((minutes * 60)) "$work/in.wav" "$work/coded.wav"
  pipewire_start "$work/pw" || return
  "$relay" --demo="$work/h.scenario" --source test-sink --batch --for $((minutes * 60 + 14)) \
    --state "$work/s" >"$work/batch" 2>&1 &
  sleep 8
  pw-play --target test-sink "$work/in.wav"
  wait %%
  "$tools/listen" --from 1 --to $((minutes * 60 - 1)) "$work/in.wav" "$work"/rec/*.wav | sed "s|$work/rec/||"
  "$tools/listen" --from 1 --to $((minutes * 60 - 1)) "$work/in.wav" "$work/coded.wav" |
    sed "s|$work/coded.wav|SBC alone|; /skew/d"
  spacing "$work/rec"
  last_counts "$work/batch" 4
  pipewire_stop
  rm -rf "$work/pw" "$work/rec"
}

bench_long() {
  minutes=${LONG_MINUTES:-10}
  title "8 speakers, $minutes minutes of real time"
  {
    record_of healthy "$work/long"
    four_more 200 10
  } >"$work/long.scenario"
  "$tools/witness" 20 >"$work/witness" &
  /usr/bin/env time -f 'whole program: %U s user, %S s system, %M KiB' \
    "$relay" --demo="$work/long.scenario" --batch --for $((minutes * 60)) --state "$work/s" \
    >"$work/batch" 2>"$work/time"
  kill %%
  wait
  last_counts "$work/batch" 8
  spacing "$work/long"
  tail -1 "$work/time"
  # a packet is late from 20 ms on: so often this machine itself stood still for as long
  sed 's/stops=\(.*\) longest_ms=\(.*\)/the machine stood still for 20 ms or more: \1 times, \2 ms at the most/' "$work/witness"
  rm -rf "$work/long"
}

# --- visits: what the speakers notice of screens that come and go ----------------------------------

window_open() { # window_open NAME COMMAND: in a terminal of its own; its process is written down
  tmux -S "$work/tmux" -f /dev/null new-session -d -s "$1" -x 100 -y 40 \
    "export TERM=tmux-256color; sh -c 'echo \$\$ >$work/pid.$1; exec $2'; sleep 1000"
  until tmux -S "$work/tmux" capture-pane -p -t "=$1:" | grep -q "Echo Dot"; do sleep 0.2; done
}
signal_to() { kill "-$2" "$(cat "$work/pid.$1")"; } # signal_to NAME SIGNAL

visit() { # visit NAME SIGNAL COMMAND: attaches, stays for four seconds, and ends by the signal
  window_open "$1" "$3"
  sleep 4
  signal_to "$1" "$2"
  sleep 4
}

# All the while, more than a minute, one screen is stopped.
visits_pay() {
  window_open stopped "$relay --demo"
  signal_to stopped STOP
  if ssh_start; then ssh_remote --demo; else echo "no connection to cut: $ssh_problem"; fi
  for round in 1 2 3; do
    visit "killed-$round" KILL "$relay --demo"
    visit "hung-up-$round" HUP "$relay --demo"
    [ ! -x "$work/remote" ] || visit "cut-off-$round" KILL "$work/ssh $work/remote"
  done
  signal_to stopped CONT
}

marks() { wc -l "$work"/visits/*.packets | awk '/packets$/ { print $2, $1 }'; }

# p99.9 of the spacing of all speakers' packets between two marks, in ms; the logs are a hundred lines behind
spacing_between() { # spacing_between MARKS MARKS
  join "$1" "$2" | while read -r file from to; do
    awk -v from="$from" -v to="$to" 'NR > from + 1 && NR < to { print ($1 - last) / 1e6 } { last = $1 }' "$file"
  done | sort -n | awk '{ v[NR] = $1 } END { printf "%.3f %.3f %d\n", v[int(NR * .999)], v[NR], NR }'
}

bench_visits() {
  command -v tmux >/dev/null || return
  title "screens that are killed, hung up, cut off, and stopped for a minute: what the speakers notice"
  record_of healthy "$work/visits" >"$work/visits.scenario"
  export XDG_RUNTIME_DIR=$work/run
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  "$relay" daemon --demo="$work/visits.scenario" --state "$work/s" --log "$work/visits.log" 2>/dev/null &
  daemon_pid=$!
  sleep 10
  marks >"$work/before"
  sleep 70
  marks >"$work/between"
  visits_pay
  marks >"$work/after"
  read -r alone worst_alone _ < <(spacing_between "$work/before" "$work/between")
  read -r visited worst count < <(spacing_between "$work/between" "$work/after")
  echo "packet spacing, ms, of four speakers: p99.9 $alone alone, $visited with visits (worst $worst_alone, $worst; $count packets)"
  awk "BEGIN { printf \"with visits / alone: %.3f\n\", $visited / $alone }"
  "$relay" status --demo --json | grep -oE '"(dropped|stalls)":[0-9]+' | sort | uniq -c
  "$relay" stop --demo
  wait $daemon_pid
}

[ $# -gt 0 ] || set -- engine rooms screen visits drift pipewire long
for part; do
  "bench_$part"
done
