#!/bin/bash
# Boots a guest, runs a script in it as root, powers off; ends with the script's exit status.
#
#   tests/rig/run.sh [OPTION]... SCRIPT [ARGUMENT]...
#
#   -r RELEASE   bookworm (the host's, if not given), trixie
#   -m vt        virtual time, CPU costs nothing: a run repeats to the nanosecond.  The default
#   -m tt        virtual time, CPU time counts
#   -m rt        real time
#   -i systemd   systemd is process 1, as on a box of its own (guest/boot.sh); else guest/init is
#   -o FOLDER    what the run leaves: log (what the script printed), console, and whatever it writes to /share
#   -t SECONDS   of wall time, at the most (1200)
#
# The script finds this folder at /rig, the whole tree at /source, the programs at /programs, -o at /share.
set -uo pipefail
# shellcheck source=tests/rig/settings.sh
. "$(dirname "$0")/settings.sh"
release=$host_release mode=vt init='' limit=1200 out=''
while getopts r:m:i:o:t: option; do
  case $option in
    r) release=$OPTARG ;;
    m) mode=$OPTARG ;;
    i) init=$OPTARG ;;
    o) out=$OPTARG ;;
    t) limit=$OPTARG ;;
    *) exit 64 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 64; }
case $mode in
  vt) travel=time-travel=inf-cpu ;;
  tt) travel=time-travel ;;
  rt) travel= ;;
  *) echo "run.sh: no mode '$mode'; there are vt, tt, rt" >&2; exit 64 ;;
esac
if [ ! -x "$work/kernel" ] || [ ! -d "$work/$release/root" ]; then
  echo "run.sh: there is no guest of $release; tests/rig/build.sh $release" >&2
  exit 69
fi

script=$(realpath "$1")
shift
out=${out:-$work/out/$(basename "$script" .sh)-$release-$$}
mkdir -p "$out"
out=$(realpath "$out")
rm -f "$out/status" "$out/log"
cp "$script" "$out/script"
printf '%s\n' "$@" >"$out/arguments"

# Who ends this script means the guest, too: its processes are processes of this host.
start=$SECONDS
# shellcheck disable=SC2086 # $travel may be no word at all
timeout -k 5 "$limit" "$work/kernel" mem=1G umid="rig$$" con=null con0=null,fd:1 con1=null ssl=null quiet $travel \
  root=/dev/root rootfstype=hostfs rootflags=/ rw init="$rig/guest/init" \
  RIG="$rig" ROOT="$work/$release/root" PROGRAMS="$(programs_of "$release")" SHARE="$out" INIT="$init" \
  </dev/null >"$out/console" 2>&1 &
guest=$!
trap 'kill -TERM $guest' TERM INT HUP
wait $guest 2>/dev/null # the kernel ends by aborting: no news
ended=$?
status=$(cat "$out/status" 2>/dev/null)
echo "rig: $(basename "$script") on $release, $mode: $((SECONDS - start)) s, status ${status:-none}, $out" >&2
[ -n "$status" ] && exit "$status"
echo "rig: the guest ended with $ended and left no status; its console:" >&2
tail -20 "$out/console" >&2
exit 70
