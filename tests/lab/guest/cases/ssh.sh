# SSH as README has it: `forward` on both sides, and the same by hvcat as ProxyCommand.
# shellcheck shell=sh

case_ssh_command() {
  to_ssh
  code=0
  said=$(through ssh root@127.0.0.1 'hostname; wc -c; exit 7' <"$FORWARD") || code=$?
  [ "$code" -eq 7 ] || fail "exit code $code"
  [ "$said" = "guest
$(wc -c <"$FORWARD")" ] || fail "it said: $said"
  say "a command's input, output and exit code"
  through ssh root@127.0.0.1 'ip -o link' >links
  grep -v ': lo:' links && fail "the guest has a network"
  say "the guest has no network"
}

case_scp() {
  to_ssh
  big sent
  through scp -q sent root@127.0.0.1:/tmp/scp
  [ "$(on_guest sha256sum /tmp/scp | cut -d' ' -f1)" = "$(sum sent)" ] || fail "other bytes"
  say "20 MB to the guest"
  through scp -q root@127.0.0.1:/tmp/scp back
  cmp sent back
  say "20 MB from the guest"
  on_guest rm /tmp/scp
}

case_sftp() {
  to_ssh
  head -c 3000000 /dev/urandom >sent
  cat >batch <<END
mkdir /tmp/sftp
put sent /tmp/sftp/one
rename /tmp/sftp/one /tmp/sftp/two
ls -l /tmp/sftp
get /tmp/sftp/two back
rm /tmp/sftp/two
rmdir /tmp/sftp
END
  through sftp -q -b batch root@127.0.0.1 >sftp.log 2>&1
  cmp sent back
  grep -q '3000000.*two' sftp.log
  say "sftp: put, rename, ls, get, rm"
}

case_rsync() {
  command -v rsync >/dev/null || skip "no rsync here"
  to_ssh
  mkdir tree
  for i in $(seq 200); do
    head -c $((i * 300)) /dev/urandom >"tree/$i"
  done
  rsync_by="ssh $(echo "$ssh_options" | tr '\n' ' ') -p $port"
  timeout 100 rsync -a -e "$rsync_by" tree root@127.0.0.1:/tmp/
  head -c 5000 /dev/urandom >tree/1
  rm tree/2
  timeout 100 rsync -a --delete -c --stats -e "$rsync_by" tree root@127.0.0.1:/tmp/ >rsync.log
  grep -q 'files transferred: 1$' rsync.log
  timeout 100 rsync -a -e "$rsync_by" root@127.0.0.1:/tmp/tree/ back
  diff -r tree back
  say "rsync: 200 files there, one changed, one gone, all back"
  on_guest rm -r /tmp/tree
}

# A server of HTTP in the guest, on its TCP loopback.
serve_http() {
  on_guest 'mkdir -p /tmp/www && head -c 3000000 /dev/urandom >/tmp/www/file
    systemd-run -q -u www --working-directory=/tmp/www \
      python3 -m http.server --bind 127.0.0.1 8080
    for i in $(seq 100); do curl -sf -o /dev/null http://127.0.0.1:8080/ && exit; sleep 0.1; done
    exit 1'
}

end_http() {
  on_guest 'systemctl stop www; rm -r /tmp/www'
}

# A port that nobody has now; ssh -L and -D cannot choose one themselves.
free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# listens PORT: whether ssh does
listens() {
  python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)' "$1" 2>/dev/null
}

# fetch NAME CURL_OPTIONS...: the file, as the guest has it
fetch() {
  timeout 60 curl -sSf -o "$@"
  [ "$(on_guest sha256sum /tmp/www/file | cut -d' ' -f1)" = "$(sum "$1")" ] ||
    fail "other bytes"
}

