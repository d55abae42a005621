# Bytes in both directions, and in one; many callers; the programs.
# shellcheck shell=sh

echo_to_the_guest() {
  echo_client "$vm:$ECHO"
  echo_client -n 20 -s 30000 "$vm:$ECHO" >/dev/null
  echo "20 times 30000 bytes"
  echo_client -s 1000000 "$vm:$ECHO" >/dev/null
  echo "1000000 bytes"
}

echo_to_the_host() {
  serve "$M/server" echo_server "$vm:6000"
  guest 30 "echo_client vsock://host:6000"
  guest 30 "echo_client -n 20 -s 30000 vsock://host:6000 >/dev/null"
  guest 30 "echo_client -s 1000000 hyperv://parent/6000 >/dev/null"
  end "$M/server.pid"
}

agent_in_the_guest() {
  expect "ping: pong" "$(agent_call "$vm:$AGENT" ping)"
  expect "Linux" "$(agent_call "$vm:$AGENT" uname)"
}

# sum: of what it reads
sum() {
  sha256sum | cut -d' ' -f1
}

# Each side sends, and ends first.
hvcat_both_ways() {
  head -c 1000000 /dev/urandom >"$M/file"
  wanted=$(sum <"$M/file")
  guest 30 "hvcat -l vsock://any:7000 | sha256sum" >"$M/theirs" &
  theirs=$!
  hvcat --retry 10 "$vm:7000" <"$M/file"
  wait $theirs || fail "the guest's hvcat"
  expect "$wanted" "$(cat "$M/theirs")"

  hvcat -l "$vm:6001" <"$M/file" &
  ours=$!
  expect "$wanted" "$(guest 30 "hvcat --retry 10 vsock://host:6001 | sha256sum")"
  wait $ours || fail "hvcat"
}

# Also an answer to one who has ended its own direction.
bulk_both_ways() {
  bulk put 2097152 "$vm:$BULK"
  bulk get 2097152 "$vm:$BULK"
  serve "$M/server" bulk serve "$vm:6001"
  guest 30 "bulk put 2097152 vsock://host:6001"
  guest 30 "bulk get 2097152 vsock://host:6001"
  guest 30 "bulk half 1048576 vsock://host:6001"
  end "$M/server.pid"
  bulk half 1048576 "$vm:$BULK"
}

crowd_to_the_guest() {
  bulk crowd 200 "$vm:$BULK"
}

crowd_to_the_host() {
  serve "$M/server" bulk serve "$vm:6001"
  guest 50 "bulk crowd 200 vsock://host:6001"
  end "$M/server.pid"
}

# through COMMAND...: a guest's call to the host, which is passed on to the guest's server
through() {
  serve "$M/forward" "$@" "$vm:6002" "$vm:$ECHO"
  guest 30 "echo_client vsock://host:6002" || fail "through $1"
  guest 30 "echo_client -s 1000000 vsock://host:6002 >/dev/null" || fail "through $1"
  end "$M/forward.pid"
}

forwards() {
  through forward
}

hvforwards() {
  through hvforward
}

