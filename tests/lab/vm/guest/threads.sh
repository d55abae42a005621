#!/bin/sh
# threads.sh ADDRESS CALL-ADDRESS: echo_threads serves several clients at once, ends
# when it is asked to, and its threads have served them all.
folder=$(mktemp -d)
: >"$folder/server"
./echo_threads -t 3 "$1" >"$folder/server" 2>&1 &
server=$!
tries=0
until grep -q 'Listening on' "$folder/server" || [ "$tries" -ge 200 ]; do
  tries=$((tries + 1))
  sleep 0.05
done

code=0
clients=
for i in 1 2 3 4 5 6; do
  timeout 20 ./echo_client -n 50 -s 1000 "$2" >"$folder/client$i" 2>&1 &
  clients="$clients $!"
done
for client in $clients; do
  wait "$client" || code=$?
done
kill -INT "$server"
wait "$server" || code=$?

cat "$folder/server"
tail -n 1 "$folder"/client*
served=$(sed -n 's/^Thread [0-9]*: \([0-9]*\) connections.*/\1/p' "$folder/server" |
  awk '{ n += $1 } END { print n + 0 }')
[ "$code" -eq 0 ] && [ "$served" -eq 6 ]
