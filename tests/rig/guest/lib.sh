# shellcheck shell=bash
# What every guest script starts with: the devices of this small world, and how to switch them on.  To be
# sourced.  hci0 is the relay's adapter (and hci1 ..., where a test gives it more), then come the Echo's and
# the speakers'.  Logs go to /share: speaker-2.log for the speaker that is hci2, echo.log, relay.log ...
#
#   radio_start CONTROLLERS [radio's options]      hci0 ... hciN-1, and bluetoothd
#   radio_tell COMMAND...
#   session_start ADAPTERS                         PipeWire, and WirePlumber on so many: 1, hci0 alone
#   pipewire_start, pipewire_end, wireplumber_start, wireplumber_end, wireplumber_restart
#   speaker_start hciN hciTO [fake-speaker's options]   paired from hciTO
#   speaker_reports hciN                           the next of its --report
#   echo_start hciN hciTO [fake-echo's options]         pairs and connects itself
#   echo_switch_on hciN hciTO [fake-echo's options]     … does not
#   echo_tell COMMAND...
#   relay_start [echorelay's options]
#   microphone_start NAME RECORD:METRES...         one of PipeWire's, that hears what speakers let be heard (--wav)
#   relay_do COMMAND...                            as typed by its user: relay_do all mute on
#   relay_configure LINE                           of echorelay.conf; before relay_start
#   one_adapter_start [fake-echo's options]        the Echo hci1, and speakers hci2 and hci3: all on hci0
#   two_adapters_start [fake-echo's options]       the Echo hci2 on hci0, speakers hci3 and hci4 on hci1
#   adapter_power hciN BOOLEAN
#   device_call hciN hciTO METHOD [ARGUMENT]...    hciN's program calls a method of Device1 for hciTO
#   owner_call hciN hciTO                          as a speaker does that was switched on: it connects
#   speakers_play SECONDS N...                     waits until the Echo is heard from each
#   heard_again WHAT SECONDS NS N...               … after an instant, at most so long after now; says when
#   heard_since NS SPEAKER, streams_since …        seconds until it did, after an instant of the clock (now_ns)
#   finish                                         ends the test; the logs are whole then

devices=()
declare -A speakers # their processes, by hciN

# btvirt gives its addresses out in order.
address() { printf '00:AA:01:%02X:00:42' "${1#hci}"; } # address hciN
now_ns() { awk '{ printf "%.0f\n", $1 * 1e9 }' /proc/uptime; } # CLOCK_MONOTONIC, as logs have it
say() { echo "[$(cut -d' ' -f1 /proc/uptime)] $*"; }

until_true() { # until_true SECONDS COMMAND...: asks twice a second; 1 when it never was
  local tries=$(($1 * 2))
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.5
  done
}

not_running() { ! pgrep -x "$1"; } # not_running PROGRAM
counts() { [ "$(grep -c "$2" "$3")" -ge "$1" ]; } # counts N PATTERN FILE: at least so many lines

# How many seconds after an instant a speaker's log has its next line of that kind; fails where it has none.
logged_since() { # logged_since KIND NS SPEAKER
  awk -v kind="$1" -v since="$2" '$1 == kind && $2 > since + 0 { printf "%.2f\n", ($2 - since) / 1e9; found = 1; exit }
    END { exit !found }' "/share/speaker-$3.log"
}
heard_since() { logged_since heard "$@"; }    # heard_since NS SPEAKER
streams_since() { logged_since start "$@"; }

