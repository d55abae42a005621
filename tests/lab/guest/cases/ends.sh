# How SSH sessions end when something between or at their ends does: each time whoever is
# left learns of it, nothing is kept, and the next call works.
# shellcheck shell=sh

# session COMMAND: in the background, with the pipe to_ssh at descriptor 5 and what is
# said in `said`; its id is $session
session() {
  mkfifo to_ssh
  # shellcheck disable=SC2086
  timeout -k 1 100 ssh $ssh_options -p "$port" root@127.0.0.1 "$1" <to_ssh >said \
    2>session.log &
  session=$!
  pids="$pids $session"
  exec 5>to_ssh
}

# ssh_client: the process of the session's ssh, below timeout
ssh_client() {
  pgrep -P "$session" ssh
}

# there_is_none WHAT: the guest has no process whose command line has WHAT
there_is_none() {
  [ "$(on_guest "pgrep -fc '[ ]$1'" || true)" = 0 ]
}

works_again() {
  [ "$(through ssh root@127.0.0.1 hostname 2>again.log </dev/null)" = guest ]
}

case_ssh_client_killed() {
  to_ssh
  before=$(descriptors "$started")
  session 'echo ready; exec cat - /dev/zero/61001'
  wait_until 60 "the session" has said ready
  kill -9 "$(ssh_client)"
  exec 5>&-
  wait_until 20 "the end of the guest's program" there_is_none /dev/zero/61001
  wait_until 10 "the end of the call" at_most "$before" "$started"
  works_again || fail "the next session"
  say "the client is killed: the guest's program ends, and the call"
}

case_ssh_client_interrupted() {
  to_ssh
  before=$(descriptors "$started")
  session 'echo ready; exec cat - /dev/zero/61002'
  wait_until 60 "the session" has said ready
  kill -INT "$(ssh_client)"
  exec 5>&-
  wait_until 20 "the end of the guest's program" there_is_none /dev/zero/61002
  wait_until 10 "the end of the call" at_most "$before" "$started"
  say "the client is interrupted: the same"
}

case_ssh_server_killed() {
  to_ssh
  session 'echo ready; head -n 1; kill -9 $PPID; exec sleep 100'
  wait_until 60 "the session" has said ready
  echo now >&5
  ended "$session" 255
  works_again || fail "the next session"
  say "the guest's sshd is killed: the client ends at once"
}

case_forward_killed_here() {
  to_ssh
  session 'echo ready; exec cat - /dev/zero/61003'
  wait_until 60 "the session" has said ready
  kill -9 "$started"
  forwarders=
  ended "$session" 255
  wait_until 20 "the end of the guest's program" there_is_none /dev/zero/61003
  say "this machine's forwarder is killed: both ends end"
}

case_forward_killed_there() {
  to_ssh
  session 'echo ready; exec cat - /dev/zero/61004'
  wait_until 60 "the session" has said ready
  on_guest 'kill -9 $(systemctl show -P MainPID hvuv-ssh)' || true # it goes this way too
  ended "$session" 255
  wait_until 60 "the guest's next forwarder" works_again
  open_control
  wait_until 20 "the end of the guest's program" there_is_none /dev/zero/61004
  say "the guest's forwarder is killed: both ends end, and systemd starts another"
}

case_forward_stopped_there() {
  to_ssh
  session 'echo ready; exec cat'
  wait_until 60 "the session" has said ready
  # Nobody could come in to start it again.
  on_guest 'systemd-run -q --on-active=4 --timer-property=AccuracySec=100ms systemctl start hvuv-ssh && systemctl stop hvuv-ssh' ||
    true
  ended "$session" 255
  code=0
  through ssh root@127.0.0.1 true 2>refused.log </dev/null || code=$?
  [ "$code" -eq 255 ] || fail "exit code $code where nobody listens"
  has forward.log "connect failed on $vm:22: .*(ECONNREFUSED)" || fail "nothing of it is said"
  wait_until 60 "the guest's next forwarder" works_again
  open_control
  say "the guest's forwarder is stopped: a refusal is explained"
}

# reboot_guest: QEMU and the device are killed, and started again
reboot_guest() {
  sh "$here/lab.sh" start "$folder" >reboot.log 2>&1 || fail "no guest any more"
}

case_vm_killed() {
  to_ssh
  before=$(descriptors "$started")
  session 'echo ready; exec cat'
  wait_until 60 "the session" has said ready
  kill -9 "$(cat "$folder/qemu.pid")"
  ended "$session" 255
  say "the VM is killed: the client ends"
  code=0
  through ssh root@127.0.0.1 true 2>refused.log </dev/null || code=$?
  [ "$code" -eq 255 ] || fail "exit code $code where there is no VM"
  has forward.log "connect failed on $vm:22" || fail "nothing of it is said"
  sed -n 's/^connect failed.*/  &/p' forward.log | head -n 1
  reboot_guest
  works_again || fail "no session with the new VM"
  wait_until 10 "the end of all calls" at_most "$before" "$started"
  say "booted anew: the same forwarder reaches it, and keeps nothing of the old one"
}
