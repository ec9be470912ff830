#!/bin/bash
# The last steps before systemd is process 1 of a guest (init): what the README has a box's owner do, the units
# of this small world, and the test as two of them.
#
#   devices.service   SCRIPT devices, before the player's own services start: the radio, who is on it, pairing
#   test.service      SCRIPT, when all has started, as root; what it ends with is the guest's status
#
# The player lingers, so that his services start without a login, and has the relay as one.

source=/source/src/share
config=/home/player/.config/systemd/user

unit() { cat >"/etc/systemd/system/$1"; }

# as `make install`, `systemctl --user enable` and `loginctl enable-linger` leave it
install -D /programs/echorelay -t /usr/local/bin
install -D /programs/echorelay-flush -t /usr/local/libexec
setcap cap_net_raw+ep /usr/local/libexec/echorelay-flush
install -D -m 644 $source/wireplumber/* -t /usr/local/share/echorelay/wireplumber
install -D -m 644 $source/systemd/echorelay.service -t /usr/local/lib/systemd/user
install -D -m 644 $source/wireplumber/*.lua -t /etc/wireplumber/bluetooth.lua.d
install -D -m 644 $source/wireplumber/*.conf -t /etc/wireplumber/wireplumber.conf.d
install -d $config/default.target.wants
ln -s /usr/local/lib/systemd/user/echorelay.service $config/default.target.wants/
install -d /home/player/.config/echorelay
cat >/home/player/.config/echorelay/echorelay.conf <<'C'
[relay]
# the other adapters of this bluetoothd are the Echo and the speakers
adapter = 00:AA:01:00:00:42
C
chown -R player: /home/player
usermod --append --groups pipewire player
install -D /dev/null /var/lib/systemd/linger/player

# What waits for a login, or for hardware that is not there, is left out.
for unwanted in console-getty.service getty.target systemd-udev-trigger.service systemd-random-seed.service \
  systemd-sysctl.service systemd-sysusers.service systemd-modules-load.service \
  modprobe@.service e2scrub_reap.service timers.target systemd-update-utmp.service systemd-remount-fs.service; do
  ln -sf /dev/null "/etc/systemd/system/$unwanted"
done

install -d /etc/systemd/system/bluetooth.service.d /etc/systemd/system/user@1000.service.d
unit bluetooth.service.d/log.conf <<'U'
[Service]
ExecStart=
ExecStart=/usr/libexec/bluetooth/bluetoothd -n -d
StandardError=append:/share/bluetoothd.log
U
unit user@1000.service.d/devices.conf <<'U'
[Unit]
After=devices.service
U
# as lib.sh starts it: else virtual time stands when the Echo leaves
install -d /etc/systemd/user/wireplumber.service.d
cat >/etc/systemd/user/wireplumber.service.d/patience.conf <<'U'
[Service]
Environment=LD_PRELOAD=/programs/tests/rig/preload/patience.so
U
for part in devices test; do
  unit $part.service <<U
[Unit]
Description=The rig's $part
[Service]
Type=oneshot
RemainAfterExit=yes
Environment=HOME=/root LANG=C.UTF-8 TERM=dumb
Environment=PATH=/programs:/programs/tests/rig/programs:/usr/sbin:/usr/bin:/sbin:/bin
WorkingDirectory=/share
ExecStart=/bin/bash /rig/guest/boot-run.sh $part
StandardOutput=append:/share/log
StandardError=inherit
TimeoutStartSec=infinity
U
done
sed -i '/^Description/aAfter=devices.service multi-user.target user@1000.service' /etc/systemd/system/test.service
install -d /etc/systemd/system/default.target.wants
ln -s ../{devices,test}.service /etc/systemd/system/default.target.wants/
# what it complains of is on the guest's console
exec env -i SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=info /lib/systemd/systemd
