#!/bin/bash
# make soak-real: HOURS (8) at real time: eight simulated speakers, the relay in the background, a screen attached.
# Each minute (STEP, 60 s) its resident memory and CPU, at the end the counters of each speaker.
set -u
cd "$(dirname "$0")/../.." || exit 70
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
relay=$build/echorelay
seconds=$(awk "BEGIN { print int(${HOURS:-8} * 3600) }")
work=$(mktemp -d)
export XDG_RUNTIME_DIR="$work/run" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config" TERM=xterm-256color
mkdir -m 700 "$XDG_RUNTIME_DIR"
cleanup() {
  kill "${daemon:-}" "${screen:-}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT

{
  for i in 0 1 2 3 4; do
    [ $i = 4 ] || printf '[adapter hci%d]\naddress = 00:1A:7D:DA:71:1%d\n' $i $i
  done
  printf '[echo Echo Dot]\nadapter = hci0\nsink = relay\nstarts = 1 s\nevent = every 10 min .. 30 min pause 4 s .. 20 s\n'
  for i in 0 1 2 3 4 5 6 7; do
    printf '[speaker Room %d]\naddress = 00:00:5E:00:53:0%d\nadapter = hci%d\n' $((i + 1)) $i $((i / 2))
    printf 'latency = %d ms\nreports = %d ms\nmtu = 1021\n' $((150 + 10 * i)) $((150 + 10 * i))
  done
} >"$work/eight.scenario"

"$relay" daemon --demo="$work/eight.scenario" --log "$work/log" &
daemon=$!
for _ in $(seq 100); do
  [ "$(grep -c ': streaming' "$work/log" 2>/dev/null)" = 8 ] && break
  sleep 0.2
done
"$build/tests/tools/pty" --for "$seconds" "$relay" --demo >"$work/screen" &
screen=$!

ticks() { sed 's/.*) //' "/proc/$daemon/stat" | awk '{ print $12 + $13 }'; }
resident() { awk '/VmRSS/ { print $2 }' "/proc/$daemon/status"; }
printf '%8s %12s %8s\n' minute 'resident KiB' 'CPU %'
hz=$(getconf CLK_TCK) before=$(ticks) step=${STEP:-60}
[ "$seconds" -ge "$step" ] || step=$seconds
for second in $(seq "$step" "$step" "$seconds"); do
  sleep "$step"
  kill -0 "$daemon" 2>/dev/null || { echo "the relay has ended"; exit 1; }
  now=$(ticks)
  printf '%8s %12s %8s\n' "$((second / 60))" "$(resident)" \
    "$(awk "BEGIN { printf \"%.1f\", 100 * ($now - $before) / $hz / $step }")"
  before=$now
done
wait "$screen"
echo "the screen: $(cat "$work/screen")"
"$relay" status --demo --json | grep -oE '"(name|sent|dropped|late|stalls|reconnects)":("[^"]*"|[0-9]+)' | tr '\n' ' ' |
  sed 's/"name"/\n&/g'
echo
