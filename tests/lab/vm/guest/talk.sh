#!/bin/sh
# talk.sh SERVER CLIENT: starts the command SERVER, waits until it says that it
# listens, runs the command CLIENT, and wants both to end with 0. Each is a line
# for the shell. 77 if a program of somebody else's is not in the guest.
folder=$(mktemp -d)
: >"$folder/server"

for program in socat ncat python3; do
  case "$1 $2" in
    *"$program "*)
      if ! command -v $program >/dev/null; then
        echo "Skipped: no $program where the guest was made"
        exit 77
      fi
      ;;
  esac
done

timeout 25 sh -c "exec $1" >"$folder/server" 2>&1 &
server=$!
tries=0
until grep -qi 'listening on' "$folder/server" || [ "$tries" -ge 200 ]; do
  tries=$((tries + 1))
  sleep 0.05
done

code=0
timeout 20 sh -c "exec $2" >"$folder/client" 2>&1 || code=$?
server_code=0
wait "$server" || server_code=$?

echo "--- server, exit code $server_code: $1"
head -n 20 "$folder/server"
echo "--- client, exit code $code: $2"
head -n 20 "$folder/client"
[ "$code" -eq 0 ] && [ "$server_code" -eq 0 ]
