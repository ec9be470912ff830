#!/bin/bash
# The relay as a service of the user's systemd: what `service` asks of it, and what the relay tells it.  The
# manager is made up.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh

unit=$XDG_CONFIG_HOME/systemd/user/echorelay.service
tap_cleanup() { kill "${manager_pid:-}" "${relay_pid:-}" 2>/dev/null; }

# --- a manager: its state is which files there are; a line in `calls` for what it was asked ------------
mkdir "$work/bin" "$work/none"
cat >"$work/bin/systemctl" <<X
#!/bin/sh
cd "$work" || exit 1
echo "\$*" >>calls
[ "\$1" = --user ] && [ -e manager ] || exit 1
case \$2 in
  enable) [ ! -e refuses ] && touch enabled active ;;
  disable) rm -f enabled active ;;
  is-enabled) [ -e enabled ] ;;
  is-active) [ -e active ] ;;
  start) setsid "$relay" daemon --bus "unix:path=$work/no-bus" --state "$work/state" >/dev/null 2>&1 &
    until [ -S "$XDG_RUNTIME_DIR/echorelay/relay" ]; do sleep 0.05; done ;;
esac
X
cat >"$work/bin/loginctl" <<X
#!/bin/sh
cd "$work" || exit 1
[ -e lingers ] && echo yes || { echo "User is not logged in or lingering" >&2; exit 1; }
X
chmod +x "$work"/bin/*
export PATH="$work/bin:$PATH"
ends() { # ends NAME CODE COMMAND...: whatever it prints, which is in $work/out
  timeout 60 "${@:3}" >"$work/out" 2>&1 </dev/null
  [ $? = "$2" ]
  result "$1" $?
}
asked() { # asked NAME CALL
  grep -qxF -e "$2" "$work/calls"
  result "$1" $?
}

expect "without systemd there is no service" 69 "there is no systemd" env PATH="$work/none" "$relay" service install
expect "nor where no manager of the user runs" 69 "no manager of this user" "$relay" service install
[ ! -e "$unit" ]
result "and nothing is written then" $?
expect "its state, then" 1 "service manager=no enabled=no active=no linger=no" "$relay" service status
ends "remove has nothing to do" 0 "$relay" service remove

touch "$work/manager"
expect "the state where there is a manager" 1 "service manager=yes enabled=no active=no linger=no" "$relay" service status
expect "install tells of lingering" 0 "loginctl enable-linger" "$relay" service install
asked "the manager reads its units anew" "--user daemon-reload"
asked "and starts it, now and with each login" "--user enable --now echorelay.service"
if [ -e /usr/lib/systemd/user/echorelay.service ] || [ -e /usr/local/lib/systemd/user/echorelay.service ]; then
  skip "the unit" "it is installed on this machine"
else
  grep -qxF "ExecStart=\"$(realpath "$relay")\" daemon" "$unit"
  result "the unit names this very program" $?
  [ -z "$(diff <(grep -v ^ExecStart= "$unit") <(grep -v ^ExecStart= src/share/systemd/echorelay.service))" ]
  result "and is the one of the package else" $?
fi
expect "the state then" 0 "service manager=yes enabled=yes active=yes linger=no" "$relay" service status
touch "$work/lingers"
ends "a second install does no harm" 0 "$relay" service install
grep -q linger "$work/out"
[ $? = 1 ]
result "and says nothing of lingering where that is so" $?
expect "as the state tells" 0 "linger=yes" "$relay" service status

expect "a screen starts the service where no relay runs" 0 "starting the service" \
  sh -c "echo quit | '$relay' --plain"
asked "by the manager" "--user start echorelay.service"
"$relay" log >/dev/null
result "and it runs" $?
ends "install with the service running" 0 "$relay" service install
rm -f "$work/active"
expect "but not beside a relay that is no service" 69 "a relay runs already, as process" "$relay" service install
"$relay" stop

ends "remove" 0 "$relay" service remove
asked "stops it" "--user disable --now echorelay.service"
[ ! -e "$unit" ]
result "and takes the unit away" $?
ends "again" 0 "$relay" service remove
touch "$work/refuses"
expect "a unit that does not start is told" 69 "systemctl --user status echorelay" "$relay" service install
expect "no such verb" 64 "install|remove|status" "$relay" service restart

# --- what the relay tells ------------------------------------------------------------------------------
"$build/tests/tools/notified" "$work/notify" 2000 "$relay" daemon --demo=healthy --state "$work/state" \
  --log "$work/log" >"$work/told" 2>"$work/errors" &
manager_pid=$!
said() { # told NAME LINE: within a minute
  wait_for 60 grep -qxE -e "$2" "$work/told"
  code=$?
  result "$1" $code
  [ $code = 0 ] || sed 's/^/# /' "$work/told" "$work/errors"
}
said "it says when it is ready" "READY=1"
said "and what plays" "STATUS=4 speakers, 4 playing.*"
said "and that it lives" "WATCHDOG=1"
kill -USR1 $manager_pid
wait_for 60 grep -qxE "HELD|NO.*" "$work/told"
signs_since() { sed "1,/^$1\$/d" "$work/told" | grep -cx WATCHDOG=1; }
if ! grep -qx HELD "$work/told"; then
  skip "an engine that is stuck" "$(grep -x "NO.*" "$work/told")"
else
  # four seconds of its loop: eight signs of life, if that were all it took
  [ "$(timeout 100 "$relay" watch --demo --json --interval 100ms --count 40 | wc -l)" = 40 ]
  result "its engine is stuck: it answers still" $?
  [ "$(signs_since HELD)" -le 2 ]
  result "but gives no sign of life" $?
  kill -USR2 $manager_pid
  wait_for 60 sh -c "sed '1,/^FREE\$/d' '$work/told' | grep -qx WATCHDOG=1"
  result "the engine goes on: it lives again" $?
fi
kill $manager_pid
wait $manager_pid
result "it ends well" $?
manager_pid=
[ "$(tail -1 "$work/told")" = STOPPING=1 ]
result "and says so before" $?
