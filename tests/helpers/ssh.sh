# shellcheck shell=bash disable=SC2034,SC2154 # what is set here is used there, and the other way round
# A real sshd on loopback, and a connection that can be cut.  To be sourced; wants the folder $work.
# Elsewhere than on loopback with ssh_address=ADDRESS and ssh_inside="COMMAND that runs sshd there".

# Lets this user in, over a port of its own.  1 where sshd is not installed or does not let us in: $ssh_problem.
# Then `$work/ssh COMMAND...` runs a command over it, and writes its own process to $work/pid.ssh.
ssh_start() {
  local sshd port
  ssh_problem="sshd is not installed"
  sshd=$(command -v sshd || ls /usr/sbin/sshd 2>/dev/null) || return 1
  [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f "$work/host" && ssh-keygen -q -t ed25519 -N '' -f "$work/key" || return 1
  cp "$work/key.pub" "$work/authorized"
  for port in $(shuf -i 20000-60000 -n 5); do
    cat >"$work/sshd.conf" <<C
Port $port
ListenAddress ${ssh_address:-127.0.0.1}
HostKey $work/host
AuthorizedKeysFile $work/authorized
StrictModes no
UsePAM no
PidFile none
C
    ${ssh_inside:-} "$sshd" -D -f "$work/sshd.conf" >"$work/sshd.log" 2>&1 &
    sshd_pid=$!
    printf '%s\n' '#!/bin/sh' "echo \$\$ >$work/pid.ssh" "exec ssh -tt -F none -p $port -i $work/key -o StrictHostKeyChecking=no \\" \
      "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR ${ssh_options:-} ${ssh_address:-127.0.0.1} \"\$@\"" >"$work/ssh"
    chmod +x "$work/ssh"
    for _ in $(seq 100); do
      "$work/ssh" true >/dev/null 2>&1 </dev/null && return 0
      kill -0 "$sshd_pid" 2>/dev/null || break
      sleep 0.1
    done
    kill "$sshd_pid" 2>/dev/null
  done
  ssh_problem="sshd does not let us in: $(tail -1 "$work/sshd.log")"
  return 1
}

# A script on the other end, which runs `$relay OPTION...` and writes its process to $work/pid.remote.
ssh_remote() { # ssh_remote OPTION...
  cat >"$work/remote" <<C
#!/bin/sh
export XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR HOME=$HOME LC_ALL=C.UTF-8 TERM=tmux-256color
echo \$\$ >$work/pid.remote
exec $relay $*
C
  chmod +x "$work/remote"
}
