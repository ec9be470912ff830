#!/bin/sh
# Installs the Debian packages that the named groups want and that are missing.
#   .ci/packages.sh [--list] [--host ARCHITECTURE] build [check] [coverage] [valgrind] [lint] [deb] [fuzz] [rig]
# --list prints the names instead.  --host has the libraries of another machine, and the compiler for it.
# As root by apt-get, else through sudo; where neither goes, it lists what to install and ends with 1.
set -eu

build='gcc libc6-dev make pkg-config libsystemd-dev libpipewire-0.3-dev libsbc-dev libncurses-dev
  libjansson-dev libinih-dev libsndfile1-dev libbluetooth-dev libfftw3-dev'
check='libcmocka-dev dbus-daemon pipewire pipewire-bin wireplumber tmux ncurses-bin ncurses-term procps bsdutils util-linux time'
coverage='gcovr'
valgrind='valgrind'
lint='clang-format cppcheck mandoc shellcheck'
deb='build-essential debhelper dpkg-dev fakeroot lintian'
fuzz='clang libclang-rt-dev'
rig='mmdebstrap rsync patch flex bison bc libelf-dev xz-utils'

if [ "${1:-}" = --list ]; then
  list=1
  shift
fi
if [ "${1:-}" = --host ]; then
  host=$2
  shift 2
fi

wanted=
for group; do
  case $group in
    build) wanted="$wanted $build" ;;
    check) wanted="$wanted $check" ;;
    coverage) wanted="$wanted $coverage" ;;
    valgrind) wanted="$wanted $valgrind" ;;
    lint) wanted="$wanted $lint" ;;
    deb) wanted="$wanted $deb" ;;
    fuzz) wanted="$wanted $fuzz" ;;
    rig) wanted="$wanted $rig" ;;
    *) echo "packages.sh: no group '$group'; there are build, check, coverage, valgrind, lint, deb, fuzz, rig" >&2; exit 64 ;;
  esac
done
if [ "${host:-}" ]; then
  # shellcheck disable=SC2086 # a list of words
  wanted=$(printf '%s\n' $wanted | sed "s/^gcc\$/crossbuild-essential-$host/; s/^pkg-config\$/pkgconf:$host/; s/^lib.*-dev\$/&:$host/")
fi
if [ "${list:-}" ]; then
  # shellcheck disable=SC2086 # spaces and ends of lines become one space
  echo $wanted
  exit 0
fi

if ! command -v dpkg-query >/dev/null; then
  command -v pkg-config >/dev/null && exit 0
  echo "This is no Debian. Install what these Debian packages hold: $wanted" >&2
  exit 1
fi

if [ "${host:-}" ] && ! dpkg --print-foreign-architectures | grep -qx "$host"; then
  echo "Debian's packages for $host are not known here. As root, run: dpkg --add-architecture $host" >&2
  exit 1
fi

missing=
for package in $wanted; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
  if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=sudo
  else
    echo "Packages are missing. As root, run:" >&2
    echo "  apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
fi

echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of words, and an empty or one-word command
if ! { $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  echo "apt-get could not install:$missing" >&2
  exit 1
fi
