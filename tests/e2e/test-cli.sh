#!/bin/bash
# The command line: what it prints and with which code it ends, above all when something is wrong.
# shellcheck source=tests/helpers/tap.sh
. tests/helpers/tap.sh
keys=$work/my.keys conf=$work/my.conf

expect "help" 0 "--demo[=SCENARIO]" "$relay" --help
expect "version" 0 "echorelay " "$relay" --version
expect "commands are listed" 0 "delay SPEAKER [+|-|=]TIME" "$relay" --list-commands
expect "keys are listed" 0 "main    ,          delay -1ms" "$relay" --list-keys
expect "keys of another keymap" 0 "gg         first" "$relay" --list-keys --keymap vi

expect "unknown option" 64 "Try 'echorelay --help'" "$relay" --dmeo
expect "help lists subcommands" 0 "  help [SUBCOMMAND]" "$relay" help
expect "stray word" 64 "no subcommand 'demo'" "$relay" demo
expect "subcommand after options" 64 "a subcommand stands first" "$relay" --demo help
expect "option without its value" 64 "requires an argument" "$relay" --for
for time in soon 1e999 nan -1 0 '' 1s; do
  expect "time that is none: '$time'" 64 "--for $time: is no number of seconds" "$relay" "--for=$time"
done
expect "adapter that is none" 64 "is no Bluetooth address" "$relay" --adapter hci0
# shellcheck disable=SC2046 # so many words
expect "one adapter too many" 64 "is one too many" "$relay" $(printf -- '--adapter 00:1A:7D:DA:71:%02X ' {1..20})
expect "frames that are none" 64 "--fps 0: is no number from 1 to 20" "$relay" --fps 0
expect "frames that are no number" 64 "--fps many:" "$relay" --fps many
expect "colours that are none" 64 "is none of default, light, cb, mono" "$relay" --theme red
expect "a screen's options, well" 0 "main    ," "$relay" --fps 5 --theme cb --mouse --charset auto --list-keys

for script in status watch log set connect scan pair unpair stop; do
  expect "$script's help" 0 "Usage: echorelay $script " "$relay" $script --help
done
while read -r told line; do
  # shellcheck disable=SC2086 # its words
  expect "'$line' is told how" 64 "$told" "$relay" $line
done <<'X'
usage: set
usage: connect
usage: connect Kitchen on off
usage: stop now
usage: unpair
usage: pair
usage: scan x
takes status x
debug, log --level loud
number log -n none
number log -n 0
X

expect "missing keymap" 66 "no keymap 'nowhere'" "$relay" --list-keys --keymap nowhere
expect "missing keymap file" 66 "No such file" "$relay" --demo --batch --keymap "$keys"
printf 'keymap 1\ninclude default\n\nbind main x dely +1ms\n' >"$keys"
expect "broken keymap, by line" 65 "my.keys:4: no action 'dely'; did you mean 'delay'?" \
  "$relay" --demo --batch --keymap "$keys"
