#!/bin/bash
# make check-rig: builds the guests, runs every guest/test-*.sh in each, and holds what came of it against the
# bounds that the script's head names.  Prints TAP, and ends with "N passed, N failed".
#
#   tests/rig/check-rig.sh [SCRIPT]...     (all of guest/test-*.sh)
#   RIG_RELEASES="bookworm trixie"     else the host's release alone
#   RIG_JOBS=N                         guests at a time, else one for each processor
#   RIG_TRIES=2                        what fails is tried once more; what it said first is told
#
# A script's head may say:
#   # mode MODE                run.sh's -m, else vt
#   # seconds N                run.sh's -t, for what takes longer than others
#   # init systemd             who is process 1, run.sh's -i
#   # releases RELEASE...      else all
#   # verdict OPTION...        for programs/verdict.c
#   # speakers N...            whose logs it reads (hciN), else no verdict is asked for
#   # bound KEY OP VALUE       of what it printed: "bound heard_ms.p99 < 1", "bound lost = 0"
#   # bound-RELEASE KEY OP VALUE   for one release alone
set -u
# shellcheck source=tests/rig/settings.sh
. "$(dirname "$0")/settings.sh"
cd "$top" || exit 70

head_of() { sed -n "s/^# $2 //p" "$1"; } # head_of SCRIPT KEY
say_test() { # say_test STATUS NAME
  if [ "$1" = 0 ]; then echo "ok - $2"; else echo "not ok - $2"; fi
}

# What verdict says as lines of "heard_ms.p99 0.03".
verdict_of() { # verdict_of SCRIPT OUT
  local logs=()
  for number in $(head_of "$1" speakers); do logs+=("$2/speaker-$number.log"); done
  # shellcheck disable=SC2046 # options
  "$build/tests/rig/programs/verdict" $(head_of "$1" verdict) "$2/echo.log" "${logs[@]}" |
    awk '{ prefix = $1 ~ /=/ ? "" : $1 "."
           for (i = 1; i <= NF; i++) if (split($i, pair, "=") == 2) print prefix pair[1], pair[2] }'
}

bound_hold() { # bound_hold VALUES KEY OP BOUND
  awk -v key="$2" -v op="$3" -v bound="$4" '
    $1 == key { value = $2; found = value ~ /^[-+.0-9]+$/ }
    END { print found ? value : "nothing"
          holds = op == "<" ? value + 0 < bound + 0 : 0
          if (op == "<=") holds = value + 0 <= bound + 0
          if (op == ">=") holds = value + 0 >= bound + 0
          if (op == "=") holds = value + 0 == bound + 0
          exit !(found && holds) }' "$1"
}

bounds_hold() { # bounds_hold SCRIPT RELEASE/NAME OUT
  local key op bound value
  [ -n "$(head_of "$1" speakers)" ] || return 0
  verdict_of "$1" "$3" >"$3/verdict"
  while read -r key op bound; do
    value=$(bound_hold "$3/verdict" "$key" "$op" "$bound")
    say_test $? "$2: $key $op $bound (is $value)"
  done < <(head_of "$1" bound; head_of "$1" "bound-${2%%/*}")
  sed "s|^|# $2: |" "$3/verdict"
}

once() { # once SCRIPT RELEASE
  local name mode limit status out
  name=$2/$(basename "$1" .sh)
  out=$work/out/$name
  mode=$(head_of "$1" mode)
  limit=$(head_of "$1" seconds)
  rm -rf "$out"
  mkdir -p "$out"
  "$rig/run.sh" -r "$2" -m "${mode:-vt}" -t "${limit:-1200}" -i "$(head_of "$1" init)" -o "$out" "$1" 2>"$out.said"
  status=$?
  say_test $status "$name"
  if [ $status != 0 ]; then
    sed 's/^/# /' "$out/log" "$out.said"
    return
  fi
  [ ! -s "$out/table" ] || sed 's/^/# /' "$out/table"
  bounds_hold "$1" "$name" "$out"
}

one() { # one SCRIPT RELEASE
  local said
  said=$(once "$@")
  if [ "${RIG_TRIES:-1}" -gt 1 ] && grep -q '^not ok' <<<"$said"; then
    while read -r line; do echo "# at first: $line"; done <<<"$said"
    said=$(once "$@")
  fi
  echo "$said"
}

# --- the guests ---------------------------------------------------------------------------------

# A guest that cannot be had here (no root, a mirror without that release, no user-mode Linux) is skipped, and
# said to be.
failed=0 skipped=0 built=()
mkdir -p "$work/out"
for release in $releases; do
  "$rig/build.sh" "$release"
  status=$?
  why="it could not be built"
  [ $status != 1 ] || why="the programs do not build for it"
  if [ $status = 0 ]; then
    "$rig/run.sh" -r "$release" -t 300 -o "$work/out/$release/boots" "$rig/guest/boots.sh"
    status=$?
    why="it does not boot"
  fi
  case $status in
    0) built+=("$release") ;;
    70 | 77)
      echo "ok - a guest of $release # SKIP $why"
      skipped=$((skipped + 1))
      ;;
    *)
      echo "not ok - a guest of $release: $why"
      failed=$((failed + 1))
      ;;
  esac
done

[ $# -gt 0 ] || set -- "$rig"/guest/test-*.sh
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
jobs=${RIG_JOBS:-$(nproc)}
for script; do
  wanted=$(head_of "$script" releases)
  for release in "${built[@]}"; do
    case " ${wanted:-$releases} " in *" $release "*) ;; *) continue ;; esac
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    one "$script" "$release" >"$results/$release-$(basename "$script")" &
  done
done
wait
: >"$results/none"
cat "$results"/*
passed=$(cat "$results"/* | grep -c '^ok')
failed=$((failed + $(cat "$results"/* | grep -c '^not ok')))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
