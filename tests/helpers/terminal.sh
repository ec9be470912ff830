# shellcheck shell=bash
# A terminal to press keys in and to look at, by tmux.  To be sourced after tap.sh.

terminal_wanted() { # terminal_wanted NAME: ends the test, as skipped, where there is none
  command -v tmux >/dev/null || { skip "$1" "tmux is not installed"; exit 0; }
  has_terminals || { skip "$1" "there are no pseudo-terminals"; exit 0; }
  export TMUX_TMPDIR=${work:?}
}

tmux() { command tmux -L echorelay -f /dev/null "$@"; }
terminal_end() { tmux kill-server >/dev/null 2>&1; }
keys() { tmux send-keys -t t "$@"; }
screen() { tmux capture-pane -p -t t; }
shows() { screen | grep -qF -e "$1"; }
sees() { # sees NAME TEXT: within ten seconds
  wait_for 10 shows "$2"
  code=$?
  result "$1" $code
  [ $code = 0 ] || screen | sed 's/^/# /'
}
