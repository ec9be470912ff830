#!/bin/bash
# make soak-rig: as check-rig.sh, with the scripts that take half an hour of their time each.
set -u
exec "$(dirname "$0")/check-rig.sh" "$(dirname "$0")"/guest/soak-*.sh
