#!/bin/sh
# forwards.sh COMMAND...: runs it with two forwards back to back, from port 6001 to
# port 6003 of this machine. They have to live as long, and to stop when asked.
folder=$(mktemp -d)

# start NAME FROM TO
start() {
  ./forward "$2" "$3" >"$folder/$1" 2>&1 &
  pid=$!
  tries=0
  until grep -q '^Forwarding' "$folder/$1" || [ "$tries" -ge 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
}

start near vsock://any:6001 vsock://local:6002
near=$pid
start far vsock://any:6002 vsock://local:6003
far=$pid
code=0
"$@" || code=$?

# stop NAME PID
stop() {
  kill -TERM "$2"
  status=0
  wait "$2" || status=$?
  echo "--- $1, exit code $status"
  # Of a server that has closed early each says so; what else it says is shown.
  head -n 20 "$folder/$1"
  [ "$status" -eq 0 ] || code=1
}

stop near "$near"
stop far "$far"
exit "$code"
