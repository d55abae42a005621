# Calls to a guest that is not there yet, and to one that boots.
# shellcheck shell=sh

M=$LAB/a
address=hybrid://$M/vm.sock:5000

nothing_is_there() {
  mkdir -p "$M"
  fails_with ENOENT "There is no $M/vm.sock. Start the hypervisor first" \
    echo_client "$address"
  : >"$M/vm.sock"
  fails_with ECONNREFUSED "is no stream socket" echo_client "$address"
  rm "$M/vm.sock"
}

# Failures that a client has to live with until the guest's server is there.
is_early() {
  case $1 in
    *'(ENOENT). There is no '* | \
      *'(ECONNREFUSED). No OK came from '*': nobody listens on 5000 in the guest (yet)'* | \
      *'(ETIMEDOUT). No OK came from '*' in time. The guest may be starting'*) ;;
    *) return 1 ;;
  esac
}

connects_while_the_guest_boots() {
  timeout 90 hvcat --retry 80 "$address" >"$M/patient" 2>&1 <<EOF &
this is a test
EOF
  patient=$!
  timeout 90 agent_call -t 80 "hybrid://$M/vm.sock:5002" ping >"$M/asked" 2>&1 &
  asked=$!
  start_device device
  start_machine 1
  early=0
  before=
  until said=$(echo_client "$address" 2>&1); do
    is_early "$said" || fail "not what is said while a guest boots: $said"
    early=$((early + 1))
    error=${said#*(}
    error=${error%%)*}
    [ "$error" = "$before" ] || echo "call $early: $error"
    before=$error
    [ $early -lt 900 ] || fail "no server came: $said"
    sleep 0.1
  done
  echo "$early calls came too early"
  code=0
  wait $patient || code=$?
  echo "hvcat, exit code $code: $(cat "$M/patient")"
  [ $code -eq 0 ] && [ "$(cat "$M/patient")" = "this is a test" ] || fail "hvcat"
  wait $asked || code=$?
  echo "agent_call, exit code $code: $(tail -n 1 "$M/asked")"
  [ $code -eq 0 ] && [ "$(tail -n 1 "$M/asked")" = "ping: pong" ] || fail "agent_call"
  [ $early -gt 0 ] || fail "no call came before the guest's server"
  await_ready 1
}
