# The laboratory's own way into the guest: one SSH connection through hvcat, which is kept
# for all cases, so that looking into the guest costs no handshake.
# shellcheck shell=sh

# What every ssh here is given.
ssh_options="-F none -i $folder/id -o IdentitiesOnly=yes -o StrictHostKeyChecking=no
-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=60 -o BatchMode=yes"

control_path() {
  echo "$(readlink "$folder/sockets")/control"
}

# Its ssh is ended by its id: asked to exit, it waits for the other side.
close_control() {
  [ -S "$(control_path)" ] || return 0
  master=$(timeout 5 ssh -F none -S "$(control_path)" -O check guest 2>&1 |
    sed -n 's/.*(pid=\([0-9]*\)).*/\1/p')
  [ -z "$master" ] || kill "$master" 2>/dev/null || true
  rm -f "$(control_path)"
}

open_control() {
  close_control
  # shellcheck disable=SC2086
  timeout 60 ssh $ssh_options -S "$(control_path)" -M -N -f -o ControlPersist=yes \
    -o "ProxyCommand=$HVCAT hybrid://$(readlink "$folder/sockets")/vm.sock:22" root@guest \
    >"$folder/control.log" 2>&1 </dev/null
}

# on_guest COMMAND
on_guest() {
  # shellcheck disable=SC2086
  timeout 100 ssh $ssh_options -S "$(control_path)" root@guest "$@" </dev/null
}
