#!/bin/bash
# The whole program in a terminal: real keys, real screens.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh
# shellcheck source=tests/helpers/terminal.sh
. tests/helpers/terminal.sh

terminal_wanted "screen in tmux"
tap_cleanup() { terminal_end; }

cat >"$work/start" <<X
#!/bin/sh
echo \$\$ >"$work/pid"
exec env "\$@" "$relay" --demo=healthy --state "$work/state"
X
chmod +x "$work/start"
start() { # start WxH [VARIABLE=VALUE]
  tmux kill-server >/dev/null 2>&1
  wait_for 5 sh -c "! [ -S $work/tmux-$(id -u)/echorelay ]"
  tmux new-session -d -s t -x "${1%x*}" -y "${1#*x}" \
    "export TERM=${TERMINAL:-tmux-256color} LC_ALL=C.UTF-8; stty -a >$work/before; $work/start ${2:-}; echo ended with \$?; stty -a >$work/after; sleep 1000"
}
mouse() { # mouse BUTTON COLUMN ROW: pressed, in the form that this terminal says it in
  if infocmp "${TERMINAL:-tmux-256color}" | grep -qF 'kmous=\E[M'; then
    keys -l $'\e[M'"$(printf '\\%o' $((32 + $1)) $((32 + $2)) $((32 + $3)) | xargs -0 printf)"
  else
    keys -l $'\e'"[<$1;$2;$3M"
  fi
}
start 80x24
sees "four speakers play" "Echo→4"
sees "events are told" " info  "
keys :mouse Space on Enter
sees "the mouse can be had" "mouse on"
mouse 0 5 8
sees "it selects what it is pressed on" "▌ 2"
mouse 65 5 8
sees "its wheel goes on to the next" "▌ 3"
mouse 64 5 8
sees "and back" "▌ 2"
keys :mouse Space off Enter
sees "the mouse can be given back" "mouse off"
keys Down
sees "an arrow goes on to the next" "▌ 3"
keys M-o
sees "a key with Alt is two where it means nothing" "o does nothing here"
keys 2 '>'
sees "a nudge is shown" "+10 ms"
sees "and told" "delay +0 -> +10 ms"
keys m
sees "mute" "MUTE"
keys m C
sees "channel" "channel left"
keys -l --
keys -- '-'
sees "volume" "95%"
keys '?'
sees "help" "Help - Main"
keys Escape
wait_for 5 sh -c '! tmux -L echorelay capture-pane -p -t t | grep -q "Help -"'
keys c
sees "disconnect by hand" "off"
keys c
sees "and connect again" "Echo→4"
keys x
sees "a key without meaning" "x does nothing here"
for size in 120x40 60x16 40x10 32x6 10x3 1x1 200x60; do
  tmux resize-window -t t -x "${size%x*}" -y "${size#*x}"
  sleep 0.2
done
sees "any size is survived" "lat 60 s"
tmux resize-window -t t -x 10 -y 3
sees "too small says so" "need 32x6"
tmux resize-window -t t -x 80 -y 24
keys q
sees "q asks first" "Stop the music?"
keys Enter
keys Q
keys y
sees "and ends well" "ended with 0"
wait_for 5 cmp -s "$work/before" "$work/after"
result "the terminal is as it was" $?
grep -q '"trim_ms": 10' "$work/state/speakers.json"
result "the nudge is kept" $?

# to the shell and back
tmux kill-server >/dev/null 2>&1
wait_for 5 sh -c "! [ -S $work/tmux-$(id -u)/echorelay ]"
tmux new-session -d -s t -x 80 -y 24 "export TERM=${TERMINAL:-tmux-256color} LC_ALL=C.UTF-8 PS1='shell> '; exec bash --norc -i"
wait_for 10 shows "shell>"
keys "$work/start" Enter
sees "it runs under a shell" "Echo→"
keys C-z
wait_for 10 sh -c "tmux -L echorelay capture-pane -p -t t | grep -q Stopped"
result "^Z gives the terminal to the shell" $?
keys "stty -a | grep -c ' icanon'" Enter
sees "… with its modes" "1"
keys fg Enter
sees "fg comes back" "Echo→"
keys Q y
sees "and it ends well after that" "shell>"

start 80x24 LC_ALL=C
sees "ASCII where the locale has no UTF-8" "Echo->"
start 80x24 NO_COLOR=1
wait_for 10 shows "Echo→"
tmux capture-pane -e -p -t t | grep -q "$(printf '\033')\[[0-9;]*3[0-7]m"
[ $? = 1 ]
result "NO_COLOR is honoured" $?
