# Bytes in both directions, and in one; many callers.
# shellcheck shell=sh

M=$LAB/a
bulk_bytes=104857600

# Bytes both ways may stall in this device (faults.sh), rarely so few of them.
echo_to_the_guest() {
  echo_client "hybrid://$M/vm.sock:5000" || fail "14 bytes"
  tries=0
  size=$(large)
  until echo_client -s "$size" "hybrid://$M/vm.sock:5000" >"$M/echo" 2>&1; do
    tail -n 1 "$M/echo"
    tries=$((tries + 1))
    [ $tries -lt 3 ] || fail "$size bytes"
  done
  echo "$size bytes after $tries stalls"
}

# The guest's end does not reach the server, whose end therefore does not come.
echo_to_the_host() {
  for size in 14 "$(large)"; do
    serve "$M/server" echo_server -1 "hybrid://$M/vm.sock:6000"
    guest 1 30 "./echo_client -w 2 -s $size vsock://host:6000" >"$M/echo" ||
      fail "$size bytes: $(cat "$M/echo")"
    grep -q '^All came back, but the server.s end did not' "$M/echo" ||
      fail "the end came: $(cat "$M/echo")"
    await 5 is_dead "$M/server.pid" || fail "the server did not end"
    echo "$size bytes"
  done
}

put_to_the_guest() {
  bulk put $bulk_bytes "hybrid://$M/vm.sock:5001"
}

get_from_the_guest() {
  needs_large_packets
  bulk get $bulk_bytes "hybrid://$M/vm.sock:5001"
}

crowd_to_the_guest() {
  bulk crowd 200 "hybrid://$M/vm.sock:5001"
}

# from_guest COMMAND: with a server here
from_guest() {
  serve "$M/server" bulk serve "hybrid://$M/vm.sock:6001"
  code=0
  guest 1 50 "$1" || code=$?
  end "$M/server.pid"
  [ $code -eq 0 ] || fail "exit code $code"
}

put_to_the_host() {
  needs_large_packets
  from_guest "./bulk put $bulk_bytes vsock://host:6001"
}

get_from_the_host() {
  from_guest "./bulk get $bulk_bytes vsock://host:6001"
}

crowd_to_the_host() {
  from_guest "./bulk crowd 200 vsock://host:6001"
}
