#!/bin/sh
# host.sh FOLDER SECONDS: runs in the outer guest, as the host of the inner one.
# Boots that one with CID 3; it runs inner_cases, and here, in the same order, is
# the other half of each. Says of its own cases and of the inner guest's what
# run.sh says.
folder=$1
mkdir -p "$folder"
sh boot.sh "$folder" inner/vmlinuz inner/image "$2" -vga none -m 256 \
  -device vhost-vsock-pci,guest-cid=3 >"$folder/boot" 2>&1 &
boot=$!

guest_lives() {
  kill -0 "$boot" 2>/dev/null
}

# ended NAME CODE: tells of a case whose words are in FOLDER/NAME
ended() {
  echo "=case $1"
  sed 's/^/|/' "$folder/$1"
  echo "=exit $1 $2"
}

# serve NAME COMMAND...: starts a server for one client
serve() {
  name=$1
  shift
  "$@" >"$folder/$name" 2>&1 &
  echo $! >"$folder/$name.pid"
}

# served NAME: waits for its end, as long as there is a guest to call it
served() {
  server=$(cat "$folder/$1.pid")
  while guest_lives && kill -0 "$server" 2>/dev/null; do
    sleep 1
  done
  kill "$server" 2>/dev/null
  code=0
  wait "$server" || code=$?
  ended "$1" "$code"
}

# call NAME COMMAND...: again and again until the guest's server is there
call() {
  name=$1
  shift
  code=1
  tries=0
  while [ "$code" -ne 0 ] && [ "$tries" -lt 60 ] && guest_lives; do
    tries=$((tries + 1))
    code=0
    timeout 60 "$@" >"$folder/$name" 2>&1 || code=$?
    [ "$code" -eq 0 ] || sleep 1
  done
  ended "$name" "$code"
}

# run NAME COMMAND...
run() {
  name=$1
  shift
  code=0
  timeout 150 "$@" >"$folder/$name" 2>&1 || code=$?
  ended "$name" "$code"
}

serve host_serves ./echo_server -1 vsock://any:5001
serve host_serves_parent ./echo_server -1 hyperv://any/5002
served host_serves
served host_serves_parent
if guest_lives; then
  run host_serves_suite ./test_pair listen vsock://any: 6000 vsock://3:
  call host_calls ./echo_client -n 20 -s 30000 vsock://3:5003
  run host_calls_suite ./test_pair connect vsock://3: 6100 vsock://host:
fi

code=0
wait "$boot" || code=$?
cat "$folder/boot" "$folder/results"
exit "$code"
