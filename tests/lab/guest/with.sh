# What the cases share; case.sh sources it. All that they start is ended when they end.
# shellcheck shell=sh

sockets=$(readlink "$folder/sockets")
vm=hybrid://$sockets/vm.sock
pids=
forwarders=

fail() {
  echo "  failed: $*"
  exit 1
}

skip() {
  echo "skipped: $*"
  exit 77
}

say() {
  echo "  $*"
}

# is_up: whether QEMU is there
is_up() {
  [ -f "$folder/qemu.pid" ] && kill -0 "$(cat "$folder/qemu.pid")" 2>/dev/null
}

# wait_until SECONDS WHAT COMMAND...: until the command says 0
wait_until() {
  limit=$(($(date +%s) + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$(date +%s)" -lt "$limit" ] || fail "$what did not happen in time"
    sleep 0.1
  done
}

# gone PID
gone() {
  ! kill -0 "$1" 2>/dev/null
}

# has FILE PATTERN
has() {
  grep -q -e "$2" "$1" 2>/dev/null
}

# --- SSH ----------------------------------------------------------------------

# through PROGRAM ARGUMENTS...: ssh, scp or sftp by way of the forwarder at $port, where
# the guest is called root@127.0.0.1
through() {
  program=$1
  shift
  case $program in
    ssh) at="-p $port" ;;
    *) at="-P $port" ;;
  esac
  # shellcheck disable=SC2086
  timeout 100 "$program" $ssh_options $at "$@"
}

# --- Forwarders ---------------------------------------------------------------

# forward NAME OPTIONS...: a forwarder of this machine from a free TCP port, which is then
# $port, as it stands in README
forward() {
  forward_name=$1
  shift
  start "$forward_name" "$FORWARD" "$@"
  wait_until 20 "$forward_name" has "$work/$forward_name.log" '^Forwarding'
  port=$(sed -n 's/^Forwarding from .*:\([0-9]*\)$/\1/p' "$work/$forward_name.log")
  forwarders="$forwarders $started"
}

# to_ssh [OPTIONS]
to_ssh() {
  forward forward "$@" tcp://127.0.0.1:0 "$vm:22"
}

# start NAME COMMAND...: in the background, with the log NAME.log; its id is $started
start() {
  log=$work/$1.log
  shift
  "$@" >"$log" 2>&1 </dev/null &
  started=$!
  pids="$pids $started"
}

# end_all: whatever is left
end_all() {
  # shellcheck disable=SC2086 # process ids
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
  wait
}

# stop_forwarders: each stops when it is asked to, and nothing of it has leaked (it
# is built with AddressSanitizer)
stop_forwarders() {
  for pid in $forwarders; do
    kill -TERM "$pid" 2>/dev/null || fail "a forwarder had ended"
    wait_until 20 "the forwarder's end" gone "$pid"
    code=0
    wait "$pid" || code=$?
    [ "$code" -eq 0 ] || fail "the forwarder ended with $code"
  done
  forwarders=
}

# ended PID CODES...: it ends by itself within 20 s, with one of the exit codes
ended() {
  pid=$1
  shift
  wait_until 20 "the end of a process" gone "$pid"
  code=0
  wait "$pid" || code=$?
  for wanted in "$@"; do
    [ "$code" -ne "$wanted" ] || return 0
  done
  fail "it ended with $code, not with $*"
}

# descriptors PID: how many it has
descriptors() {
  find "/proc/$1/fd" -type l | wc -l
}

# big FILE: 20 MB that no compression helps
big() {
  head -c 20000000 /dev/urandom >"$1"
}

sum() {
  sha256sum <"$1" | cut -d' ' -f1
}
