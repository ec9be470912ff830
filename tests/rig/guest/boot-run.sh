#!/bin/bash
# One part of a test in a guest that systemd runs (boot.sh): devices or test.  When it was the test, or it
# failed, that is the end of the guest.

mapfile -t arguments </share/arguments
if [ "$1" = devices ]; then
  bash /share/script devices </dev/null && exit
  status=$?
else
  bash /share/script "${arguments[@]}" </dev/null
  status=$?
  systemctl stop devices # whose logs are whole then
fi
echo $status >/share/status
journalctl --no-pager --output=short-monotonic >/share/journal
dmesg >/share/dmesg
sync
systemctl --force --force poweroff
