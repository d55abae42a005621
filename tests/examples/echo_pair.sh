#!/bin/sh
# echo_pair.sh SERVER CLIENT [CLIENT ARGUMENTS]
#
# Starts the echo server for one client in a private folder, waits until it
# listens, runs the client, prints what both said and ends with the client's exit
# code, or with 1 if the server failed or left something behind.
set -eu
server=$1 client=$2
shift 2

folder=$(mktemp -d)
HVUV_LOCAL_DIR=$folder/local
export HVUV_LOCAL_DIR

finish() {
  if [ -s "$folder/pid" ] && [ ! -s "$folder/code" ]; then
    kill "$(cat "$folder/pid")" 2>/dev/null || true
  fi
  wait
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

serve() {
  "$server" -1 >"$folder/server" 2>&1 &
  echo $! >"$folder/pid"
  code=0
  wait $! || code=$?
  echo $code >"$folder/code"
}

listens_or_ended() {
  grep -q '^Listening on' "$folder/server" || has_ended
}

has_ended() {
  [ -s "$folder/code" ]
}

# Asks ten times a second, for 10 s at most, whether a command succeeds.
await() {
  tries=0
  until "$@"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ]; then
      return 1
    fi
    sleep 0.1
  done
}

fail() {
  echo "echo pair: $1" >&2
  exit "${2:-1}"
}

say_both() {
  echo "--- server"
  cat "$folder/server"
  echo "--- client"
  cat "$folder/client"
  echo "---"
}

: >"$folder/server"
: >"$folder/client"
serve 2>/dev/null &

if ! await listens_or_ended || ! grep -q '^Listening on' "$folder/server"; then
  say_both
  fail "the server did not say that it listens"
fi

code=0
"$client" "$@" >"$folder/client" 2>&1 || code=$?
if [ "$code" -ne 0 ]; then
  say_both
  fail "the client failed with exit code $code" "$code"
fi

if ! await has_ended; then
  say_both
  fail "the server still runs after its one client has gone"
fi
say_both
if [ "$(cat "$folder/code")" -ne 0 ]; then
  fail "the server failed with exit code $(cat "$folder/code")"
fi
