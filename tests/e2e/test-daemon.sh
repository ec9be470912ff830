#!/bin/bash
# Music outlives the terminal: the relay in the background, screens that are closed, killed, hung up and stopped,
# SSH connections that break, scripts; and a relay that is killed itself.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh
# shellcheck source=tests/helpers/ssh.sh
. tests/helpers/ssh.sh

if ! command -v tmux >/dev/null; then
  skip "relay in the background" "tmux is not installed"
  exit 0
fi
export TMUX_TMPDIR=$work LC_ALL=C.UTF-8
tmux() { command tmux -L echorelay -f /dev/null "$@"; }
tap_cleanup() {
  tmux kill-server >/dev/null 2>&1
  cat "$work"/pid.* 2>/dev/null | xargs -r kill -CONT 2>/dev/null
  kill -9 "${daemon_pid:-}" 2>/dev/null
  kill "${sshd_pid:-}" "${watch_pid:-}" 2>/dev/null
}

# Speakers with so long a buffer that no stutter of the machine makes a packet too late for them: one that is
# missing is missing for a reason.  (Nobody waits longer than 300 ms for a packet, whatever the buffer.)
mkdir "$work/rec"
sed -e "0,/^\[adapter/s||[world]\nrecord = $work/rec\n[adapter|" -e 's/^\(latency\|reports\) = .*/\1 = 600 ms/' \
  src/sim/scenarios/healthy.scenario >"$work/h.scenario"