case_ssh_local_and_dynamic() {
  command -v curl >/dev/null || skip "no curl here"
  to_ssh
  serve_http
  local_port=$(free_port)
  dynamic_port=$(free_port)
  # shellcheck disable=SC2086
  start tunnel ssh $ssh_options -N -o ExitOnForwardFailure=yes \
    -L "$local_port:127.0.0.1:8080" -D "$dynamic_port" -p "$port" root@127.0.0.1
  tunnel=$started
  wait_until 60 "ssh -L" listens "$local_port"
  fetch one "http://127.0.0.1:$local_port/file"
  say "ssh -L: 3 MB of HTTP"
  fetch two --socks5-hostname "127.0.0.1:$dynamic_port" http://127.0.0.1:8080/file
  say "ssh -D: the same by SOCKS"
  for i in 1 2 3 4 5 6 7 8; do
    timeout 60 curl -sSf -o "many.$i" "http://127.0.0.1:$local_port/file" 2>"curl.$i.log" &
    pids="$pids $!"
    curls="${curls:-} $!"
  done
  for i in $curls; do
    wait "$i" || fail "curl ended with $?"
  done
  for i in 1 2 3 4 5 6 7 8; do
    cmp one "many.$i"
  done
  say "ssh -L: eight at once"
  kill -TERM "$tunnel"
  ended "$tunnel" 0 255
  end_http
}

case_ssh_remote() {
  command -v curl >/dev/null || skip "no curl here"
  to_ssh
  here_port=$(free_port)
  head -c 3000000 /dev/urandom >file
  start http python3 -m http.server --bind 127.0.0.1 "$here_port"
  wait_until 30 "the server" listens "$here_port"
  through ssh -o ExitOnForwardFailure=yes -R "8081:127.0.0.1:$here_port" root@127.0.0.1 \
    'curl -sSf http://127.0.0.1:8081/file' >back </dev/null
  cmp file back
  say "ssh -R: the guest fetches 3 MB from here"
}

case_ssh_twenty() {
  to_ssh
  before=$(descriptors "$started")
  sessions=
  for i in $(seq 20); do
    # All are there at once: each waits until the guest has counted twenty.
    through ssh root@127.0.0.1 "touch /tmp/twenty.$i
      n=0
      until [ \$(ls /tmp/twenty.* | wc -l) -eq 20 ] || [ \$n -gt 300 ]; do
        n=\$((n + 1)); sleep 0.2; done
      ls /tmp/twenty.* | wc -l" >"said.$i" 2>"session.$i.log" </dev/null &
    sessions="$sessions $!"
    pids="$pids $!"
  done
  for pid in $sessions; do
    wait "$pid" || fail "a session ended with $?"
  done
  [ "$(cat said.* | sort -u)" = 20 ] || fail "they counted: $(cat said.* | sort | uniq -c)"
  on_guest 'rm /tmp/twenty.*'
  wait_until 10 "the end of all calls" at_most "$before" "${forwarders##* }"
  say "20 sessions at once, and nothing is left of them"
}

# at_most N PID: whether it has no more than N descriptors
at_most() {
  [ "$(descriptors "$2")" -le "$1" ]
}

# A forwarder gives a side that takes nothing two minutes, and one that rests all time:
# here 1 s, on both machines, and 5 s of rest.
case_ssh_idle() {
  on_guest '/opt/hvuv/forward -s 1 vsock://any:2222 tcp://127.0.0.1:22 >/tmp/idle.log 2>&1 \
    </dev/null & echo $! >/tmp/idle.pid
    for i in $(seq 100); do grep -q ^Forw /tmp/idle.log && exit; sleep 0.1; done; exit 1'
  forward forward -s 1 tcp://127.0.0.1:0 "$vm:2222"
  mkfifo to_ssh
  through ssh root@127.0.0.1 'echo here; head -n 1; sleep 5; echo still' <to_ssh >said 2>session.log &
  session=$!
  pids="$pids $session"
  exec 5>to_ssh
  wait_until 60 "the session" has said here
  sleep 5
  echo rested >&5
  exec 5>&-
  ended "$session" 0
  [ "$(tr '\n' ' ' <said)" = "here rested still " ] || fail "it said: $(cat said)"
  on_guest 'kill $(cat /tmp/idle.pid); cat /tmp/idle.log' >idle.log
  grep -q 'failed' idle.log && fail "the guest's forwarder: $(cat idle.log)"
  say "a session that rests for 5 s on either side, where a second is the limit of a stall"
}

