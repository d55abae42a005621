# The laboratory's own way into the guest: one SSH connection through hvcat, which is kept
# for all cases, so that looking into the guest costs no handshake.
# shellcheck shell=sh

# What every ssh here is given.
ssh_options="-F none -i $folder/id -o IdentitiesOnly=yes -o StrictHostKeyChecking=no
-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=60 -o BatchMode=yes"

control_path() {
  echo "$(readlink "$folder/sockets")/control"
}

close_control() {
  [ ! -S "$(control_path)" ] ||
    timeout 5 ssh -S "$(control_path)" -O exit guest >/dev/null 2>&1 || true
}

open_control() {
  close_control
  rm -f "$(control_path)"
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
