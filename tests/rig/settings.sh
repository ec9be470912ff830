# shellcheck shell=bash disable=SC2034 # what is set here is used elsewhere
# Where the rig keeps things, and for which Debian releases; to be sourced.
#   ECHORELAY_RIG   the work folder (~/.cache/echorelay-rig)
#   RIG_RELEASES    guests that are built and tested: the host's own release, or "bookworm trixie"

rig=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$rig/../.." && pwd)
work=${ECHORELAY_RIG:-${XDG_CACHE_HOME:-$HOME/.cache}/echorelay-rig}
build=${BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
host_release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
releases=${RIG_RELEASES:-$host_release}

# Where the programs for a release's guest are: echorelay, and tests/rig/programs/ with the rig's own.
programs_of() { # programs_of RELEASE
  if [ "$1" = "$host_release" ]; then
    echo "$build"
  else
    echo "$work/$1/root/src/build"
  fi
}
