# shellcheck shell=bash
# Two hours of a household, on real BlueZ and PipeWire: the Echo on and off, talks and pauses, speakers switched off, taken
# by a phone, out of reach, batteries dying, Wi-Fi, bluetoothd, PipeWire and WirePlumber that begin anew
# (household-plan.awk).  The table at the end says what each speaker had of what was due.
#
#     tests/rig/run.sh -t 9000 tests/rig/guest/soak-household.sh [MINUTES [SEED]]
#
# seconds 9000
# releases bookworm
capabilities=+net_raw # echorelay-flush may
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh
# shellcheck source=tests/rig/guest/household.sh
. /rig/guest/household.sh

radio_start 8
household_devices
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)" --adapter "$(address hci2)"
session_start 3
relay_do window on
pair hci3 "$(address hci0)" || fail "pairing the Echo"
relay_do window off
echo_tell connect
memory() { awk '/^VmRSS/ { print $2, $3 }' /proc/"$(pgrep -x echorelay | head -1)"/status; }
say "resident before: $(memory)"
household_lives $((${1:-120} * 60)) "${2:-7}"
say "resident after: $(memory)"
household_books