daemon_start() {
  "$relay" daemon --demo="$work/h.scenario" --state "$work/state" --log "$work/log" 2>"$work/errors" &
  daemon_pid=$!
  wait_for 30 "$relay" log --demo
}
# the figure KEY of every speaker, one a line
figures() { "$relay" status --demo --json | grep -o "\"$1\":[^,]*" | cut -d: -f2; }
sent() { figures sent | awk '{ sum += $1 } END { print sum }'; }
sent_more() { [ "$(sent)" -gt $(($1 + 100)) ]; }
# The same process sends on.  How long a machine with other things to do takes for it is no matter.
goes_on() { # goes_on NAME
  kill -0 "$daemon_pid" && wait_for 90 sent_more "$(sent)"
  result "$1" $?
}
# What the speakers wrote down: a packet a line, of its instant, number, bytes and RTP time.
# It is written some hundred lines at a time, so what was sent until now is there when as many have followed.
logged_at_least() { [ "$(wc -l <"$1")" -ge "$2" ]; }
all_logged() {
  for packets in "$work"/rec/*.packets; do
    wait_for 90 logged_at_least "$packets" $(($(wc -l <"$packets") + 200)) || return 1
  done
}
marks_set() {
  all_logged
  for packets in "$work"/rec/*.packets; do wc -l <"$packets" >"$packets.mark"; done
}
# From the mark to now not a packet was left out: each follows on the one before, in number and in time.
nothing_missing() { # nothing_missing NAME
  all_logged
  bad=$?
  for packets in "$work"/rec/*.packets; do
    sed '$d' "$packets" | awk -v from="$(cat "$packets.mark")" -v name="$(basename "$packets" .packets)" '
      NR > from + 1 && ($2 != (number + 1) % 65536 || $4 <= time || $4 > time + 15 * 128) {
        print "# " name ": after " number " at " time " came " $2 " at " $4
        bad = 1
      }
      { number = $2; time = $4 }
      END { exit bad || NR < from + 400 }' || bad=1
  done
  result "$1" $bad
}
reads() { # reads NAME PATTERN COMMAND...: prints it, whatever it ends with
  name=$1 pattern=$2
  shift 2
  timeout 60 "$@" >"$work/out" 2>&1 </dev/null
  grep -qF -e "$pattern" "$work/out"
  code=$?
  result "$name" $code
  [ $code = 0 ] || sed 's/^/# /' "$work/out"
}

expect "no relay: told" 69 "'echorelay daemon --demo' is one" "$relay" status --demo
expect "nor one of the real world" 69 "no relay runs" "$relay" set all mute on
daemon_start
result "the relay starts" $?
[ "$(stat -c %a "$XDG_RUNTIME_DIR/echorelay" "$XDG_RUNTIME_DIR/echorelay/demo" | tr '\n' ' ')" = "700 600 " ]
result "its socket is its user's alone" $?
expect "there is one only" 69 "a relay runs already, as process $daemon_pid" "$relay" daemon --demo
expect "another world is told" 64 "runs already" "$relay" --demo=trouble
expect "as is what came too late" 64 "--source is for a relay that starts" "$relay" --demo --source x
wait_for 60 sh -c "[ \$(grep -c ': streaming' '$work/log') -ge 4 ]"
result "four speakers play, nobody looks" $?

# --- scripts -----------------------------------------------------------------------------------------
reads "status" "speaker 00:00:5E:00:53:10 state=" "$relay" status --demo
"$relay" status --demo --json >"$work/json"
[ $? -le 1 ]
result "status --json ends well, or with 1 where a speaker is lost" $?
grep -q '^{"schema":1,"time":"20[0-9-]*T[0-9:.]*Z","source":{.*"speakers":\[{.*"adapters":\[{.*}\]}$' "$work/json" &&
  [ "$(wc -l <"$work/json")" = 1 ]
result "and is one object" $?
[ "$("$relay" watch --demo --json --interval 100ms --count 3 | grep -c '^{"schema":1,')" = 3 ]
result "watch, three times" $?
timeout 20 "$relay" watch --demo --interval 50ms | head -1 >"$work/one"
[ "${PIPESTATUS[0]}" = 0 ] && [ -s "$work/one" ]
result "a reader that leaves ends it" $?
expect "batch attaches" 0 "speaker 00:00:5E:00:53:11" "$relay" --demo --batch --for 3
expect "set" 0 "volume 100 -> 90 %" "$relay" set --demo Hall volume 90
expect "set, in the other order" 0 "volume 90 -> 80 %" "$relay" set --demo volume Hall -10
expect "set, a step down" 0 "volume 80 -> 70 %" "$relay" set --demo Hall volume -10
expect "set for all" 0 '{"ok":true,"text":"all speakers muted"}' "$relay" set --demo --json all mute on
expect "and back" 0 "all speakers on" "$relay" set --demo all mute off
expect "no such command" 64 "did you mean 'delay'?" "$relay" set --demo Hall dely 3
expect "no such speaker" 68 "no speaker 'Attic'" "$relay" set --demo Attic mute on
expect "no such value" 64 '"ok":false' "$relay" set --demo --json Hall delay 3000
expect "no such place" 64 "takes no 'now'" "$relay" status now
expect "no such time" 64 "is no time" "$relay" watch --interval soon
expect "disconnect" 0 "disconnecting" "$relay" connect --demo Study off
expect "connect waits until it is" 0 "connected" "$relay" connect --demo --timeout 60 Study
expect "log" 0 "info  Hall: volume 80 -> 70 %" "$relay" log --demo
expect "log as JSON" 0 '"subject":"Hall","text":"volume 80 -> 70 %"}' "$relay" log --demo --json
timeout 20 "$relay" log -f --demo >"$work/follow" &
follow_pid=$!
wait_for 60 grep -q "Hall" "$work/follow"
"$relay" set --demo Study channel left >/dev/null
wait_for 60 grep -q "Study: channel left" "$work/follow"
result "log -f goes on" $?
kill $follow_pid 2>/dev/null

"$relay" completion bash >"$work/completion"
result "completions are made" $?
for case in "1 sta status" "2 daemon --de --demo" "2 set del delay" "2 status --js --json" "2 set Kit Kitchen"; do
  # shellcheck disable=SC2086 # words
  set -- $case
  count=$1 wanted=${!#}
  line=("${@:2:$#-2}")
  bash -c '. "$1"; PATH=$2:$PATH; COMP_CWORD=$3; COMP_WORDS=(echorelay "${@:4}"); _echorelay; printf "%s\n" "${COMPREPLY[@]}"' \
    - "$work/completion" "${relay%/*}" "$count" "${line[@]}" | grep -qx -e "$wanted"
  result "TAB after ${line[*]}: $wanted" $?
done
"$relay" service status >"$work/service"
grep -qE '^service manager=(yes|no) enabled=(yes|no) active=(yes|no) linger=(yes|no)$' "$work/service"
result "the service's state is told" $?

marks_set
given_up=$(figures dropped; figures stalls)

# --- screens -----------------------------------------------------------------------------------------
screen() { tmux capture-pane -p -t "=$1:"; }
shows() { screen "$1" | grep -qF -e "$2"; }
sees() { # sees NAME SCREEN TEXT
  wait_for 60 shows "$2" "$3"
  code=$?
  result "$1" $code
  [ $code = 0 ] || screen "$2" | sed 's/^/# /'
}
open_screen() { # open_screen NAME
  tmux new-session -d -s "$1" -x 100 -y 40 \
    "export TERM=tmux-256color; sh -c 'echo \$\$ >$work/pid.$1; exec $relay --demo'; echo ended with \$?; sleep 1000"
}
"$relay" watch --demo --json --interval 100ms >"$work/watch" &
watch_pid=$!
for name in a b c; do open_screen $name; done
for name in a b c; do sees "screen $name attaches" $name "Echo Dot"; done
tmux send-keys -t =a: 1 '>'
tmux send-keys -t =b: 2 m
sees "what one does the other shows" b "+10 ms"
sees "and the other way round" a "MUTE"
sees "and a third both" c "MUTE"
tmux send-keys -t =b: m
wait_for 60 grep -q '"trim":{"ms":10' "$work/watch"
result "as does a watch" $?
goes_on "commands from two at once: the music goes on"

kill -9 "$(cat "$work/pid.a")"
sees "a screen is killed" a "ended with 137"
goes_on "the music goes on"
kill -HUP "$(cat "$work/pid.b")"
sees "a screen is hung up" b "ended with"
goes_on "the music goes on"
kill -STOP "$(cat "$work/pid.c")"
open_screen d
sees "a screen is stopped; another one attaches" d "Echo Dot"
[ "$(timeout 200 "$relay" watch --demo --json --interval 100ms --count 100 | wc -l)" = 100 ]
result "a hundred frames that it does not read" $?
goes_on "the music goes on"
"$relay" set --demo Hall volume 65 >/dev/null
kill -CONT "$(cat "$work/pid.c")"
sees "a stopped screen that goes on is up to date" c "65%"
tmux send-keys -t =c: q
sees "q closes a screen" c "ended with 0"
sees "and says that the music plays on" c "The music plays on"
goes_on "it does"

# --- SSH ---------------------------------------------------------------------------------------------
if ! ssh_start; then
  skip "a broken SSH connection" "$ssh_problem"
else
  ssh_remote --demo
  tmux new-session -d -s s -x 100 -y 40 "$work/ssh $work/remote; echo ended with \$?; sleep 1000"
  sees "a screen over SSH" s "Echo Dot"
  kill -9 "$(cat "$work/pid.ssh")"
  sees "its connection breaks" s "ended with"
  wait_for 60 sh -c "! kill -0 $(cat "$work/pid.remote")"
  result "and the screen is gone" $?
  goes_on "the music goes on"
  kill "$sshd_pid"
fi
nothing_missing "and none of this cost a speaker a packet"
[ "$(figures dropped; figures stalls)" = "$given_up" ]
result "nor does the relay count one" $?

# --- the relay itself --------------------------------------------------------------------------------
kill $watch_pid
"$relay" set --demo Hall delay 35 >/dev/null
wait_for 60 grep -q '"trim_ms": 35' "$work/state/speakers.json"
result "a setting is on the disk" $?
kill -9 "$daemon_pid"
wait $daemon_pid 2>/dev/null
sees "the relay is killed: a screen says so" d "waiting for the next"
expect "a script does, too" 69 "no relay of the simulated world runs" "$relay" status --demo
[ -S "$XDG_RUNTIME_DIR/echorelay/demo" ]
result "its socket is left behind" $?
daemon_start
result "and is no hindrance to the next one" $?
sees "the screen shows it by itself" d "Echo Dot"
reads "with every setting" "trim_ms=+35" "$relay" status --demo
reads "all of them" "volume=65" "$relay" status --demo
"$relay" stop --demo
result "stop" $?
wait $daemon_pid
result "ends it well" $?
! [ -e "$XDG_RUNTIME_DIR/echorelay/demo" ]
result "and leaves no socket" $?
sees "the screen says so" d "the relay was stopped"

# --- one that starts by itself -----------------------------------------------------------------------
# the real world, as far as it is there: BlueZ is not, and that is told and waited for
# (under ASan: its look for leaks stops the screen with a signal that the hang-up undoes, and waits for good)
tmux new-session -d -s r -x 100 -y 40 \
  "export TERM=tmux-256color ASAN_OPTIONS=detect_leaks=0; $relay --bus unix:path=$work/no-bus --state $work/state2; echo ended with \$?; sleep 1000"
wait_for 60 "$relay" log
result "a screen starts a relay where none runs" $?
daemon_pid=$(sed -n 1p "$XDG_RUNTIME_DIR/echorelay/relay.lock")
sees "and says so" r "no relay ran; started one"
tmux kill-session -t r
expect "which outlives it" 1 "relay problem=" "$relay" status
"$relay" stop
result "and is stopped" $?
wait_for 10 sh -c "! kill -0 $daemon_pid"
result "for good" $?
