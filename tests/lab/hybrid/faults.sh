# Known faults of vhost-device-vsock 0.3.0: what hvuv makes of each. When one has gone,
# its case says so.
# shellcheck shell=sh

M=$LAB/a

# Bytes both ways at once stall now and then, with any client and any server. Nobody
# waits for ever.
bulk_both_ways_stalls() {
  needs_large_packets
  complete=0
  for try in 1 2 3 4; do
    code=0
    echo_client -w 3 -s 31457280 "hybrid://$M/vm.sock:5000" >"$M/echo" 2>&1 || code=$?
    if [ $code -eq 0 ]; then
      complete=$((complete + 1))
    else
      tail -n 1 "$M/echo"
      tail -n 1 "$M/echo" | grep -q 'nothing moved for 3 s' || fail "no stall, try $try"
    fi
  done
  echo "$complete of 4 echoes of 30 MiB were complete"
  [ $complete -gt 0 ] || fail "none was complete"
}

# Guests of Linux 6.17 and later send packets above 32 KiB in pieces, of which the device
# knows nothing: all such bytes are lost, and nobody waits for ever.
new_guests_lose_large_packets() {
  code=0
  said=$(bulk get 1048576 "hybrid://$M/vm.sock:5001") || code=$?
  guest 1 10 "uname -r"
  echo "$said"
  if ! splits_packets 1; then
    [ $code -eq 0 ] || fail "an older guest loses them too"
  elif [ $code -eq 0 ]; then
    echo "All came: this fault has gone."
  else
    case $said in
      'nothing moved for '*) ;;
      *) fail "not in these words" ;;
    esac
  fi
}

# A client must not send before the OK.
loses_what_follows_the_request() {
  said=$(printf 'CONNECT 5000\nthis is lost' |
    timeout 10 socat -t 2 - "UNIX-CONNECT:$M/vm.sock") || fail "exit code $?"
  echo "$said"
  case $said in
    'OK 5000') ;;
    'OK 5000'*lost) echo "It was not lost: this fault has gone." ;;
    *) fail "no OK" ;;
  esac
}

panicked() {
  grep -q panicked "$M/device.log"
}

# It does not answer while the VM is paused, and panics when the VM goes on after the
# client has given up. From then on it answers nobody, and it and QEMU are started anew.
paused_never_answers_then_panics() {
  send STOP "$M/1.pid"
  fails_with ETIMEDOUT "may be starting or paused" echo_client -w 2 "hybrid://$M/vm.sock:5000"
  send CONT "$M/1.pid"
  if ! await 5 panicked; then
    echo "It did not panic: this fault has gone."
    echo_client "hybrid://$M/vm.sock:5000" || fail "no echo after it was resumed"
    return
  fi
  grep -A 1 panicked "$M/device.log"
  fails_with ETIMEDOUT "or the hypervisor hangs" echo_client -w 2 "hybrid://$M/vm.sock:5000"
}