expect "check-keys finds it" 65 "my.keys:4:" "$relay" --check-keys "$keys"
printf 'keymap 1\ninclude default\nbind main x delay +1ms\n' >"$keys"
expect "check-keys is content" 0 "no mistakes" "$relay" --check-keys "$keys"
for file in keymaps/*.keys; do
  expect "$file" 0 "no mistakes" "$relay" --check-keys "$file"
done

expect "missing config" 66 "No such file" "$relay" --demo --batch --config "$conf"
printf '[relay]\nrate = 44100\nkeymapp = vi\n' >"$conf"
expect "broken config, by line" 65 "my.conf:3: no key 'keymapp'; did you mean 'keymap'?" "$relay" --demo --batch --config "$conf"
mkdir -p "$XDG_CONFIG_HOME/echorelay"
cp "$conf" "$XDG_CONFIG_HOME/echorelay/echorelay.conf"
expect "one's own config is read" 65 "echorelay.conf:3:" "$relay" --demo --batch
printf '[relay]\nkeymap = vi\n' >"$XDG_CONFIG_HOME/echorelay/echorelay.conf"
expect "and used" 0 "gg         first" "$relay" --list-keys
rm "$XDG_CONFIG_HOME/echorelay/echorelay.conf"

expect "missing scenario" 66 "No such file" "$relay" --demo=nowhere --batch
printf '[adapter hci0]\n[speaker A]\nlatency = long\n' >"$work/s.scenario"
expect "broken scenario, by line" 65 "s.scenario:3: 'long' is no duration" \
  "$relay" --demo="$work/s.scenario" --batch
echo "this is no sound" >"$work/no.wav"
expect "sound file that is none" 65 "no.wav: no sound file" "$relay" --demo="file:$work/no.wav" --batch
expect "missing sound file" 66 "No such file" "$relay" --demo="file:$work/nowhere.wav" --batch
expect "log that cannot be written" 73 "/nowhere/log" "$relay" --demo --batch --log /nowhere/log
echo x >"$work/file"
expect "state that cannot be written" 73 "nothing will be kept" \
  "$relay" --demo --batch --state "$work/file/state"

if has_terminals; then
  expect "terminal that can do nothing: lines" 0 "echorelay, in lines" \
    script -qec "TERM=dumb $relay --standalone --demo --for 2" /dev/null
  expect "terminal that is unknown: lines" 0 "echorelay, in lines" \
    script -qec "TERM=no-such-terminal $relay --standalone --demo --for 2" /dev/null
else
  skip "terminals that can do little" "there are no pseudo-terminals"
fi

echo "status
volume Hall 50
volume Attic 50
quit" >"$work/typed"
plain() { "$relay" --plain --standalone --demo=healthy --state "$work/plain" <"$work/typed"; }
plain >"$work/lines" 2>&1
grep -q "speakers play" "$work/lines" && grep -q "error: no speaker" "$work/lines" &&
  ! grep -q "$(printf '\033')" "$work/lines"
result "lines to type to" $?
[ "$(grep -c 'volume [0-9]* -> 50 %' "$work/lines")" = 1 ]
result "a change is told once" $?
mkfifo "$work/typed-later"
"$relay" --plain --standalone --demo=healthy --state "$work/plain-later" <"$work/typed-later" >"$work/lines" 2>&1 &
pid=$!
exec 3>"$work/typed-later"
listed() { echo status >&3 && grep -q "of 4 speakers play" "$work/lines"; }
wait_for 20 listed
printf '%s\n' help 'select 9' 'select 2' 'volume 40' 'volume 1 30' quit >&3
exec 3>&-
wait $pid
for told in "    how everything is" "mute SPEAKER" "error: there is no such speaker" "Hall: volume 100 -> 40 %" "Bath: volume 100 -> 30 %"; do
  grep -q -e "$told" "$work/lines"
  result "lines: $told" $?
done
expect "no such characters" 64 "is none of utf8, ascii, auto" "$relay" --charset ebcdic

expect "no bluetoothd" 69 "bus" "$relay" --bus "unix:path=$work/no-bus" --batch --for 2
expect "without a terminal: what there is, once" 0 "speaker 70:99:1C:0A:B2:44 state=paired" "$relay" --demo
expect "batch" 0 'state=streaming' "$relay" --demo=healthy --batch --for 4

"$relay" --demo=healthy --json >"$work/json" 2>"$work/errors" &
pid=$!
all_stream() { awk '{ if (gsub(/"state":"(streaming|congested)"/, "") == 5) found = 1 } END { exit !found }' "$work/json"; }
wait_for 20 all_stream
result "four speakers and the Echo stream" $?
kill -TERM $pid
wait $pid
result "json ends well" $?
[ ! -s "$work/errors" ]
result "json has no errors" $?
[ "$(wc -l <"$work/json")" -ge 3 ]
result "json has a line a second" $?
tail -1 "$work/json" | grep -q '^{"schema":1,"time":"20[0-9-]*T[0-9:.]*Z","source":{.*"speakers":\[{.*"adapters":\[{.*}\]}$'
result "json is one object a line" $?

timeout 60 "$relay" --demo=healthy --json | head -1 >"$work/one"
[ "${PIPESTATUS[0]}" = 0 ] && [ "$(wc -l <"$work/one")" = 1 ]
result "a reader that leaves ends it" $?

"$relay" --demo=healthy --batch --for 60 --log "$work/busy.log" >"$work/batch" 2>&1 &
pid=$!
wait_for 10 grep -q state=streaming "$work/batch"
kill -STOP $pid
sleep 0.2
kill -CONT $pid
wait_for 10 grep -q "demo: this machine is busy" "$work/busy.log"
result "a demo whose machine had no time for it says so" $?
kill -TERM $pid
wait $pid
result "SIGTERM ends it well" $?

# a name that would say more of its line than who it is
printf '[adapter hci0]\n[speaker 1]\nname = x" state=streaming \\x5c\n' >"$work/quotes.scenario"
expect "quotes in a name are no end of it" 0 'name="x\" state=streaming \\"' \
  "$relay" --demo="$work/quotes.scenario" --batch --for 2

# started without stdin, stdout and stderr: what it opens does not come to stand for them
"$relay" daemon --demo=healthy --state "$work/bare" <&- >&- 2>&- &
pid=$!
streams_are_null() {
  for fd in 0 1 2; do [ "$(readlink /proc/$pid/fd/$fd)" = /dev/null ] || return 1; done
}
if [ -e /proc/self/fd ]; then
  wait_for 10 test -S "$XDG_RUNTIME_DIR/echorelay/demo" && streams_are_null
  result "no file or socket in the place of closed streams" $?
fi
kill -TERM $pid
wait $pid
result "and it ends well" $?

# the doctor, in whatever box this is: it ends, and has a word for each check
checks=$("$relay" doctor --json 2>"$work/errors" | tee "$work/doctor" | grep -c '"state": "\(ok\|warn\|fail\|unknown\)"')
[ "$checks" -ge 25 ] && [ ! -s "$work/errors" ]
result "doctor --json: $checks checks" $?
env -i "$relay" doctor >"$work/doctor" 2>&1
[ $? -le 1 ] && grep -q 'ok, .* could not be seen' "$work/doctor"
result "doctor without an environment" $?
expect "doctor's help" 0 "--fix" "$relay" doctor --help
expect "doctor's wrong option" 64 "unrecognized option" "$relay" doctor --cure
expect "doctor does not ask where nobody answers" 64 "wants a terminal" "$relay" doctor --fix

expect "report" 0 '"checks"' "$relay" report -
expect "report into a file that cannot be" 73 "/nowhere/report" "$relay" report /nowhere/report
expect "report's wrong option" 64 "unrecognized option" "$relay" report --all

# what is kept comes back
printf '{"version":1,"speakers":[{"address":"00:00:5E:00:53:10","trim_ms":35,"volume":55,"channel":"left"}]}' \
  >"$work/speakers.json"
expect "kept settings are used" 0 "trim_ms=+35" "$relay" --demo=healthy --state "$work" --batch --for 2
expect "and written back" 0 '"volume": 55' cat "$work/speakers.json"
echo "{ half a file" >"$work/speakers.json"
expect "a damaged state does not stop it" 0 "state=" "$relay" --demo=healthy --state "$work" --batch --for 2
[ -e "$work/speakers.json.broken" ]
result "and is set aside" $?
