# Node as the host, by bindings/node. ./dev vm-hybrid builds its module where Node is.
# shellcheck shell=sh

M=$LAB/a

# needs_node: leaves a case where there is none
needs_node() {
  if [ -z "${HVUV_NODE_MODULE:-}" ]; then
    echo "Skipped: no Node here, or no headers of it"
    exit 77
  fi
}

# echo_js ARGUMENTS...
echo_js() {
  "$HVUV_NODE" "$HERE/echo.js" "$@"
}

# Bytes both ways may stall in this device (faults.sh), rarely so few of them.
node_to_the_guest() {
  needs_node
  echo_js call "hybrid://$M/vm.sock:5000" 14 1 || fail "14 bytes"
  echo_js call "hybrid://$M/vm.sock:5000" 1000 50 || fail "50 at once"
  tries=0
  size=$(large)
  until echo_js call "hybrid://$M/vm.sock:5000" "$size" 1; do
    tries=$((tries + 1))
    [ $tries -lt 3 ] || fail "$size bytes"
  done
}

node_from_the_guest() {
  needs_node
  serve "$M/server" "$HVUV_NODE" "$HERE/echo.js" serve "hybrid://$M/vm.sock:6000"
  guest 1 30 "./echo_client -w 2 vsock://host:6000" >"$M/echo" ||
    fail "$(cat "$M/echo" "$M/server")"
  grep -q 'came back' "$M/echo" || fail "$(cat "$M/echo")"
  await 10 is_dead "$M/server.pid" || fail "the server did not end: $(cat "$M/server")"
}

node_to_nobody() {
  needs_node
  said=$(echo_js fail "hybrid://$M/vm.sock:5999") || fail "$said"
  echo "$said"
  case $said in
    *"(ECONNREFUSED)"*"nobody listens on 5999 in the guest"*) ;;
    *) fail "another error" ;;
  esac
}
