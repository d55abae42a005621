# A guest that means harm (../hostile), with callers and a listener on the host for it to
# have channels. The monitor has to outlive it, and to end with it in good order.
# shellcheck shell=sh

# callers: as long as the machine runs; what becomes of a call is the guest's choice
callers() {
  while alive "$M/vm.pid" 2>/dev/null; do
    timeout 5 echo_client -w 1 "$vm:6000" >"$M/caller" 2>&1 </dev/null || true
  done
}

hostile_guest() {
  end "$M/vm.pid"
  rm -f "$M"/vm.*
  serve "$M/server" echo_server "$vm:5000"
  seed=$(date +%s)
  echo "seed $seed"
  hvsock_vm -w 60 -a "rounds=6000 seed=$seed" "$(command -v hostile)" "$IMAGE" \
    "$M/vm.sock" >"$M/vm.console" 2>"$M/vm.log" </dev/null &
  vm_pid=$!
  echo $vm_pid >"$M/vm.pid"
  callers &
  caller_pid=$!
  code=0
  wait $vm_pid || code=$?
  wait $caller_pid || true
  end "$M/server.pid"
  line '^hostile: seed'
  grep -o 'refused: [a-z].*' "$M/vm.log" | sort -u
  [ $code -eq 0 ] || fail "the monitor ended with $code"
}
