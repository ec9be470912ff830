# shellcheck shell=bash
# A box of its own: systemd boots it, nobody logs in, and it plays.  The relay comes back, with every setting,
# when it is killed and when it hangs.
#
# init systemd
# speakers 2 3
# verdict --from 3 --to 14
# bound clicks >= 10
# bound lost = 0
# bound doubled = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

if [ "${1:-}" = devices ]; then
  session_fence 1
  radio_start 4
  speaker_start hci2 hci0
  speaker_start hci3 hci0
  echo_switch_on hci1 hci0
  pair hci0 "$(address hci1)" || fail "pairing the Echo"
  exit
fi

service() { as_player systemctl --user "$1" echorelay "${@:2}"; }
told() { service show --property "$1" --value; } # told PROPERTY
told_is() { [ "$(told "$1")" = "$2" ]; }
status_is() { told StatusText | grep -q "$1"; }
journal_has() { journalctl _SYSTEMD_USER_UNIT=echorelay.service --output=json "$@" | grep -q .; }
plays_since() { heard_again "$@" 2 3; } # plays_since WHAT SECONDS NS
settings_kept() {
  as_player echorelay status >/share/status.txt
  grep -q "trim_ms=+35" /share/status.txt && grep -q "volume=70" /share/status.txt
}

# --- it boots, and plays ----------------------------------------------------------------------------
# systemd 257 lists the lingering user's own manager, too
[ -z "$(loginctl --no-legend list-sessions | grep -v manager)" ] || fail "somebody is logged in"
expect "the service runs, and nobody is logged in" 30 told_is ActiveState active
expect "WirePlumber receives from Echos" 30 grep -q "registered.*A2DPSink" /share/bluetoothd.log
echo_tell connect
plays_since "it plays" 30 "$(now_ns)"
expect "its status is told" 10 status_is "2 speakers, 2 playing"
sleep 15

# --- the journal ------------------------------------------------------------------------------------
relay_do "Speaker 2" delay 35 || fail "a setting"
relay_do "Speaker 3" volume 70 || fail "a setting"
expect "a speaker's events are found by its name" 5 journal_has SPEAKER="Speaker 2" PRIORITY=6
sleep 3

# --- killed, and stuck --------------------------------------------------------------------------------
killed=$(now_ns)
kill -9 "$(told MainPID)"
plays_since "killed" 10 "$killed"
settings_kept || fail "the settings are gone"
told_is NRestarts 1 || fail "it was started anew $(told NRestarts) times"

stuck=$(now_ns)
kill -STOP "$(told MainPID)"
expect "stuck, systemd starts it anew" 60 told_is NRestarts 2
# Both, one would say; but WirePlumber runs on, and before PipeWire 0.3.68 it may take one of them then.
either_since() { heard_since "$1" 2 || heard_since "$1" 3; }
expect "and a speaker is heard" 60 either_since "$stuck"
say "stuck: silent for $(either_since "$stuck") s"

finish
