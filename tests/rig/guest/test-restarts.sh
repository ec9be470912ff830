# shellcheck shell=bash
# What is beside the relay is restarted while it plays. Bluetoothd is killed: nobody does anything about it, and it plays
# again on both speakers, in step. WirePlumber and PipeWire go and come: that is not heard.
#
# speakers 2 3
# verdict --from 24
# bound clicks >= 15
# bound lost = 0
# bound doubled = 0
# bound heard_ms.constant < 0.5
# bound heard_ms.worst < 4
# bound silences = 0
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

one_adapter_start

plays_again() { heard_again "$@" 2 3; } # plays_again WHAT SECONDS NS
plays_again "it plays" 30 "$(now_ns)"
sleep 10

# --- bluetoothd: the devices, which live under the same one here, are switched on again, too --------------
killed=$(now_ns)
pkill -9 bluetoothd
kill -TERM "${devices[@]}"
wait "${devices[@]}"
devices=()
sleep 1
mv /share/bluetoothd.log /share/bluetoothd-killed.log
/usr/libexec/bluetooth/bluetoothd -n -d >/share/bluetoothd.log 2>&1 &
for number in 2 3; do
  mv "/share/speaker-$number.log" "/share/speaker-$number-before.log"
  fake-speaker "hci$number" "Speaker $number" --log "/share/speaker-$number.log" 2>>"/share/speaker-$number.err" &
  devices+=($!)
done
fake-echo hci1 "Echo Studio" "$(address hci0)" --log /share/echo.log 2>>/share/echo.err &
devices+=($!)
expect "bluetoothd is back" 20 grep -q "registered.*/rig/hci1/source" /share/bluetoothd.log
since=$(now_ns)
for number in 2 3; do
  expect "speaker $number streams" 10 streams_since "$killed" $number
  say "speaker $number streams $(streams_since "$killed" $number) s after the kill"
done
plays_again "bluetoothd killed" 60 "$since"
sleep 5

# --- WirePlumber, and PipeWire with it: the Echo plays to the relay itself, and goes on --------------------
wireplumber_end
sleep 8
wireplumber_start
sleep 8
wireplumber_end
pipewire_end
sleep 8
pipewire_start
wireplumber_start
sleep 12
finish
