# shellcheck shell=bash disable=SC2034 # what is set here is used there
# A PipeWire of the test's own, without any hardware, session or D-Bus.  To be sourced.
#   pipewire_start FOLDER     daemon and session manager, and two nodes: a sink "test-sink" and a
#                             source "test-source" that plays what is played into it
#   pipewire_stop
# They leave with the shell that started them.

# As on a desktop, what plays comes before what computes; where that is forbidden it runs as it may.
in_time() {
  if chrt -f 20 true 2>/dev/null; then
    exec chrt -f 20 "$@"
  fi
  exec "$@"
}

pipewire_start() {
  pw_folder=$1
  mkdir -p "$pw_folder/run" "$pw_folder/config/pipewire" "$pw_folder/state" \
    "$pw_folder/config/wireplumber/main.lua.d" "$pw_folder/config/wireplumber/bluetooth.lua.d" \
    "$pw_folder/config/wireplumber/wireplumber.conf.d"
  chmod 700 "$pw_folder/run"
  export XDG_RUNTIME_DIR="$pw_folder/run" PIPEWIRE_RUNTIME_DIR="$pw_folder/run"
  export XDG_CONFIG_HOME="$pw_folder/config" XDG_STATE_HOME="$pw_folder/state"
  unset DBUS_SESSION_BUS_ADDRESS
  cat >"$pw_folder/config/pipewire/pipewire.conf" <<'X'
context.properties = { core.daemon = true core.name = pipewire-0 support.dbus = false log.level = 2 default.clock.allowed-rates = [ 44100 48000 ] }
context.spa-libs = { audio.convert.* = audioconvert/libspa-audioconvert support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-rt args = { nice.level = -11 } flags = [ ifexists nofail ] }
  { name = libpipewire-module-protocol-native } { name = libpipewire-module-profiler }
  { name = libpipewire-module-metadata } { name = libpipewire-module-spa-device-factory }
  { name = libpipewire-module-spa-node-factory } { name = libpipewire-module-client-node }
  { name = libpipewire-module-client-device } { name = libpipewire-module-access }
  { name = libpipewire-module-adapter } { name = libpipewire-module-link-factory }
  { name = libpipewire-module-session-manager }
]
context.objects = [
  { factory = spa-node-factory args = { factory.name = support.node.driver node.name = Dummy-Driver
      node.group = pipewire.dummy priority.driver = 20000 } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = test-sink
      media.class = Audio/Sink object.linger = true audio.position = [ FL FR ]
      monitor.channel-volumes = true } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = test-source
      media.class = Audio/Source/Virtual object.linger = true audio.position = [ FL FR ] } }
]
X
  # WirePlumber 0.4: nothing that wants a session bus
  cat >"$pw_folder/config/wireplumber/main.lua.d/51-test.lua" <<'X'
default_access.properties["enable-flatpak-portal"] = false
alsa_monitor.enabled = false
v4l2_monitor.enabled = false
libcamera_monitor.enabled = false
X
  echo 'bluez_monitor.enabled = false' >"$pw_folder/config/wireplumber/bluetooth.lua.d/51-test.lua"
  # WirePlumber 0.5
  cat >"$pw_folder/config/wireplumber/wireplumber.conf.d/51-test.conf" <<'X'
wireplumber.profiles = { main = { hardware.audio = disabled hardware.bluetooth = disabled
  hardware.video-capture = disabled support.reserve-device = disabled
  support.portal-permissionstore = disabled } }
X
  in_time pipewire >"$pw_folder/pipewire.log" 2>&1 &
  pw_daemon=$!
  pipewire_wait test -S "$pw_folder/run/pipewire-0" || return 1
  wireplumber >"$pw_folder/wireplumber.log" 2>&1 &
  pw_manager=$!
  pipewire_wait pipewire_has test-source
}

pipewire_has() { timeout 5 pw-cli ls Node 2>/dev/null | grep -q "node.name = \"$1\""; }

pipewire_wait() { # pipewire_wait COMMAND...: until it succeeds, ten seconds at the most
  for _ in $(seq 100); do
    "$@" && return 0
    sleep 0.1
  done
  return 1
}

pipewire_stop() {
  kill "${pw_manager:-}" "${pw_daemon:-}" 2>/dev/null
  wait "${pw_manager:-}" "${pw_daemon:-}" 2>/dev/null
}
