# shellcheck shell=bash
# A box of its own, made wrong in one way after the other: the doctor names each trap, the very line that it
# gives cures it, and the music plays again.  Of the healthy box it says nothing bad.
#
# init systemd
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

if [ "${1:-}" = devices ]; then
  session_fence 1
  radio_start 3
  speaker_start hci2 hci0
  echo_switch_on hci1 hci0
  pair hci0 "$(address hci1)" || fail "pairing the Echo"
  exit
fi

# --- what the doctor says -----------------------------------------------------------------------------
of_check() { # of_check ID FIELD: as it stands in what the doctor has said last, without JSON's marks
  awk -v id="\"$1\"," -v field="\"$2\":" '
    $1 == "\"id\":" { here = $2 == id }
    here && $1 == field { sub(/^[^:]*: /, ""); sub(/,$/, ""); print; exit }' /share/doctor.json |
    sed 's/^"//; s/"$//; s/\\"/"/g; s/\\\\/\\/g'
}
surroundings=() # what is put before the doctor
examine() { as_player "${surroundings[@]}" echorelay doctor --json >/share/doctor.json; }
is_well() { examine; [ "$(of_check "$1" state)" = ok ]; }
is_ill() { examine; case $(of_check "$1" state) in warn | fail) ;; *) return 1 ;; esac; }
complaints() { grep -B 1 -A 1 -E '"state": "(warn|fail)"' /share/doctor.json; }

# --- the music ------------------------------------------------------------------------------------------
plays() { # plays AFTER-WHAT
  local since
  since=$(now_ns)
  expect "$1: it plays" 60 heard_since "$since" 2
}

# --- traps ------------------------------------------------------------------------------------------------
set_property() { # set_property PATH INTERFACE NAME VALUE
  busctl set-property org.bluez "$1" "org.bluez.$2" "$3" b "$4"
}
of_player() { as_player systemctl --user "$@"; }
fragments=(/etc/wireplumber/*/80-echorelay.*) # of which WirePlumber 0.4 reads the one, 0.5 the other
without() { # without PATTERN: WirePlumber runs without these lines of the fragment
  sed -i "/$1/d" "${fragments[@]}"
  of_player restart wireplumber
}

rfkill_hci0() { rfkill block "$(rfkill --noheadings --output ID,DEVICE | awk '$2 == "hci0" { print $1 }')"; }
power_off() { set_property /org/bluez/hci0 Adapter1 Powered false; }
distrust_echo() { set_property "/org/bluez/hci0/dev_$(address hci1 | tr : _)" Device1 Trusted false; }
be_discoverable() { set_property /org/bluez/hci0 Adapter1 Discoverable true; }
stop_pipewire() { of_player stop pipewire.socket pipewire.service; }
stop_wireplumber() { of_player disable --now wireplumber; }
plugin=$(echo /usr/lib/*/spa-0.2/bluez5/libspa-bluez5.so)
take_plugin() {
  mv "$plugin" /run/
  of_player restart wireplumber
}
# apt, for a box without a network: it puts back what was taken.
cat >/usr/local/bin/apt <<A
#!/bin/sh
[ "\$*" = "install libspa-0.2-bluetooth" ] && mv /run/libspa-bluez5.so "$plugin"
A
chmod +x /usr/local/bin/apt
run_second() { # run_second NAME UNIT-FOLDER SYSTEMCTL...: a service of this name, which only sleeps
  local name=$1 folder=$2
  shift 2
  cp /bin/sleep "/usr/local/bin/$name"
  printf '[Service]\nExecStart=/usr/local/bin/%s infinity\n' "$name" >"$folder/$name.service"
  "$@" daemon-reload
  "$@" start "$name"
}
run_bluealsa() { run_second bluealsa /etc/systemd/system systemctl; }
run_pulseaudio() { run_second pulseaudio /etc/systemd/user of_player; }
without_sink_role() {
  sed -i 's/a2dp_sink/a2dp_source/' "${fragments[@]}"
  of_player restart wireplumber
}
without_linger() { loginctl disable-linger player; }
without_capability() { setcap -r /usr/local/libexec/echorelay-flush; }

leave_group() {
  gpasswd --delete player pipewire
  systemctl restart user@1000
}

cure_is_run() { # cure_is_run ID: the line that the doctor gave, as the player
  local cure
  cure=$(of_check "$1" cure)
  say "$1: $(of_check "$1" text): $cure"
  as_player bash -c "$cure" >>/share/cures.log 2>&1 || fail "$1: its cure"
}
trap_is_cured() { # trap_is_cured ID COMMAND-THAT-MAKES-IT-WRONG...
  local id=$1
  shift
  "$@" || fail "$id: cannot be made wrong by $*"
  expect "$id: the doctor complains" 20 is_ill "$id"
  cure_is_run "$id"
  expect "$id: cured" 30 is_well "$id"
  plays "$id"
  cures=$((cures + 1))
  sleep 10 # systemd starts a service five times in ten seconds, no more
}

# --- the test ---------------------------------------------------------------------------------------------
echo "player ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/player
cures=0
expect "the relay runs" 30 of_player is-active echorelay
expect "WirePlumber receives from Echos" 30 grep -q "registered.*A2DPSink" /share/bluetoothd.log
plays "healthy"
# the adapters of the Echo and the speaker, which are this bluetoothd's as well
for device in 1 2; do set_property /org/bluez/hci$device Adapter1 Discoverable false; done
examine
cp /share/doctor.json /share/healthy.json
complaints && fail "a healthy box is complained of"

trap_is_cured powered power_off
trap_is_cured rfkill rfkill_hci0
trap_is_cured echo distrust_echo
trap_is_cured discoverable be_discoverable
trap_is_cured pipewire stop_pipewire
trap_is_cured wireplumber stop_wireplumber
trap_is_cured spa-bluetooth take_plugin
trap_is_cured second-server run_bluealsa
trap_is_cured second-server run_pulseaudio
trap_is_cured seat without 'with-logind\|seat-monitoring'
trap_is_cured source-role without 'bluez5.roles'
trap_is_cured input-role without 'media-source-role'
trap_is_cured auto-connect without 'auto-connect'
trap_is_cured sink-role without_sink_role
trap_is_cured flush-helper without_capability
trap_is_cured linger without_linger

# Rights are what one had as one logged in: the right to the group first, then all of the player's services anew.
surroundings=(prlimit --rtprio=0)
leave_group
expect "real-time: the doctor complains" 30 is_ill real-time
cure_is_run real-time
surroundings=()
expect "real-time: the doctor knows of the relay that runs on" 10 is_ill real-time
cure_is_run real-time
has_it() { is_well real-time && [ "$(of_check real-time text)" = "$1" ]; } # has_it HOW
expect "real-time: cured" 30 has_it "the relay has taken real-time priority"
plays real-time
cures=$((cures + 1))

# ... or rtkit gives it, whose rule of polkit is for users at the screen: here for this one.
mkdir -p /etc/polkit-1/rules.d
cat >/etc/polkit-1/rules.d/50-player.rules <<'J'
polkit.addRule(function(action, subject) {
  if (action.id.indexOf("org.freedesktop.RealtimeKit1.") == 0 && subject.user == "player")
    return polkit.Result.YES;
});
J
surroundings=(prlimit --rtprio=0)
leave_group
expect "real-time: from rtkit" 30 has_it "the relay has real-time priority from rtkit"
plays "from rtkit"

say "$cures traps were named and cured"
finish
