# shellcheck shell=bash disable=SC2154 # devices is lib.sh's
# The household of soak-household.sh and soak-household-pipewire.sh: an Echo, four speakers on two adapters, and
# what becomes of them (household-plan.awk).  To be sourced, after lib.sh; for its functions, in this order:
#
#   household_devices           the Echo hci3, and the speakers hci4 ... hci7: on, and paired
#   household_lives SECONDS SEED
#   household_books             the table, and finish
#
# /share/household says who was there: NS WHO out|in WHY, with the speaker's number, or `all`.

declare -A owner=([4]=hci1 [5]=hci1 [6]=hci2 [7]=hci2) kind=([4]=fifo [5]=conceal [6]=rtp [7]=fifo)
declare -A out # who is not there: why
echo_wants=play
chronicle=/share/household

note() { echo "$(now_ns) $*" >>$chronicle; }

speaker_calls() { owner_call "hci$1" "${owner[$1]}" 2>/dev/null; } # a speaker that was switched on: or it finds nobody

# --- the devices ------------------------------------------------------------------------------------

# Their logs go on where their programs begin anew.
speaker_begin() { # speaker_begin NUMBER
  fake-speaker "hci$1" "Speaker $1" --kind "${kind[$1]}" >>"/share/speaker-$1.log" 2>>"/share/speaker-$1.err" &
  devices+=($!)
}
echo_begin() {
  local options=()
  [ $echo_wants = play ] || options=(--paused)
  fake-echo hci3 "Echo Studio" "$(address hci0)" "${options[@]}" >>/share/echo.log 2>>/share/echo.err &
  devices+=($!)
}
registered() { # registered TIMES: so often all five have been
  local name
  for name in hci3/source hci4/sink hci5/sink hci6/sink hci7/sink; do
    counts "$1" "registered.*/rig/$name" /share/bluetoothd.log || return 1
  done
}
household_devices() {
  local number
  : >$chronicle
  note all out begin
  for number in 4 5 6 7; do speaker_begin $number; done
  echo_begin
  expect "the devices" 20 registered 1
  for number in 4 5 6 7; do
    pair "${owner[$number]}" "$(address hci$number)" || fail "pairing speaker $number"
  done
}

# --- deeds --------------------------------------------------------------------------------------------

speaker_goes() { # speaker_goes NUMBER WHY
  out[$1]=$2
  note "$1 out $2"
  radio_tell away "$(address "hci$1")"
  case $2 in
    taken) device_call "hci$1" "${owner[$1]}" Disconnect 2>/dev/null ;;
    off) adapter_power "hci$1" false ;;
    away) radio_tell cut "$(address "hci$1")" ;;
    dies)
      radio_tell cut "$(address "hci$1")"
      adapter_power "hci$1" false
      ;;
  esac
}
speaker_comes() { # speaker_comes NUMBER
  local why=${out[$1]}
  unset "out[$1]"
  radio_tell back "$(address "hci$1")"
  case $why in off | dies) adapter_power "hci$1" true ;; esac
  note "$1 in $why"
  # the bedroom's waits to be called
  [ "$1" = 6 ] || { sleep 4; speaker_calls "$1"; } &
}
speaker_fades() { # speaker_fades NUMBER MS: a second or more is out of reach
  radio_tell fade "$(address "hci$1")" "$2"
  [ "$2" -ge 1000 ] && awk -v now="$(now_ns)" -v who="$1" -v ms="$2" 'BEGIN {
    printf "%.0f %s out fade\n%.0f %s in fade\n", now, who, now + ms * 1e6, who }' >>$chronicle
}
wifi() { # wifi wifi1|wifi2 PERCENT
  local number numbers="4 5"
  [ "$1" = wifi1 ] || numbers="6 7"
  for number in $numbers; do radio_tell loss "$(address "hci$number")" "$2"; done
}

# Killed.  The devices live under the same one here, so they begin anew as well; who was out still is.
bluetoothds=1
bluetoothd_restart() {
  local number
  note all out bluetoothd
  pkill -9 -x bluetoothd
  kill -TERM "${devices[@]}"
  wait "${devices[@]}"
  devices=()
  sleep 1
  /usr/libexec/bluetooth/bluetoothd -n -d >>/share/bluetoothd.log 2>&1 &
  bluetoothds=$((bluetoothds + 1))
  for number in 4 5 6 7; do speaker_begin $number; done
  echo_begin
  expect "bluetoothd is back" 30 registered $bluetoothds
  for number in "${!out[@]}"; do
    case ${out[$number]} in off | dies) adapter_power "hci$number" false ;; esac
  done
  note all in bluetoothd
  for number in 4 5 7; do
    [ -n "${out[$number]:-}" ] || { sleep 4; speaker_calls $number; } &
  done
  [ $echo_wants = off ] || { sleep 6; echo_tell connect; } &
}

pipewire_restart() {
  pkill -x pipewire
  pkill -x wireplumber
  expect "PipeWire has ended" 10 not_running pipewire
  expect "WirePlumber has ended" 10 not_running wireplumber
  sleep 1
  pipewire_start
  wireplumber_start
}

deed() { # deed WHAT WHO [HOW_MUCH]
  say "$*"
  case $1 in
    fade) speaker_fades "$2" "$3" ;;
    burst) wifi "$2" "$3" ;;
    end-burst) wifi "$2" 0 ;;
    pause)
      echo_wants=pause
      echo_tell pause
      ;;
    end-pause)
      echo_wants=play
      echo_tell resume
      ;;
    bluetoothd) bluetoothd_restart ;;
    pipewire) pipewire_restart ;;
    wireplumber) wireplumber_restart ;;
    end-off | end-taken | end-away | end-dies)
      if [ "$2" = echo ]; then
        echo_wants=play
        echo_tell connect
      else
        speaker_comes "$2"
      fi
      ;;
    *)
      if [ "$2" = echo ]; then
        echo_wants=off
        echo_tell disconnect
      else
        speaker_goes "$2" "$1"
      fi
      ;;
  esac
}

sleep_until() { # sleep_until SECOND, of the life that began at $began
  sleep "$(awk -v until="$1" -v began="$began" '{ left = began + until - $1; print (left > 0 ? left : 0) }' /proc/uptime)"
}

household_lives() { # household_lives SECONDS SEED
  local began second what who much
  speakers_play 60 4 5 6 7
  sleep 10
  note all in begin
  began=$(cut -d' ' -f1 /proc/uptime)
  while read -r second what who much; do
    sleep_until "$second"
    deed "$what" "$who" "$much"
  done < <(awk -v seconds="$1" -v seed="$2" -f /rig/guest/household-plan.awk)
  sleep_until "$1"
  note all out end
}

household_books() {
  cd /share || exit
  awk -f /rig/guest/household-books.awk household echo.log speaker-[4567].log | tee table
  finish "${PIPESTATUS[0]}"
}
