# shellcheck shell=bash
# Eight hours of the program itself, by the guest's clock: the relay in the background with its threads and sockets, eight
# simulated speakers, and a screen attached. Its memory every ten minutes, at the end each speaker's counters.
#
#     tests/rig/run.sh -t 9000 tests/rig/guest/soak-program.sh [HOURS]
#
# seconds 9000
# releases bookworm
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

HOURS=${1:-8} STEP=600 BUILD=/programs /source/tests/soak/real.sh
finish