# What a terminal sends at Ctrl-C goes to the guest's program.
case_ssh_ctrl_c() {
  to_ssh
  mkfifo to_ssh
  through ssh -tt root@127.0.0.1 'trap "" INT; (trap - INT; echo ready; exec sleep 1000)
    echo "code $?"' <to_ssh >said 2>session.log &
  session=$!
  pids="$pids $session"
  exec 5>to_ssh
  wait_until 60 "the session" has said ready
  printf '\003' >&5
  ended "$session" 0
  exec 5>&-
  has said 'code 130' || fail "it said: $(cat said)"
  say "Ctrl-C ends the guest's program, and not the session"
}

case_hvcat_proxy() {
  big sent
  by_hvcat="-o ProxyCommand=$(echo "$HVCAT $vm:22")"
  # shellcheck disable=SC2086
  timeout 100 scp $ssh_options "$by_hvcat" -q sent root@guest:/tmp/proxy
  # shellcheck disable=SC2086
  timeout 100 ssh $ssh_options "$by_hvcat" root@guest 'cat /tmp/proxy; rm /tmp/proxy; exit 5' \
    >back </dev/null || code=$?
  [ "${code:-0}" -eq 5 ] || fail "exit code ${code:-0}"
  cmp sent back
  say "hvcat as ProxyCommand: 20 MB there and back"
  # shellcheck disable=SC2086
  said=$(timeout 100 ssh $ssh_options -o ProxyUseFdpass=yes \
    -o "ProxyCommand=$HVCAT --fdpass $vm:22" root@guest hostname </dev/null)
  [ "$said" = guest ] || fail "it said: $said"
  say "hvcat --fdpass for ProxyUseFdpass"
}

# By CID, where the host's AF_VSOCK is to be had: here the guest plays both, on its own
# loopback (CID 1).
case_ssh_by_cid() {
  on_guest 'set -e; cd /tmp; rm -f cid cid.pub
    ssh-keygen -q -t ed25519 -N "" -C cid -f cid; cat cid.pub >>~/.ssh/authorized_keys
    o="-i /tmp/cid -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    systemd-run -q -u cid /opt/hvuv/forward tcp://127.0.0.1:2223 vsock://local:22
    for i in $(seq 100); do ss -tln | grep -q :2223 && break; sleep 0.1; done
    head -c 2000000 /dev/urandom >sent
    timeout 60 scp -q $o -P 2223 sent root@127.0.0.1:/tmp/there
    timeout 60 ssh $o -o "ProxyCommand=/opt/hvuv/hvcat vsock://local:22" root@vm \
      "cat /tmp/there" >back
    cmp sent back
    /opt/hvuv/qga -t 20 vsock://local:9000 guest-ping
    systemctl stop cid; rm sent there back cid cid.pub' >cid.log 2>&1 || fail "by CID"
  has cid.log '^guest-ping: done$' || fail "the agent"
  say "vsock://local: forward, hvcat as ProxyCommand, qga; 2 MB there and back"
}

# The tool for the same, on both sides.
case_hvforward() {
  on_guest 'systemd-run -q -u hvforward /opt/hvuv/hvforward --half-close close \
      vsock://any:2300 tcp://127.0.0.1:22
    for i in $(seq 100); do ss --vsock -l | grep -q :2300 && exit; sleep 0.1; done; exit 1'
  port=$(free_port)
  start hvforward "$HVFORWARD" "tcp://127.0.0.1:$port" "$vm:2300"
  wait_until 20 hvforward listens "$port"
  forwarders="$forwarders $started"
  big sent
  through scp -q sent root@127.0.0.1:/tmp/hvforward
  through scp -q root@127.0.0.1:/tmp/hvforward back
  cmp sent back
  say "hvforward on both sides: 20 MB there and back"
  code=0
  through ssh root@127.0.0.1 'echo here; kill -9 $PPID; sleep 100' >said 2>ended.log </dev/null ||
    code=$?
  [ "$code" -eq 255 ] || fail "exit code $code"
  on_guest 'systemctl stop hvforward; rm /tmp/hvforward'
  say "what ends in the guest is seen here"
}
