-- echorelay and WirePlumber 0.4: WirePlumber receives from the Echo, echorelay plays to the speakers.
-- Read from bluetooth.lua.d/ in /etc/wireplumber or /usr/share/wireplumber, after 50-bluez-config.lua.
-- Then: systemctl --user restart wireplumber (while echorelay runs, see below).

-- Bluetooth also without a seat: over SSH, or on a box where nobody is logged in.
bluez_monitor.properties["with-logind"] = false

-- No A2DP source endpoints of WirePlumber's own: they would take the speakers.  PipeWire before 0.3.68,
-- Debian 12's, does not know the key and registers them all the same: one for each codec.  Whoever
-- registers first has the speakers: so it is one codec here, and WirePlumber is best started second.
bluez_monitor.properties["bluez5.roles"] = "[ a2dp_sink ]"
bluez_monitor.properties["bluez5.codecs"] = "[ sbc ]"

-- No telephony: a hands-free link would take air time from the music.
bluez_monitor.properties["bluez5.headset-roles"] = "[ ]"
bluez_monitor.properties["bluez5.hfphsp-backend"] = "none"

table.insert(bluez_monitor.rules, {
  matches = { { { "device.name", "matches", "bluez_card.*" } } },
  apply_properties = {
    -- Speakers are connected by echorelay, in an order that suits the air.
    ["bluez5.auto-connect"] = "[ ]",
    -- What comes from the Echo stays at full level: echorelay applies the Echo's volume, once.
    ["bluez5.hw-volume"] = "[ ]",
  },
})

table.insert(bluez_monitor.rules, {
  matches = { { { "node.name", "matches", "bluez_input.*" } } },
  apply_properties = {
    -- A source to be captured, not a stream that plays on this machine's own output.
    ["bluez5.media-source-role"] = "input",
    ["session.suspend-timeout-seconds"] = 0,
  },
})
