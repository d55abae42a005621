# A VM that is paused: QEMU is stopped with a signal, as a debugger or a snapshot does.
# shellcheck shell=sh

M=$LAB/a

# A conversation outlives it.
paused_and_resumed() {
  bulk put 524288000 "hybrid://$M/vm.sock:5001" >"$M/got" 2>&1 &
  get=$!
  sleep 0.3
  send STOP "$M/1.pid"
  sleep 2
  send CONT "$M/1.pid"
  code=0
  wait $get || code=$?
  cat "$M/got"
  [ $code -eq 0 ] || fail "exit code $code"
}
