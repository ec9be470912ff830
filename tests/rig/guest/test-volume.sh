# shellcheck shell=bash
# The Echo's volume counts once, whosever sink it plays to, and whether WirePlumber's rule keeps PipeWire from multiplying
# it in or is missing.  64 of 127, cubed, is 17.9 dB less.
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

record=/tmp/speaker-2.wav
radio_start 3
speaker_start hci2 hci0 --wav $record
relay_start
session_start 1
echo_start hci1 hci0
speakers_play 20 2

peak() { # the loudest sample of the last three seconds: floats, two channels
  tail -c $((3 * 44100 * 8)) $record | od -An -v -t f4 -w4 |
    awk '{ if ($1 < 0) $1 = -$1; if ($1 > most) most = $1 } END { print most + 0 }'
}
volume_counts_once() { # volume_counts_once WHAT
  local full half
  echo_tell volume 127
  sleep 5
  full=$(peak)
  echo_tell volume 64
  sleep 5
  half=$(peak)
  say "$1: the loudest sample is $full at full volume, $half at 64 of 127"
  awk -v full="$full" -v half="$half" 'BEGIN { db = full * half > 0 ? 20 * log(half / full) / log(10) : 0
    printf "%.2f dB\n", db; exit !(db > -18.4 && db < -17.4) }' || fail "$1: not 17.9 dB less"
}
# PipeWire 0.3.65 takes a speaker while there is no relay, and WirePlumber's restart frees it.
relay_again() { # relay_again CAPTURE
  as_player echorelay stop
  wait "$relay"
  relay_configure "capture = $1"
  relay_start
  sleep 2
  wireplumber_restart
  heard_again "capture = $1" 60 "$(($(now_ns) + 3000000000))" 2
}

# WirePlumber, whatever its rules, has nothing to do with what the Echo plays to the relay.
volume_counts_once "to the relay's own sink"
rules=(/etc/wireplumber/*/80-echorelay.*)
cp "${rules[0]}" /tmp/rules
sed -i '/hw-volume/d' "${rules[0]}"
wireplumber_restart
sleep 4
as_player echorelay status | grep -q "source 00:AA:01:01:00:42 state=streaming" || fail "the Echo is not shown"
volume_counts_once "to the relay's own sink, without the rule"

relay_again pipewire
volume_counts_once "through PipeWire, without the rule"
cp /tmp/rules "${rules[0]}"
wireplumber_restart
heard_again "WirePlumber has its rule again" 60 "$(($(now_ns) + 3000000000))" 2
volume_counts_once "through PipeWire, with the rule"
finish
