#!/bin/bash
# Builds what the rig's guests are made of, from Debian packages, into the work folder (settings.sh):
#
#   tests/rig/build.sh [RELEASE]...
#
#   kernel             user-mode Linux with Bluetooth, out of Debian's linux-source (kernel.config, kernel.patch)
#   RELEASE/root       a root file system (packages)
#   RELEASE/root/src   for a release that is not the host's: this tree, built in there
#
# What is there already is kept.  Wants root, and installs the packages of `.ci/packages.sh rig`.
# Ends with 77 when a guest cannot be had here, with 1 when our programs do not build for it.
set -euo pipefail
# shellcheck source=tests/rig/settings.sh
. "$(dirname "$0")/settings.sh"
mkdir -p "$work"

say() { echo "rig: $*"; }

logged() { # logged NAME COMMAND...: shows what it printed only if it fails
  local log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 </dev/null && return
  tail -40 "$log" >&2
  say "failed: $* (all of it: $log)"
  return 1
}

# --- the kernel ---------------------------------------------------------------------------------

kernel_unpack() { # kernel_unpack FOLDER
  local package
  package=$(apt-cache depends linux-source | sed -n 's/^ *Depends: \(linux-source-[0-9.]*\)$/\1/p')
  cd "$1"
  apt-get -o APT::Sandbox::User=root download "$package"
  dpkg-deb --fsys-tarfile ./"$package"_*.deb | tar -xO "./usr/src/$package.tar.xz" | tar -xJ --strip-components=1
  # a source that is mended already is left as it is
  if patch -p1 -N --dry-run <"$rig/kernel.patch"; then patch -p1 <"$rig/kernel.patch"; fi
}

kernel_compile() { # kernel_compile FOLDER
  make -C "$1" ARCH=um KCONFIG_ALLCONFIG="$rig/kernel.config" allnoconfig
  make -C "$1" ARCH=um -j"$(nproc)" ${CC:+CC="$CC"} linux
}

kernel_build() {
  local sum folder
  sum=$(cat "$rig/kernel.config" "$rig/kernel.patch" | sha256sum | cut -c1-12)
  kernel=$work/kernel-$sum
  if [ -x "$kernel" ]; then
    ln -sf "kernel-$sum" "$work/kernel"
    return
  fi
  say "the kernel (about five minutes of two cores)"
  folder=$(mktemp -d "$work/kernel.XXXXXX")
  logged kernel-source kernel_unpack "$folder"
  logged kernel kernel_compile "$folder"
  strip -o "$kernel.new" "$folder/linux"
  mv "$kernel.new" "$kernel"
  ln -sf "kernel-$sum" "$work/kernel"
  rm -rf "$folder"
}

# --- a guest's root file system -----------------------------------------------------------------

# The host's own Debian sources, for another release.  Files that do not name the host's stay out.
sources_for() { # sources_for RELEASE FOLDER
  local file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    grep -qsE "(^|[[:space:]])$host_release([[:space:]]|$)" "$file" || continue
    sed "s/\b$host_release\b/$1/g" "$file" >"$2/$(basename "$file")"
    echo "$2/$(basename "$file")"
  done
}

guest_packages() { # guest_packages RELEASE
  grep -v '^#' "$rig/packages"
  if [ "$1" != "$host_release" ]; then "$top/.ci/packages.sh" --list build; fi
}

root_build() { # root_build RELEASE
  local made=$work/$1/root root=$work/$1/root.new sources
  if [ -e "$made/.made" ] && cmp -s <(guest_packages "$1") "$made/.made"; then return; fi
  say "a root file system of $1"
  rm -rf "$root" "$work/$1/sources"
  mkdir -p "$work/$1/sources"
  mapfile -t sources < <(sources_for "$1" "$work/$1/sources")
  logged "root-$1" mmdebstrap --variant=minbase --mode=root \
    --include="$(guest_packages "$1" | xargs | tr ' ' ,)" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' "$1" "$root" "${sources[@]}"
  mkdir -p "$root"/{rig,share,programs}
  echo rig >"$root/etc/hostname"
  echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
  chroot "$root" useradd --create-home --uid 1000 --shell /bin/bash player
  guest_packages "$1" >"$root/.made"
  rm -rf "$made"
  mv "$root" "$made"
}

# --- the programs -------------------------------------------------------------------------------

# A release that is not the host's gets a copy of this tree and builds it itself. The copy before it may have been
# of another tree, with newer files: what differs gets the time of now, for make goes by that.
programs_build() { # programs_build RELEASE
  if [ "$1" = "$host_release" ]; then
    make -C "$top" --no-print-directory rig-programs
    return
  fi
  local src=$work/$1/root/src
  mkdir -p "$src"
  rsync -rlp --checksum --delete --exclude=/build --exclude=/.git "$top/" "$src/"
  logged "programs-$1" chroot "$work/$1/root" make -C /src -j"$(nproc)" --no-print-directory CC=gcc rig-programs
}

# 77: this machine or its mirror has not what a guest is made of.  1: our own programs do not build.
status=77
trap '[ $? = 0 ] || exit $status' EXIT

if [ "$(id -u)" != 0 ]; then
  say "building a guest wants root (mmdebstrap, chroot)"
  exit 77
fi
[ $# -gt 0 ] || set -- "$host_release"
"$top/.ci/packages.sh" rig
kernel_build &
kernel_job=$!
for release; do root_build "$release"; done
wait $kernel_job
status=1
for release; do programs_build "$release"; done
