#!/bin/bash
# The terminal is given back whatever ends the program, and nothing is sent to it that it cannot show.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh

export TERM=xterm-256color LC_ALL=C.UTF-8
pty=$build/tests/tools/pty
on() { # on OPTION... : the program on a terminal of its own; what it came to is in $work/said
  timeout 120 "$pty" "$@" "$relay" --demo=healthy --state "$work/state" >"$work/said" 2>&1
}
said() { # said NAME WORD...: all of them
  name=$1
  shift
  for word; do
    grep -qF -e "$word" "$work/said" && continue
    result "$name" 1
    sed 's/^/# /' "$work/said"
    return
  done
  result "$name" 0
}

# by a wish: in order, with code 0
for signal in HUP:1 INT:2 TERM:15; do
  on --signal "${signal#*:}"
  said "SIG${signal%:*} gives the terminal back" ended=yes code=0 modes=back screen=back cursor=back
done
# by a fault: by the signal itself, so that a core is left
for signal in QUIT:3 ILL:4 ABRT:6 BUS:7 FPE:8 SEGV:11; do
  on --signal "${signal#*:}"
  said "SIG${signal%:*} gives the terminal back" ended=yes modes=back screen=back cursor=back
  # a sanitizer makes an end of its own of some of them
  [ "${FLAVOUR:-release}" = release ] && said "… and kills with it" "signal=${signal#*:} "
done

on --for 1 --resize 60x200
bytes=$(sed -n 's/.*resize_bytes=\([0-9]*\).*/\1/p' "$work/said")
[ "${bytes:-9999}" -le 8192 ]
result "a repaint of 200x60 takes $bytes bytes, 8192 at the most" $?

on --resize 1x1 --signal 15
said "a terminal of one cell is none to fear" ended=yes code=0 modes=back

on --hang
said "it ends when its terminal goes" ended=yes
on --hang --keep-hup
said "also where SIGHUP is ignored" ended=yes

on --for 1 --raw "$work/raw"
grep -q "$(printf '\033')\[[0-9;]*3[0-7]m" "$work/raw"
result "colours where there are some" $?
NO_COLOR=1 on --for 1 --raw "$work/raw"
grep -q "$(printf '\033')\[[0-9;]*3[0-7]m" "$work/raw"
[ $? = 1 ]
result "none where NO_COLOR is set" $?
for surroundings in "TERM=vt100" "TERM=linux" "TERM=vt100 LC_ALL=C" "TERM=linux LC_ALL=C" "TERM=xterm-256color LC_ALL=C"; do
  (
    # shellcheck disable=SC2163,SC2086
    export $surroundings
    on --for 1 --raw "$work/raw"
  )
  [ "$(wc -c <"$work/raw")" -gt 500 ] && ! LC_ALL=C grep -q "$(printf '[\200-\377]')" "$work/raw"
  result "nothing but ASCII with $surroundings" $?
done
