#!/bin/sh
# hvuv.sh FOLDER: hvuv echo and hvuv ping, as a person runs them; FOLDER has the
# tools.
set -eu
hvuv=$1/hvuv
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export HVUV_LOCAL_DIR="$work/local"

fail() {
  echo "FAILED: $*"
  exit 1
}

# start OPTIONS...: runs hvuv echo, and waits until it listens
start() {
  mkfifo "$work/out"
  "$hvuv" echo "$@" local://any/7 >"$work/out" 2>"$work/err" &
  server=$!
  exec 3<"$work/out"
  IFS= read -r line <&3
  rm "$work/out"
  [ "$line" = "Listening on local://any/7" ] || fail "hvuv echo says: $line"
}

# finish CODE: it ends by itself, or has been asked to
finish() {
  code=0
  wait "$server" || code=$?
  server=
  exec 3<&-
  [ "$code" -eq "$1" ] || fail "hvuv echo ended with $code: $(cat "$work/err")"
}

# expect CODE WORDS COMMAND...: WORDS are on standard output or error
expect() {
  code=0
  expected=$1 words=$2
  shift 2
  said=$(timeout 30 "$@" 2>&1 </dev/null) || code=$?
  [ "$code" -eq "$expected" ] || fail "$*: exit code $code: $said"
  case $said in
    *"$words"*) ;;
    *) fail "$*: no '$words' in: $said" ;;
  esac
}

expect 1 "so nobody listens in it" "$hvuv" ping -c 2 -i 0 local://loopback/7
expect 1 "0 of 2 answered" "$hvuv" ping -c 2 -i 0 local://loopback/7

start -v
expect 0 "3 of 3 answered" "$hvuv" ping -c 3 -i 0.01 local://loopback/7
expect 0 "echo of 1048576 bytes" "$hvuv" ping -c 1 -s 1M local://loopback/7
expect 0 "connect ms: min" "$hvuv" ping -c 200 -i 0 -C local://loopback/7
kill -TERM "$server"
finish 0

start -1
expect 0 "1 of 1 answered" "$hvuv" ping -c 1 local://loopback/7
finish 0

expect 0 "There is no folder for /nowhere/v." \
  "$hvuv" explain ENOENT hybrid:///nowhere/v:5
expect 0 "nobody listens on port 5" \
  "$hvuv" explain --step connect ECONNRESET vsock://2:5
expect 0 "The peer is gone" "$hvuv" explain -s receive -- -104 vsock://2:5
expect 0 "The peer is gone" "$hvuv" explain -s receive -104 vsock://2:5
echo "hvuv echo, ping and explain do what they say"
