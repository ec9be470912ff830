# shellcheck shell=bash
# Two speakers and an Echo are paired with the relay's adapter; the relay, started before all of it plays,
# connects the speakers, finds the Echo's node, and both speakers let hear what the Echo plays.
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 4
speaker_start hci2 hci0
speaker_start hci3 hci0
relay_start
session_start 1
expect "the relay streams to speaker 2" 20 grep -q '^start' /share/speaker-2.log
expect "the relay streams to speaker 3" 20 grep -q '^start' /share/speaker-3.log
echo_start hci1 hci0
speakers_play 20 2 3
expect "the relay tells of the Echo" 5 grep -q 'source 00:AA:01:01:00:42 state=streaming' /share/relay.log
finish
