# What an end of one direction is here: README's table, its row of vhost-device-vsock.
# shellcheck shell=sh

M=$LAB/a

# expect WORDS SAID
expect() {
  echo "$2"
  case $2 in
    *"$1"*) ;;
    *) fail "wanted: $1" ;;
  esac
}

# The host's end: the guest can neither send nor receive any more. An answer that is
# quicker than that comes whole, so more than one is asked for.
host_ends_both_directions() {
  for size in 14 1048576; do
    lost=0
    for try in 1 2 3 4 5 6 7 8 9 10; do
      said=$(bulk half $size "hybrid://$M/vm.sock:5001")
      case $said in
        *'0 of 1 answered'*', and an end came'*) lost=$((lost + 1)) ;;
        *'1 of 1 answered'*) ;;
        *) fail "try $try: $said" ;;
      esac
    done
    echo "$lost of 10 answers of $size bytes were lost"
    [ $lost -gt 0 ] || fail "no answer was lost: does this device pass ends on?"
  done
  serve "$M/server" bulk serve "hybrid://$M/vm.sock:6001"
  expect "8 bytes came, and an end came" "$(guest 1 30 "./bulk wait vsock://host:6001")"
  end "$M/server.pid"
}

# The guest's end: nobody hears of it, and the answer comes.
guest_ends_unheard() {
  expect "8 bytes came, no end came" "$(bulk wait "hybrid://$M/vm.sock:5001")"
  serve "$M/server" bulk serve "hybrid://$M/vm.sock:6001"
  expect "1 of 1 answered, 1048576 bytes came" \
    "$(guest 1 30 "./bulk half 1048576 vsock://host:6001")"
  end "$M/server.pid"
}

# A caller of a relay need not know: its end waits for the answer.
forward_holds_an_end_back() {
  HVUV_LOCAL_DIR=$M/local
  export HVUV_LOCAL_DIR
  serve "$M/forward" forward local://any/7000 "hybrid://$M/vm.sock:5000"
  echo_client local://loopback/7000 || fail "14 bytes: $(cat "$M/forward")"
  echo_client -s 30000 local://loopback/7000 >"$M/echo" 2>&1 ||
    fail "30,000 bytes: $(tail -n 2 "$M/echo")"
  send TERM "$M/forward.pid"
  await 5 is_dead "$M/forward.pid" || fail "forward did not stop"
}
