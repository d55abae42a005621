#!/bin/sh
# agent.sh: starts the guest's servers, and then runs what the host asks for, a line for
# each: ID SECONDS COMMAND. Says =ready, and for each |what it said, then =exit ID CODE.
cd /guest || exit
stty -F /dev/ttyS1 raw -echo

# start NAME COMMAND...: a server that says that it listens, or guest's other programs
start() {
  name=$1
  shift
  : >"/tmp/$name.log"
  "$@" >"/tmp/$name.log" 2>&1 &
  tries=0
  until grep -q '^Listening' "/tmp/$name.log" || [ "$tries" -ge 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
}

start echo ./echo_server vsock://any:5000
start bulk ./bulk serve vsock://any:5001
start agent ./guest_agent vsock://any:5002

echo "=ready"
while read -r id seconds command; do
  {
    timeout -k 3 "$seconds" sh -c "$command" 2>&1 </dev/null
    echo $? >/tmp/asked
  } | awk '{ print "|" $0; fflush() }'
  echo "=exit $id $(cat /tmp/asked)"
done
