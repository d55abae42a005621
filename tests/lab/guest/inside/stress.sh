#!/bin/sh
# stress.sh CALLERS CONNECTIONS BYTES: so many echo clients at once, each with so many
# connections behind each other, of random sizes up to BYTES, to one server of hvuv's.
callers=$1 connections=$2 bytes=$3
folder=$(mktemp -d)
./echo_server vsock://any:5000 >"$folder/server" 2>&1 &
server=$!
trap 'kill -9 $server 2>/dev/null' EXIT
trap 'exit 143' TERM
n=0
until grep -q 'Listening on' "$folder/server"; do
  n=$((n + 1))
  [ "$n" -lt 200 ] || exit 1
  sleep 0.05
done

pids=
for i in $(seq "$callers"); do
  size=$(($(od -An -N4 -tu4 /dev/urandom) % bytes + 1))
  ./echo_client -n "$connections" -s "$size" vsock://local:5000 >"$folder/$i" 2>&1 &
  pids="$pids $!"
done
code=0
for pid in $pids; do
  wait "$pid" || code=1
done
[ "$code" -eq 0 ] || tail -n 3 "$folder"/[0-9]*
kill "$server" 2>/dev/null
server_code=0
wait "$server" || server_code=$?
echo "$callers callers with $connections connections; the server ends with $server_code"
tail -n 3 "$folder/server"
[ "$code" -eq 0 ] && [ "$server_code" -eq 0 ]
