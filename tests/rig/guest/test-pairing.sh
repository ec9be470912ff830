# shellcheck shell=bash
# From a box in the shop to the first sound by keys alone, in a terminal; and who may not in: strangers, and what
# is wrong with their names.
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

terminal() { as_player tmux -S /tmp/tmux -f /dev/null "$@"; }
screen() { terminal capture-pane -p -t ui; }
shows() { screen | grep -q -e "$1"; }
keys() { terminal send-keys -t ui "$@"; }
ms_since() { echo $((($(now_ns) - $1) / 1000000)); }
# Asks five times a second, and says how long it took.
soon() { # soon WHAT SECONDS COMMAND...
  local what=$1 tries=$(($2 * 5)) began
  shift 2
  began=$(now_ns)
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ $tries = 0 ]; then
      screen
      fail "$what: not in time"
    fi
    sleep 0.2
  done
  say "$what: $(ms_since "$began") ms"
}

relays=$(address hci0)
radio_start 7
relay_start
session_start 1
player+=(TERM=tmux-256color)
terminal new-session -d -s ui -x 100 -y 40 echorelay
soon "the screen" 10 shows "echorelay"

# --- scan, pair, first sound ----------------------------------------------------------------------------
in_the_shop() { # in_the_shop hciN NAME: a speaker that nobody has paired
  fake-speaker "$1" "$2" --log "/share/speaker-${1#hci}.log" 2>"/share/speaker-${1#hci}.err" &
  devices+=($!)
  radio_tell plain "$(address "$1")"
  expect "a speaker on $1" 20 grep -q "registered.*/rig/$1/sink" /share/bluetoothd.log
}
in_the_shop hci2 "Shop speaker"
keys p
soon "it is on the list" 20 shows "Shop speaker .*new"
pressed=$(now_ns)
keys Enter
soon "its first sound" 20 shows "✓ first sound"
screen | grep "✓"
say "its first packet: $(awk -v from="$pressed" '/^start/ { printf "%d", ($2 - from) / 1000000; exit }' /share/speaker-2.log) ms after the key"
soon "it plays" 5 shows "Shop speaker .*streaming"

# --- unpaired again --------------------------------------------------------------------------------------
bond() { echo "/var/lib/bluetooth/$relays/$(address "$1")/info"; }
bonded() { grep -q LinkKey "$(bond "$1")"; }
unbonded() { ! bonded "$1"; }
bonded hci2 || fail "BlueZ keeps no key of it"
keys u
soon "it asks first" 5 shows "Unpair Shop speaker?"
keys y
soon "it is unpaired" 20 unbonded hci2
soon "its stream has ended" 20 grep -q '^stop' /share/speaker-2.log

# --- strangers -------------------------------------------------------------------------------------------
adapter_set() { # adapter_set PROPERTY BOOLEAN, as another program does
  dbus-send --system --print-reply --dest=org.bluez /org/bluez/hci0 org.freedesktop.DBus.Properties.Set \
    string:org.bluez.Adapter1 "string:$1" "variant:boolean:$2" >/dev/null
}
adapter_is() { # adapter_is PROPERTY BOOLEAN
  dbus-send --system --print-reply --dest=org.bluez /org/bluez/hci0 org.freedesktop.DBus.Properties.Get \
    string:org.bluez.Adapter1 "string:$1" | grep -q "boolean $2"
}
knock() { timeout 6 l2test -i hci3 -n -E -P 25 "$relays" 2>&1; } # wants an encrypted link, for A2DP
in_the_shop hci3 Stranger
knock
adapter_set Discoverable true # another program opens all that there is to open
adapter_set Pairable true
for _ in 1 2 3 4; do knock; done
adapter_set Discoverable false
if [ -e "$(bond hci3)" ] && bonded hci3; then fail "the stranger has paired"; fi
grep "$(address hci3)" /share/events.log
[ "$(grep -c "$(address hci3)" /share/events.log)" = 1 ] || fail "the stranger is to be told of once"

# --- hostile names ---------------------------------------------------------------------------------------
in_the_shop hci4 $'Evil\e[2J\e]0;pwned\aTwin'
in_the_shop hci5 "$(printf 'N%.0s' $(seq 248))"
in_the_shop hci6 $'\u202eDrawkcab\u200b'
# BlueZ takes no broken name over D-Bus: it is written into what the controller says when it is looked for. No error
# correction; 9 bytes, "complete name"; 3 bytes, "complete list of services", A2DP sink.
broken_name() { # broken_name hciN
  # shellcheck disable=SC2046 # bytes
  hcitool -i "$1" cmd 0x03 0x0052 00 09 09 42 72 ff fe c3 28 65 6e 03 03 0b 11 $(printf '00 %.0s' $(seq 226)) >/dev/null
}
broken_name hci3
keys r
for name in 'Evil?\[2J?\]0;pwned?Twin' 'NNNNNNNN' '?Drawkcab?' 'Br *(en'; do
  soon "a name: $name" 30 shows " $name.*speaker .*new"
done
screen | grep ' new$'
if screen | LC_ALL=C grep -q '[[:cntrl:]]'; then fail "a control character on the screen"; fi
if terminal display -p '#{pane_title}' | grep -q pwned; then fail "a name has given the terminal its title"; fi
as_player echorelay pair "$(address hci4)" || fail "pairing by command"
if LC_ALL=C grep '[[:cntrl:]]' /share/events.log; then fail "a control character in the log"; fi

# --- the Echo's window -----------------------------------------------------------------------------------
echo_switch_on hci1 hci0
keys E
soon "the window is open" 5 adapter_is Discoverable true
shows "Alexa" || fail "it is not said what to say"
pair hci1 "$relays" || fail "pairing the Echo"
soon "it is told as a source" 5 grep -q "Echo Studio: paired as a source" /share/events.log
soon "the window has closed behind it" 5 adapter_is Discoverable false
soon "the screen says so" 5 shows "Echo Studio .*source"
echo_tell connect
soon "it plays" 20 grep -q '^heard' /share/speaker-4.log
finish
