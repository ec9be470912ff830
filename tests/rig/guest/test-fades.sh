# shellcheck shell=bash
# The Echo on one adapter, three speakers of the three kinds on another. One after the other is out of reach
# for 300 ms, for 600 ms and for a second, then loses every fifth packet for nine seconds. The other two must
# not notice, and the one that was hurt must be in its place again, to the sample, at its DAC.
#
# By hand: what comes of it where echorelay-flush has no capability (the others get nothing from 82 ms after the
# first one's last packet until it is back, and all are in step afterwards), or where speakers report their latency:
#     tests/rig/run.sh -t 3600 tests/rig/guest/test-fades.sh bare
#     tests/rig/run.sh -t 3600 tests/rig/guest/test-fades.sh reported
case " $* " in *" bare "*) ;; *) capabilities=+net_raw ;; esac
# shellcheck source=tests/rig/guest/lib.sh
. /rig/guest/lib.sh

radio_start 6
speaker_start hci3 hci1 --kind fifo
speaker_start hci4 hci1 --kind conceal
speaker_start hci5 hci1 --kind rtp
case " $* " in
  *" reported "*) for number in 3 4 5; do radio_tell delay "$(address hci$number)" 1500; done ;;
esac
relay_start --adapter "$(address hci0)" --adapter "$(address hci1)"
session_start 2
echo_start hci2 hci0
speakers_play 20 3 4 5
sleep 2

judge() { # judge WHAT NUMBER SINCE
  local said status
  said=$(awk -v since="$3" -v hurt="speaker-$2.log" -v guarded="${capabilities:+1}" -f /rig/guest/fade.awk \
    speaker-[345].log)
  status=$?
  while read -r line; do say "$1: $line"; done <<<"$said"
  [ $status = 0 ] || wrong="$wrong; $1, speaker $2"
}

wrong=
cd /share || exit
for number in 3 4 5; do
  for length in 300 600 1000; do
    since=$(now_ns)
    radio_tell fade "$(address hci$number)" $length
    sleep 9
    judge "a fade of $length ms" $number "$since"
  done
  since=$(now_ns)
  radio_tell loss "$(address hci$number)" 20
  sleep 9
  judge "20 % lost" $number "$since"
  radio_tell loss "$(address hci$number)" 0
  sleep 2
done
[ -z "$wrong" ] || fail "somebody was hurt who should not be, or is out of place$wrong"
finish
