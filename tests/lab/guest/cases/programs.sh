# Other people's programs in the guest and hvuv on this machine, by way of the hypervisor's
# Unix socket: each serves and calls. On the guest's own loopback they are in inside/cases.
# shellcheck shell=sh

# serves PROGRAM COMMAND: it echoes at port 7000 of the guest, to hvuv's client here
serves() {
  on_guest "cd /opt/hvuv && systemd-run -q -u serves -p WorkingDirectory=/opt/hvuv $2"
  n=0
  until timeout 20 "$ECHO_CLIENT" -s 100000 "$vm:7000" >said 2>client.log; do
    n=$((n + 1))
    [ "$n" -lt 20 ] || {
      on_guest 'journalctl -n 20 -u serves' >serves.log
      fail "$1 does not echo: $(cat client.log)"
    }
    sleep 0.3
  done
  on_guest 'systemctl stop serves; systemctl reset-failed serves' 2>stop.log || true
  say "$1 serves: 100,000 bytes come back"
}

# calls PROGRAM COMMAND: it is sent 1 MB by hvcat here, from port 7001 of CID 2
calls() {
  head -c 1000000 /dev/urandom >sent
  "$HVCAT" -v -l -i 20 "$vm:7001" <sent >got 2>hvcat.log &
  hvcat=$!
  pids="$pids $hvcat"
  wait_until 20 "listening" has hvcat.log 'listening on'
  said=$(on_guest "cd /opt/hvuv && timeout 20 $2 | sha256sum" | cut -d' ' -f1)
  [ "$said" = "$(sum sent)" ] || fail "$1 did not get it"
  ended "$hvcat" 0
  [ "$(cat got)" = word ] || fail "$1 said: $(cat got)"
  say "$1 calls: its word comes, and 1 MB to it"
}

case_socat_and_host() {
  serves socat 'socat VSOCK-LISTEN:7000,fork EXEC:cat'
  calls socat 'sh -c "echo word | socat -t 10 - VSOCK-CONNECT:2:7001"'
}

case_ncat_and_host() {
  serves ncat 'ncat -l -k --vsock 7000 --exec /bin/cat'
  calls ncat 'sh -c "echo word | ncat --vsock 2 7001"'
}

case_python_and_host() {
  serves Python 'python3 pycat.py echo 7000'
}

case_go_and_host() {
  serves Go ./gocat\ echo\ 7000
  calls Go 'sh -c "echo word | ./gocat connect 2 7001"'
}

case_rust_and_host() {
  serves Rust './rustcat echo 7000'
  calls Rust 'sh -c "echo word | ./rustcat connect 2 7001"'
}

# What systemd 256 and later put into ssh's configuration: "ssh vsock-mux/PATH" and "ssh
# vsock/CID". By CID the guest calls itself: this machine's AF_VSOCK is not ours to use.
want_ssh_proxy() {
  [ -x "$SSH_PROXY/systemd-ssh-proxy" ] ||
    skip "no systemd-ssh-proxy can be had: $(cat "$SSH_PROXY/why" 2>&1)"
}

# It does not wait for the hypervisor's OK, and vhost-device-vsock loses what is sent
# before that: about every second call fails, also with socat in the guest.
case_systemd_ssh_proxy() {
  want_ssh_proxy
  n=0
  said=
  until [ "$said" = guest ]; do
    n=$((n + 1))
    [ "$n" -le 20 ] || fail "it said: $said, at last"
    # shellcheck disable=SC2086
    said=$(timeout 60 ssh $ssh_options -o ProxyUseFdpass=yes \
      -o "ProxyCommand=$SSH_PROXY/systemd-ssh-proxy vsock-mux$sockets/vm.sock 22" root@guest \
      hostname 2>>proxy.log </dev/null) || true
  done
  say "ssh vsock-mux/PATH reaches hvuv's forwarder in the guest, at attempt $n"
}

case_systemd_ssh_proxy_cid() {
  want_ssh_proxy
  [ -d "$SSH_PROXY/lib" ] || skip "this system's own, which may not run in the guest"
  # shellcheck disable=SC2086
  tar -C "$SSH_PROXY" -c . | timeout 60 ssh $ssh_options -S "$(control_path)" root@guest \
    'mkdir -p /tmp/proxy && tar -C /tmp/proxy -x'
  on_guest 'cd /tmp; rm -f cid cid.pub; ssh-keygen -q -t ed25519 -N "" -C cid -f cid
    cat cid.pub >>~/.ssh/authorized_keys
    timeout 60 ssh -i /tmp/cid -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
      -o ProxyUseFdpass=yes -o "ProxyCommand=/tmp/proxy/systemd-ssh-proxy vsock/1 22" \
      root@vsock hostname; rm -r /tmp/proxy cid cid.pub' >said 2>proxy.log
  [ "$(cat said)" = guest ] || fail "it said: $(cat said)"
  say "ssh vsock/1 reaches hvuv's forwarder"
}
