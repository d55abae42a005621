# Who listens, in the guest and at PATH_PORT, and what a caller learns of it.
# shellcheck shell=sh

M=$LAB/a
listener=hybrid://$M/vm.sock:6002
caller="./echo_client vsock://host:6002"
file=$M/vm.sock_6002

nobody_listens_in_the_guest() {
  begin=$(date +%s)
  fails_with ECONNREFUSED "nobody listens on 5999 in the guest" \
    echo_client "hybrid://$M/vm.sock:5999"
  [ $(($(date +%s) - begin)) -le 1 ] || fail "not at once"
}

# A known fault: the guest is not refused; its kernel gives up after two seconds.
nobody_listens_on_the_host() {
  begin=$(date +%s)
  guest_fails_with 1 ETIMEDOUT "nobody listens at PATH_6002" "$caller"
  seconds=$(($(date +%s) - begin))
  echo "after $seconds s"
  [ $seconds -ge 2 ] || fail "too early"
}

# works: a server there, and a guest that calls it
works() {
  serve "$M/server" echo_server -1 "$listener"
  guest 1 30 "./echo_client -w 1 vsock://host:6002" || fail "the guest did not reach it"
  await 5 is_dead "$M/server.pid" || fail "the server did not end"
}

listener_after_a_stale_one() {
  serve "$M/server" echo_server "$listener"
  end "$M/server.pid"
  [ -S "$file" ] || fail "nothing was left behind"
  guest_fails_with 1 ETIMEDOUT "nobody listens at PATH_6002" "$caller"
  works
  [ ! -e "$file" ] && [ ! -e "$file.lock" ] || fail "files were left behind"
}

listener_beside_another() {
  serve "$M/server" echo_server "$listener"
  fails_with EADDRINUSE "A live server listens" echo_server "$listener"
  end "$M/server.pid"
}

listener_at_a_foreign_file() {
  rm -f "$file" "$file.lock"
  echo precious >"$file"
  fails_with EEXIST "$file" echo_server "$listener"
  [ "$(cat "$file")" = precious ] || fail "it was touched"
  rm "$file"
  works
}

# has_caller: whether the server has a descriptor more than when it began to listen
has_caller() {
  [ "$(ls "/proc/$(cat "$M/server.pid")/fd" | wc -l)" -gt "$1" ]
}

# The guest learns of it, or its own limit ends what the device keeps from it: a known
# fault, which drops what it cannot write to the server and does not report that.
listener_killed_in_a_conversation() {
  serve "$M/server" bulk serve "$listener"
  idle=$(ls "/proc/$(cat "$M/server.pid")/fd" | wc -l)
  (
    await 20 has_caller "$idle"
    end "$M/server.pid"
  ) &
  code=0
  said=$(guest 1 30 "./bulk put 1048576000 vsock://host:6002") || code=$?
  wait
  echo "$said"
  case $said in
    *'(ECONNRESET)'* | *'(EPIPE)'* | *'and an end came'*) ;;
    *'nothing moved for '*) echo "The device did not report it to the guest." ;;
    *) fail "the guest did not learn of it" ;;
  esac
  [ "$code" -eq 1 ] || fail "exit code $code"
  works
}
