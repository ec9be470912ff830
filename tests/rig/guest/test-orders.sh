# shellcheck shell=bash
# Who starts first, and who starts anew: the Echo, WirePlumber, the relay. In the end both speakers play what the
# Echo plays; where WirePlumber has taken one of them, which before PipeWire 0.3.68 it does when it was there first,
# the relay says what cures it, and that does.
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

heard_since() { # heard_since NS SPEAKER: how long after it, s; fails where there is nothing
  awk -v since="$1" '$1 == "heard" && $2 > since + 0 { printf "%.2f\n", ($2 - since) / 1e9; found = 1; exit }
    END { exit !found }' "/share/speaker-$2.log"
}
both_since() { heard_since "$1" 2 && heard_since "$1" 3; }
held() { as_player echorelay status | grep -q 'problem="WirePlumber holds it - systemctl --user restart wireplumber'; }
both_or_held() { both_since "$1" || held; }
plays() { # plays WHAT: from now on, within so many seconds
  local since
  since=$(now_ns)
  expect "$1: the speakers play, or it is told why not" 20 both_or_held "$since"
  if ! both_since "$since" >/dev/null; then
    say "$1: WirePlumber holds one, and that is told after $(awk -v s="$since" '{ print $1 - s / 1e9; exit }' /proc/uptime) s"
    sleep 3 # until somebody has read it
    since=$(now_ns)
    wireplumber_restart
    expect "$1: WirePlumber was restarted, as it is told to be" 30 both_since "$since"
  fi
  for speaker in 2 3; do say "$1: speaker $speaker is heard after $(heard_since "$since" $speaker) s"; done
}

radio_start 4
speaker_start hci2 hci0
speaker_start hci3 hci0
echo_switch_on hci1 hci0
pair hci0 "$(address hci1)" || fail "pairing the Echo"
session_start 1
echo_tell connect
expect "the Echo plays, to WirePlumber alone" 20 grep -q '^start' /share/echo.log
sleep 3

relay_start
plays "the Echo and WirePlumber were there first"
sleep 5
wireplumber_restart
plays "WirePlumber starts anew"
sleep 5
as_player echorelay stop
expect "the relay has ended" 10 not_running echorelay
relay_start
plays "the relay starts anew"
sleep 5
pkill -9 -x echorelay
expect "the relay is dead" 10 not_running echorelay
relay_start
plays "the relay was killed"
finish
