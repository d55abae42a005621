# Ends that nobody planned. The second machine's guest goes on while the first is gone.
# shellcheck shell=sh

M=$LAB/b

guest_is_killed() {
  bulk wait "hybrid://$M/vm.sock:5001" >"$M/idle" 2>&1 &
  idle=$!
  bulk put 1048576000 "hybrid://$M/vm.sock:5001" >"$M/busy" 2>&1 &
  busy=$!
  sleep 0.5
  end "$M/1.pid"
  code=0
  wait $busy || code=$?
  wait $idle || true
  cat "$M/busy" "$M/idle"
  [ $code -eq 1 ] || fail "exit code $code"
  code=0
  said=$(echo_client -w 2 "hybrid://$M/vm.sock:5000" 2>&1) || code=$?
  echo "$said"
  echo_client "hybrid://$M/vm4.sock:5000" || fail "the other guest"
}

device_is_killed() {
  end "$M/device.pid"
  fails_with ECONNREFUSED "or it has ended and left its socket behind" \
    echo_client "hybrid://$M/vm4.sock:5000"
}

# Under the same device.
guest_boots_anew() {
  start_machine 1
  await_ready 1
  echo_client "hybrid://$M/vm.sock:5000" || fail "no echo"
}
