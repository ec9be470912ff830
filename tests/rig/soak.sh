#!/bin/bash
# make soak-rig: as check-rig.sh, with the scripts that take long: half an hour of two adapters; eight hours of the program
# with simulated speakers; and two hours of a household, with the relay and with PipeWire alone, each with its table.
set -u
exec "$(dirname "$0")/check-rig.sh" "$(dirname "$0")"/guest/soak-*.sh
