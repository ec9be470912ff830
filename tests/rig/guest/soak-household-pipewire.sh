# shellcheck shell=bash
# The household of soak-household.sh, with the same seed, and PipeWire alone: its combine-stream module plays what WirePlumber
# receives from the Echo on all speakers that there are.
#
#     tests/rig/run.sh -t 9000 tests/rig/guest/soak-household-pipewire.sh [MINUTES [SEED]]
#
# seconds 9000
# releases bookworm
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh
# shellcheck source=tests/rig/guest/household.sh
. /rig/guest/household.sh

# As somebody would set it up who has no relay: all speakers as one sink, which is the default one.
session_configure() {
  mkdir -p /etc/pipewire/pipewire.conf.d /etc/wireplumber/bluetooth.lua.d
  cat >/etc/pipewire/pipewire.conf.d/speakers.conf <<'X'
context.modules = [
  { name = libpipewire-module-combine-stream
    args = {
      combine.mode = sink
      node.name = "speakers"
      node.description = "All speakers"
      combine.props = { audio.position = [ FL FR ] priority.session = 3000 }
      stream.rules = [
        { matches = [ { media.class = "Audio/Sink" node.name = "~bluez_output.*" } ]
          actions = { create-stream = { } } }
      ]
    }
  }
]
X
  cat >/etc/wireplumber/bluetooth.lua.d/51-rig.lua <<'X'
bluez_monitor.properties["with-logind"] = false
bluez_monitor.properties["bluez5.headset-roles"] = "[ ]"
bluez_monitor.properties["bluez5.hfphsp-backend"] = "none"
X
}

radio_start 8
household_devices
session_start 3
pair hci3 "$(address hci0)" || fail "pairing the Echo"
for number in 4 5 6 7; do speaker_calls $number; done
echo_tell connect
household_lives $((${1:-120} * 60)) "${2:-7}"
household_books
