#!/bin/bash
# echorelay scan, pair and unpair: from a script, with the outcome waited for and told by the exit status.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh

tap_cleanup() {
  kill -9 "${daemon_pid:-}" 2>/dev/null
}

cat >"$work/shop.scenario" <<'X'
[adapter hci0]
address = 00:1A:7D:DA:71:13
[echo Echo Dot]
address = 44:00:49:12:AB:CD
[speaker Kitchen]
address = 00:00:5E:00:53:01
[speaker Charge 4]
address = 00:00:5E:00:53:02
paired = no
[speaker Mini]
address = 00:00:5E:00:53:03
paired = no
asks = pin
pin = 1234
[speaker No]
address = 00:00:5E:00:53:06
paired = no
pairing = rejects
X

expect "no relay: told" 69 "'echorelay daemon --demo' is one" "$relay" pair --demo Mini
expect "a speaker too few" 64 "usage: echorelay pair" "$relay" pair
expect "a word too many" 64 "usage: echorelay scan" "$relay" scan Mini
expect "no time" 64 "is no number of seconds" "$relay" scan --timeout soon

"$relay" daemon --demo="$work/shop.scenario" --state "$work/state" 2>"$work/errors" &
daemon_pid=$!
wait_for 30 "$relay" log --demo
result "the relay starts" $?

expect "scan" 0 "00:00:5E:00:53:02 speaker " "$relay" scan --demo --timeout 8
expect "lists what is paired, too" 0 "paired Kitchen" "$relay" scan --demo --timeout 2
expect "with a verdict" 0 "paired Kitchen: works, delay must be set by ear" "$relay" scan --demo --timeout 1
expect "as JSON" 0 '{"devices":[{"address":"00:00:5E:00:53:' "$relay" scan --demo --json --timeout 2
expect "pair waits until it sounds" 0 "paired 00:00:5E:00:53:02 Charge 4" "$relay" pair --demo "Charge 4"
expect "and then it plays" 0 "connected" "$relay" connect --demo "Charge 4"
expect "a PIN is answered" 0 '"ok":true,"address":"00:00:5E:00:53:03","name":"Mini","text":"paired"' \
  "$relay" pair --demo --json --answer 1234 00:00:5e:00:53:03
expect "a refusal is told, with what to do" 1 "No: refused to pair; hold its Bluetooth button" "$relay" pair --demo No
expect "one that is not there" 68 "'Attic' is not heard" "$relay" pair --demo --timeout 2 Attic
expect "unpair wants to be sure" 64 "this forgets Mini and its settings" "$relay" unpair --demo Mini
expect "unpair" 0 "Mini is forgotten" "$relay" unpair --demo Mini --yes
"$relay" status --demo | grep -q Mini
[ $? = 1 ]
result "and it is gone" $?
expect "nobody there" 68 "no device 'Mini'" "$relay" unpair --demo --yes Mini
expect "as JSON" 0 '{"ok":true,"text":"Charge 4 is forgotten"}' "$relay" unpair --demo --json --yes "Charge 4"
"$relay" completion devices | grep -qx 00:00:5E:00:53:06
result "TAB knows what was heard" $?
"$relay" stop --demo
wait $daemon_pid
result "the relay ends well" $?
