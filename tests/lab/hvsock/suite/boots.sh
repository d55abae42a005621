# The guest's driver finds a VMBus, and hv_sock a host; also where the host is an old one, or
# is broken on purpose.
# shellcheck shell=sh

# boot VERSION [OPTIONS]
boot() {
  version=$1
  shift
  start_machine "$@"
  await_ready
  line 'Hypervisor detected: Microsoft Hyper-V'
  line "Vmbus version:$version"
  line 'registering driver hv_sock'
  line '^=ready'
}

driver_binds() {
  boot 5.3
}

# VMBus 4.0, the first with Hyper-V sockets: rings are small, and of one size.
driver_binds_to_an_old_bus() {
  boot 4.0 --vmbus 4.0
  echo_client -s 1000000 "$vm:$ECHO" >/dev/null
  serve "$M/server" echo_server "$vm:6000"
  guest 30 "echo_client -s 1000000 vsock://host:6000 >/dev/null"
  end "$M/server.pid"
}

# noticed COMMAND...: whether one of the laboratory's own cases fails on what is broken here
noticed() {
  code=0
  "$@" >"$M/noticed" 2>&1 || code=$?
  tail -n 20 "$M/noticed"
  [ $code -ne 0 ] || fail "it went well"
  echo "Noticed."
}

a_wrong_fin_is_noticed() {
  boot 5.3 --fault-fin
  serve "$M/server" ender "$vm:6300"
  noticed guest 30 "test_hvsock 6300 6400 '*rdhup*'"
  end "$M/server.pid"
}

# The host takes the channel away where it should only end its direction.
an_early_rescind_is_noticed() {
  boot 5.3 --fault-rescind
  noticed test_hvsock_endings "$vm:$ENDER"
}

# echoes_each_time: a megabyte and a half comes back five times, each time with its end, which
# echo_client can do without. One time may be lucky in which signals are lost.
echoes_each_time() {
  for attempt in 1 2 3 4 5; do
    code=0
    echo_client -w 3 -n 50 -s 30000 "$vm:$ECHO" >"$M/echoes" 2>&1 || code=$?
    tail -n 2 "$M/echoes"
    ! grep -q "the server's end did not" "$M/echoes" || code=1
    [ $code -eq 0 ] || return $code
  done
}

lost_signals_are_noticed() {
  boot 5.3 --fault-drop 3
  noticed echoes_each_time
}

overlooked_signals_are_noticed() {
  boot 5.3 --fault-miss 3
  noticed echoes_each_time
}