finish() { # finish [STATUS]
  local all=("${devices[@]}" ${relay:+"$relay"})
  if [ ${#all[@]} -gt 0 ]; then
    kill -TERM "${all[@]}"
    wait "${all[@]}"
  fi
  exit "${1:-0}"
}

fail() {
  say "FAILED: $*"
  finish 1
}

expect() { # expect WHAT SECONDS COMMAND...
  local what=$1 seconds=$2
  shift 2
  until_true "$seconds" "$@" || fail "$what: not within $seconds s"
  say "$what"
}

speakers_play() { # speakers_play SECONDS N...
  local seconds=$1 number
  shift
  for number; do
    expect "speaker $number plays" "$seconds" grep -q '^heard' "/share/speaker-$number.log"
  done
}

heard_again() { # heard_again WHAT SECONDS NS N...
  local what=$1 seconds=$2 since=$3 number
  shift 3
  for number; do
    expect "$what: speaker $number is heard" "$seconds" heard_since "$since" "$number"
    say "$what: speaker $number is heard after $(heard_since "$since" "$number") s"
  done
}

# --- the radio and what is on it ------------------------------------------------------------------

has_controllers() { [ "$(find /sys/class/bluetooth -name 'hci*' | wc -l)" = "$1" ]; }

# Where systemd runs the guest, it starts bluetoothd when udev tells of a controller.
radio_start() {
  local count=$1
  shift
  btvirt -s >/share/btvirt.log 2>&1 &
  until_true 10 test -S /tmp/bt-server-bredrle
  radio --controllers "$count" "$@" >/share/radio.log 2>&1 &
  expect "$count controllers" 10 has_controllers "$count"
  [ -d /run/systemd/system ] || /usr/libexec/bluetooth/bluetoothd -n -d >/share/bluetoothd.log 2>&1 &
  until_true 10 grep -q "Bluetooth management interface" /share/bluetoothd.log
  pair --agent >/share/agent.log 2>&1 &
}

radio_tell() { echo "$*" >/run/radio; }

speaker_start() {
  local hci=$1 owner=$2
  shift 2
  fake-speaker "$hci" "Speaker ${hci#hci}" --log "/share/speaker-${hci#hci}.log" "$@" \
    2>"/share/speaker-${hci#hci}.err" &
  devices+=($!)
  speakers[$hci]=$!
  expect "a speaker on $hci" 20 grep -q "registered.*/rig/$hci/sink" /share/bluetoothd.log
  pair "$owner" "$(address "$hci")" || fail "pairing the speaker on $hci"
}

adapter_power() {
  dbus-send --system --print-reply --dest=org.bluez "/org/bluez/$1" org.freedesktop.DBus.Properties.Set \
    string:org.bluez.Adapter1 string:Powered "variant:boolean:$2" >/dev/null
}

device_call() {
  dbus-send --system --print-reply --reply-timeout=30000 --dest=org.bluez \
    "/org/bluez/$1/dev_$(address "$2" | tr : _)" "org.bluez.Device1.$3" "${@:4}" >/dev/null
}
owner_call() { device_call "$1" "$2" ConnectProfile string:0000110a-0000-1000-8000-00805f9b34fb; }

speaker_reports() { kill -USR1 "${speakers[$1]}"; }

# The Echo is there, and plays when it is told to connect.
echo_switch_on() { # as echo_start
  local hci=$1 target
  target=$(address "$2")
  shift 2
  fake-echo "$hci" "Echo Studio" "$target" --log /share/echo.log "$@" 2>/share/echo.err &
  devices+=($!)
  expect "an Echo on $hci" 20 grep -q "registered.*/rig/$hci/source" /share/bluetoothd.log
}

echo_start() {
  local hci=$1 target
  target=$(address "$2")
  echo_switch_on "$@"
  relay_do window on || fail "the relay's pairing window"
  pair "$hci" "$target" || fail "pairing the Echo"
  relay_do window off
  echo_tell connect
}

echo_tell() { echo "$*" >/run/echo; }

# --- PipeWire, WirePlumber and the relay, as the user "player" -----------------------------------

# `capabilities` is what the player has beyond that: "+net_raw", as setcap gives it to echorelay-flush.
capabilities=${capabilities:-}
as_player() { prlimit --rtprio=95 --nice=40 --memlock=unlimited setpriv --reuid 1000 --regid 1000 --clear-groups ${capabilities:+--inh-caps "$capabilities" --ambient-caps "$capabilities"} env -i -C /home/player "${player[@]}" "$@"; }
player=(HOME=/home/player XDG_RUNTIME_DIR=/run/user/1000 LANG=C.UTF-8
  DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus PATH="/programs:/usr/bin:/bin")

# The other devices live under the same bluetoothd: WirePlumber must not register endpoints for them.
session_fence() { # session_fence ADAPTERS
  {
    echo '<busconfig><policy user="player">'
    for number in $(seq "$1" 15); do
      echo "<deny send_destination='org.bluez' send_path='/org/bluez/hci$number' send_interface='org.bluez.Media1'/>"
    done
    echo '</policy></busconfig>'
  } >/etc/dbus-1/system.d/rig.conf
  dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ReloadConfig >/dev/null
}

# What `make install` puts there: WirePlumber 0.4 reads Lua, 0.5 a configuration of its own.
session_configure() {
  install -D -m 644 /source/src/share/wireplumber/*.lua -t /etc/wireplumber/bluetooth.lua.d
  install -D -m 644 /source/src/share/wireplumber/*.conf -t /etc/wireplumber/wireplumber.conf.d
}

runtime_folder() { install -d -m 700 -o player -g player /run/user/1000; }

session_start() {
  session_fence "$1"
  session_configure
  runtime_folder
  as_player dbus-daemon --session --fork --nopidfile --address=unix:path=/run/user/1000/bus
  pipewire_start
  wireplumber_start
}

pipewire_start() {
  as_player PIPEWIRE_DEBUG=2 pipewire >>/share/pipewire.log 2>&1 &
  expect "PipeWire" 10 test -S /run/user/1000/pipewire-0
}

wireplumber_start() {
  local before
  before=$(grep -c "$wireplumbers_sink" /share/bluetoothd.log)
  as_player LD_PRELOAD=/programs/tests/rig/preload/patience.so WIREPLUMBER_DEBUG=2 wireplumber >>/share/wireplumber.log 2>&1 &
  expect "WirePlumber's sink endpoint" 20 counts $((before + 1)) "$wireplumbers_sink" /share/bluetoothd.log
}
wireplumbers_sink="registered.*A2DPSink"

pipewire_end() {
  pkill -x pipewire
  expect "PipeWire has ended" 10 not_running pipewire
}

wireplumber_end() {
  pkill -x wireplumber
  expect "WirePlumber has ended" 10 not_running wireplumber
}

wireplumber_restart() {
  wireplumber_end
  wireplumber_start
}

relay_configure() {
  install -d /home/player/.config/echorelay
  printf '[relay]\n%s\n' "$*" >/home/player/.config/echorelay/echorelay.conf
}

relay_start() { # on hci0, if no --adapter is given
  case " $* " in
    *" --adapter "*) ;;
    *) set -- --adapter "$(address hci0)" "$@" ;;
  esac
  runtime_folder
  as_player echorelay daemon --log - "$@" 2>>/share/events.log &
  relay=$!
  expect "the relay" 10 relay_answers
  as_player echorelay watch >>/share/relay.log &
}

one_adapter_start() {
  radio_start 4
  speaker_start hci2 hci0
  speaker_start hci3 hci0
  relay_start
  session_start 1
  echo_start hci1 hci0 "$@"
}

two_adapters_start() {
  radio_start 5
  speaker_start hci3 hci1
  speaker_start hci4 hci1
  relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
  session_start 2
  echo_start hci2 hci0 "$@"
}

microphone_start() {
  as_player /programs/tests/tools/sofa "$@" 2>/share/microphone.err &
  microphone=$1
  expect "a microphone" 10 microphone_listed
}
microphone_listed() { as_player echorelay align --mics | grep -q "^$microphone "; }

relay_answers() { as_player echorelay status | grep -q .; } # it ends with 1 where a speaker is lost
relay_do() { as_player echorelay set "$@"; }
