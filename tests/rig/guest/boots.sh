# shellcheck shell=bash
# The guest starts, has controllers and a bluetoothd, and ends.
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 2
finish
