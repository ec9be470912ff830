#!/bin/bash
# make install puts everything where it belongs, below DESTDIR; make uninstall leaves nothing of it behind.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh

export MAKEFLAGS=
install_as() { # install_as NAME PREFIX FOLDER-OF-WIREPLUMBER
  local root=$work/$1
  make -s install DESTDIR="$root" PREFIX="$2" >"$work/out" 2>&1
  result "$1: make install" $?
  (cd "$root" && find . -type f | sort) >"$work/$1.files"
  local missing=0 path
  for path in "$2/bin/echorelay" "$2/libexec/echorelay-flush" "$2/share/man/man1/echorelay.1" \
    "$2/share/man/man5/echorelay.conf.5" "$2/share/man/man5/echorelay-keys.5" "$2/share/man/man7/echorelay-latency.7" \
    "$2/share/man/man8/echorelay-flush.8" "$2/share/echorelay/echorelay.conf" "$2/share/echorelay/keymaps/vi.keys" \
    "$2/share/bash-completion/completions/echorelay" "$2/share/zsh/vendor-completions/_echorelay" \
    "$2/share/fish/vendor_completions.d/echorelay.fish" "$2/lib/systemd/user/echorelay.service" \
    "$3/bluetooth.lua.d/80-echorelay.lua" "$3/wireplumber.conf.d/80-echorelay.conf"; do
    grep -qx ".$path" "$work/$1.files" || { echo "# no $path"; missing=1; }
  done
  result "$1: everything is there" $missing
  [ -x "$root$2/bin/echorelay" ] && "$root$2/bin/echorelay" --version >/dev/null
  result "$1: and runs" $?
  make -s uninstall DESTDIR="$root" PREFIX="$2" >"$work/out" 2>&1
  result "$1: make uninstall" $?
  ! find "$root" -type f -o -type l | grep .
  result "$1: nothing is left" $?
}

install_as local /usr/local /etc/wireplumber
install_as packaged /usr /usr/share/wireplumber

# what others have put beside it stays
mkdir -p "$work/local/usr/local/share/man/man1" "$work/local/etc/wireplumber/wireplumber.conf.d"
touch "$work/local/usr/local/share/man/man1/other.1" "$work/local/etc/wireplumber/wireplumber.conf.d/80-other.conf"
make -s install uninstall DESTDIR="$work/local" PREFIX=/usr/local >"$work/out" 2>&1
[ "$(find "$work/local" -type f | wc -l)" = 2 ]
result "others' files stay" $?
