# What the cases of ./dev vm-hvsock share; host.sh has set LAB (the temporary folder), HERE,
# KERNEL and IMAGE, and put the programs into PATH.
#
# The machine is started once; in M are
#
#   vm.pid         the machine monitor's process
#   vm.console     what the guest's kernel and its first process say
#   vm.log         what the monitor says
#   vm.control     takes commands for it
#   vm.sock        calls the guest: hybrid://M/vm.sock:PORT
#   vm.sock_PORT   where the guest's calls to the host go
#
# shellcheck shell=sh

set -e
. "$HERE/../../cases.sh"

M=$LAB/m
vm=hybrid://$M/vm.sock

# The guest's servers: guest/init.
ECHO=5000 BULK=5001 AGENT=5002 ENDER=5003 CONTROL=5009

# start_machine [OPTIONS]: boots the guest, with options of hvsock_vm
start_machine() {
  end "$M/vm.pid"
  mkdir -p "$M"
  rm -f "$M"/vm.*
  hvsock_vm -w 600 --control "$M/vm.control" "$@" "$KERNEL" "$IMAGE" "$M/vm.sock" \
    >"$M/vm.console" 2>"$M/vm.log" </dev/null &
  echo $! >"$M/vm.pid"
}

# is_ready: whether the guest's servers listen
is_ready() {
  grep -qs '^=ready' "$M/vm.console"
}

is_ready_or_gone() {
  is_ready || is_dead "$M/vm.pid"
}

await_ready() {
  await 120 is_ready_or_gone || fail "the guest did not boot in time"
  is_ready || fail "the guest ended"
}

# line PATTERN: what the guest has said on its console
line() {
  grep -E "$1" "$M/vm.console" || fail "the guest does not say: $1"
}

# host COMMAND: for the monitor: stall, resume, gone, counters
host() {
  echo "$1" >"$M/vm.control"
}

# guest SECONDS COMMAND: a line for the guest's shell, which it gets by the sockets that
# are tested here; shows what the guest says, and returns its code
guest() {
  is_ready || fail "the guest is not there"
  reply=$(echo "$1 $2" | timeout "$(($1 + 20))" hvcat -w 5 "$vm:$CONTROL") ||
    fail "the guest does not reply to: $2"
  echo "$reply" | sed '$d'
  case ${reply##*=exit } in
    *[!0-9]* | '') fail "the guest broke off: $2" ;;
  esac
  return "${reply##*=exit }"
}

# guest_fails_with ERROR WORDS COMMAND
guest_fails_with() {
  code=0
  said=$(guest 30 "$3") || code=$?
  says "$1" "$2"
}

# expect WORDS SAID
expect() {
  echo "$2"
  case $2 in
    *"$1"*) ;;
    *) fail "wanted: $1" ;;
  esac
}
