#!/bin/sh
# stdio.sh FOLDER
#
# Runs the examples with standard streams that are closed, that nobody reads, or
# that lie on a full disk. None may die of it: what was closed nobody wants, and
# what cannot be written is a message and an exit code.
set -u
examples=$1

folder=$(mktemp -d)
HVUV_LOCAL_DIR=$folder/local
export HVUV_LOCAL_DIR
pid=

finish() {
  if [ -n "$pid" ]; then
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  echo "stdio: $1"
  if [ -f "$folder/err" ]; then
    sed 's/^/  stderr: /' "$folder/err"
  fi
  exit 1
}

# exits CODE WHAT ACTUAL
exits() {
  [ "$3" -eq "$1" ] || fail "$2 exits with $3, not $1"
}

complains() {
  grep -q "$1" "$folder/err" || fail "'$1' should stand on stderr"
}

# Asks ten times a second, for 10 s at most, whether a command succeeds.
await() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || return 1
    sleep 0.1
  done
}

# --- Closed: the conversation goes on all the same

"$examples/echo_server" -1 <&- >&- 2>&- &
pid=$!
await "$examples/echo_client" <&- >&- 2>&- ||
  fail "no client is served by a server without standard streams"
wait "$pid"
exits 0 "a server without standard streams" $?

"$examples/guest_agent" <&- >&- 2>&- &
pid=$!
answers() {
  "$examples/agent_call" -t 1 local://loopback/5001 ping <&- 2>&- |
    grep -qx 'ping: pong'
}
await answers || fail "an agent without standard streams does not answer"
kill "$pid"
wait "$pid"
exits 0 "an agent without standard streams" $?
pid=

"$examples/hv_services" <&- >&- 2>&-
exits 2 "hv_services without standard streams" $?

# --- Read by one who goes: the server ends at its next line

mkfifo "$folder/pipe"
"$examples/echo_server" >"$folder/pipe" 2>"$folder/err" &
pid=$!
head -n 1 "$folder/pipe" >"$folder/line"
grep -q '^Listening on' "$folder/line" || fail "the server does not listen"
"$examples/echo_client" >"$folder/out" 2>&1
wait "$pid"
exits 1 "a server that nobody reads" $?
pid=
complains '^print failed on standard output: broken pipe (EPIPE)'

# --- A full disk

if [ -c /dev/full ]; then
  for program in echo_server echo_handler echo_threads guest_agent chat; do
    "$examples/$program" >/dev/full 2>"$folder/err"
    exits 1 "$program on a full disk" $?
    complains '(ENOSPC)'
  done

  "$examples/echo_server" >"$folder/out" 2>&1 &
  pid=$!
  await grep -q '^Listening on' "$folder/out" || fail "the server does not listen"
  "$examples/echo_client" >/dev/full 2>"$folder/err"
  exits 1 "echo_client on a full disk" $?
  complains '(ENOSPC)'
  kill "$pid"
  wait "$pid"
  exits 0 "the server of one on a full disk" $?

  "$examples/guest_agent" >"$folder/out" 2>&1 &
  pid=$!
  await grep -q '^Listening on' "$folder/out" || fail "the agent does not listen"
  "$examples/agent_call" local://loopback/5001 ping >/dev/full 2>"$folder/err"
  exits 1 "agent_call on a full disk" $?
  complains '(ENOSPC)'
  kill "$pid"
  wait "$pid"
  exits 0 "the agent of one on a full disk" $?
  pid=
fi
echo "closed, unread and full standard streams are survived"
