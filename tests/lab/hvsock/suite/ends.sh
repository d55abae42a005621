# Nobody there, and deaths.
# shellcheck shell=sh

nobody_listens_in_the_guest() {
  fails_with ECONNREFUSED "nobody listens on 7999 in the guest" echo_client "$vm:7999"
}

nobody_listens_on_the_host() {
  guest_fails_with ETIMEDOUT "nobody listens" "echo_client vsock://host:6999"
}

# ENETUNREACH, and on Linux 7.2 also ENODEV.
other_machines() {
  for cid in 3 77; do
    code=0
    said=$(guest 30 "echo_client vsock://$cid:5000") || code=$?
    [ $code -eq 1 ] || fail "exit code $code"
    expect "reaches only its host, CID 2" "$said"
  done
  guest_fails_with ENETUNREACH "vsock_loopback" "echo_client vsock://local:5000"
}

# has_some FILE
has_some() {
  [ -s "$1" ]
}

# A reader learns no more than that there is nothing more.
program_of_the_guest_is_killed() {
  guest 5 "hvcat -l -N vsock://any:7002 </dev/zero >/dev/null 2>&1 & echo \$! >/tmp/killed"
  : >"$M/zeros"
  hvcat -v -N --retry 9 "$vm:7002" >"$M/zeros" 2>"$M/words" </dev/null &
  reader=$!
  await 15 has_some "$M/zeros" || fail "nothing came"
  guest 5 'kill -9 $(cat /tmp/killed)'
  code=0
  wait $reader || code=$?
  rm "$M/zeros"
  cat "$M/words"
  [ $code -eq 0 ] || fail "not a clean end: $code"
}

program_of_the_host_is_killed() {
  hvcat -v -l -N "$vm:6003" </dev/zero >/dev/null 2>"$M/words" &
  echo $! >"$M/words.pid"
  guest 20 "hvcat -v --retry 5 vsock://host:6003 2>&1 >/dev/null </dev/null" >"$M/theirs" &
  theirs=$!
  await 15 grep -q called "$M/words" || fail "no call came"
  end "$M/words.pid"
  code=0
  wait $theirs || code=$?
  cat "$M/theirs"
  [ $code -eq 0 ] || fail "not a clean end: $code"
}

# A conversation outlives a host that stands still for a while. One that waits for no longer
# than a second is given up by its client.
host_stands_still() {
  serve "$M/server" bulk serve "$vm:6001"
  guest 40 "bulk put 16777216 vsock://host:6001" >"$M/theirs" &
  theirs=$!
  sleep 1
  host stall
  code=0
  said=$(echo_client -w 1 "$vm:$ECHO" 2>&1) || code=$?
  host resume
  expect "nothing moved for 1 s" "$said"
  wait $theirs || fail "the guest's bytes: $(cat "$M/theirs")"
  cat "$M/theirs"
  end "$M/server.pid"
  echo_client "$vm:$ECHO" || fail "no echo afterwards"
}

# in_guest NAME COMMAND: starts a program there that says on the console how it ended
in_guest() {
  guest 5 "(code=0; $2 >/tmp/$1 2>&1 </dev/null || code=\$?; echo \"=left $1 \$code \$(tail -n 1 /tmp/$1)\" >/dev/console) >/dev/null 2>&1 &"
}

has_left() {
  grep -q "^=left $1 " "$M/vm.console"
}

# Whoever reads has an end; who writes EPIPE. Not a reset, and nobody waits for ever.
host_is_gone() {
  serve "$M/server" ender "$vm:6300"
  in_guest reader "hvcat -N vsock://host:6300"
  in_guest writer "bulk put 1000000000 vsock://host:6300"
  await 10 grep -q . "$M/server"
  sleep 1
  host gone
  await 15 has_left reader || fail "the reader is left waiting"
  await 15 has_left writer || fail "the writer is left waiting"
  line '^=left reader 0'
  line '^=left writer 1'
}

guest_is_killed() {
  hvcat -v -N "$vm:$ECHO" >"$M/idle" 2>&1 </dev/null &
  idle=$!
  bulk put 1048576000 "$vm:$BULK" >"$M/busy" 2>&1 &
  busy=$!
  await 10 grep -q answers "$M/idle"
  sleep 0.5
  end "$M/vm.pid"
  code=0
  wait $busy || code=$?
  wait $idle || true
  cat "$M/busy" "$M/idle"
  [ $code -eq 1 ] || fail "exit code $code"
  fails_with ECONNREFUSED "or it has ended and left its socket behind" echo_client "$vm:$ECHO"
}
