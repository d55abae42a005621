# Programs of test cases, with a side on each machine.
# shellcheck shell=sh

# pair OURS THEIRS: both at once; the guest's half has no words until it ends
pair() {
  guest 80 "$2" >"$M/theirs" 2>&1 &
  theirs=$!
  code=0
  $1 || code=$?
  wait $theirs || code=$?
  sed 's/^/guest: /' "$M/theirs"
  [ $code -eq 0 ] || fail "exit code $code"
}

suite_calls_the_guest() {
  pair "test_pair connect $vm: 6100 vsock://host:" \
    "test_pair listen vsock://any: 6100 vsock://host:"
}

suite_calls_the_host() {
  pair "test_pair listen $vm: 6200" "test_pair connect vsock://host: 6200"
}

# back FIRST LAST: a server that passes the guest's calls to these ports back to the guest
back() {
  ports=$(for port in $(seq "$1" "$2"); do echo "$vm:$port $vm:$port"; done)
  # shellcheck disable=SC2086 # each is an argument; LAB has no blanks
  serve "$M/back-$1" hvforward --half-close yes $ports
}

# The whole suite, in the guest. A port can be used once in eight seconds, so there are many;
# an hvforward takes 64.
whole_suite() {
  for first in $(seq 7000 60 7180); do
    back "$first" $((first + 59))
  done
  guest 200 "test_hvsock_transport 7000 240"
  for first in $(seq 7000 60 7180); do
    end "$M/back-$first.pid"
  done
}

endings_of_the_host() {
  serve "$M/server" ender "$vm:6300"
  guest 80 "test_hvsock_endings vsock://host:6300"
  end "$M/server.pid"
}

endings_of_the_guest() {
  test_hvsock_endings "$vm:$ENDER"
}

# kernel [VMBUS CASES]
kernel() {
  serve "$M/server" ender "$vm:6300"
  serve "$M/forward" hvforward "$vm:6400" "$vm:6400" "$vm:6401" "$vm:6401" \
    "$vm:6402" "$vm:6402" "$vm:6403" "$vm:6403"
  guest 80 "HVSOCK_VMBUS=${1:-} test_hvsock 6300 6400 ${2:-}"
  end "$M/forward.pid"
  end "$M/server.pid"
}

rings_of_an_old_bus() {
  kernel 4.0 "'*kib*'"
}
