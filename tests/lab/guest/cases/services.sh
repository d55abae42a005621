# Services that a guest offers without a network: its agent, a disk by NBD.
# shellcheck shell=sh

case_qga() {
  timeout 60 "$QGA" -t 40 "$vm:9000" >said
  has said '^guest-ping: done$' || fail "it said: $(cat said)"
  has said '^id: debian$' || fail "it said: $(cat said)"
  has said '^kernel-release: ' || fail "it said: $(cat said)"
  say "guest-ping and guest-get-osinfo: $(sed -n 's/^pretty-name: //p' said)"
  timeout 60 "$QGA" -t 40 "$vm:9000" guest-info >said
  has said 'guest-fsfreeze-freeze' || fail "guest-info said: $(cat said)"
  code=0
  timeout 60 "$QGA" -t 40 "$vm:9000" guest-nonsense guest-ping >said || code=$?
  [ "$code" -eq 3 ] || fail "exit code $code for a command that is none"
  has said 'CommandNotFound' || fail "it said: $(cat said)"
  has said '^guest-ping: done$' || fail "it does not go on: $(cat said)"
  say "a long reply, an error, and the command behind it"
}

# A client that is killed in the middle leaves half a line in the agent.
case_qga_after_another() {
  printf '{"execute": "guest-ping"}\n{"execute": "gue' |
    timeout 20 "$HVCAT" -i 1 "$vm:9000" >other.log 2>&1 || true
  timeout 60 "$QGA" -t 40 "$vm:9000" guest-ping >said
  has said '^guest-ping: done$' || fail "it said: $(cat said)"
  say "guest-sync is its own, whatever another client has left"
}

case_qga_nobody() {
  code=0
  timeout 60 "$QGA" -t 2 "$vm:9001" guest-ping >said 2>told.log || code=$?
  [ "$code" -eq 1 ] || fail "exit code $code"
  has told.log "connect failed on $vm:9001: .*(ECONNREFUSED)" || fail "$(cat told.log)"
  code=0
  timeout 60 "$QGA" -t 10 "$vm:22" guest-ping >said 2>told.log || code=$?
  [ "$code" -eq 1 ] || fail "exit code $code of sshd"
  has told.log 'asking failed' || fail "$(cat told.log)"
  say "nobody there, and somebody else there: said in a sentence"
}

case_nbd() {
  command -v qemu-img >/dev/null || skip "no qemu-img here"
  on_guest 'truncate -s 32M /tmp/nbd && cat >/tmp/nbd.conf <<END
[generic]
listenaddr = 127.0.0.1
port = 10809
allowlist = true
[disk]
exportname = /tmp/nbd
END
    systemd-run -q -u nbd -p Type=forking nbd-server -C /tmp/nbd.conf
    for i in $(seq 100); do ss -tln | grep -q :10809 && exit; sleep 0.1; done; exit 1'
  forward nbd tcp://127.0.0.1:0 "$vm:10809"
  disk=nbd://127.0.0.1:$port/disk
  timeout 60 qemu-img info "$disk" >info
  has info 'virtual size: 32 MiB' || fail "$(cat info)"
  say "qemu-img sees the guest's disk"
  head -c 33554432 /dev/urandom >sent
  timeout 100 qemu-img convert -n -f raw -O raw sent "$disk"
  [ "$(on_guest sha256sum /tmp/nbd | cut -d' ' -f1)" = "$(sum sent)" ] || fail "other bytes there"
  say "32 MiB written"
  timeout 100 qemu-img convert -f raw -O raw "$disk" back
  cmp sent back
  say "and read"
  timeout 100 qemu-img compare -f raw -F raw sent "$disk" >compare.log
  on_guest 'systemctl stop nbd; rm /tmp/nbd'
}
