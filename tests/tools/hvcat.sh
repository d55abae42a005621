#!/bin/sh
# hvcat.sh FOLDER: hvcat as a person and a script use it, over local addresses;
# FOLDER has the tools. Every wait is bounded.
set -eu
hvcat="timeout 60 $1/hvcat"
work=$(mktemp -d)
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || true; rm -rf "$work"' EXIT
export HVUV_LOCAL_DIR="$work/local"
at=local://loopback/9
any=local://any/9
cd "$work"

fail() {
  echo "FAILED: $*"
  exit 1
}

# listening LOG: waits until the hvcat -v whose standard error is LOG listens
listening() {
  n=0
  until grep -q 'listening on' "$1" 2>/dev/null; do
    n=$((n + 1))
    [ "$n" -lt 600 ] || fail "nobody listens: $(cat "$1")"
    sleep 0.05
  done
}

# serve OPTIONS...: hvcat -l in the background, with the files `in` and `out`
serve() {
  rm -f log
  # shellcheck disable=SC2086 # a command and its words
  $hvcat -v -l "$@" "$any" <in >out 2>log &
  server=$!
  pids=$server
  listening log
}

# served CODE: it has ended
served() {
  code=0
  wait "$server" || code=$?
  pids=
  [ "$code" -eq "$1" ] || fail "the listener ended with $code: $(cat log)"
}

expect_code() {
  expected=$1
  shift
  code=0
  "$@" || code=$?
  [ "$code" -eq "$expected" ] || fail "$*: exit code $code"
}

say() {
  echo "  $*"
}

head -c 5000000 /dev/urandom >big
: >empty
cp empty in

say "bytes go both ways, whatever they are, and each end is passed on"
cp big in
serve
$hvcat "$at" <big >back
served 0
cmp big out && cmp big back || fail "not the same bytes"

say "a pipe on each side, and a short text"
cp empty in
serve
echo hello | $hvcat "$at" | cat >back
served 0
[ "$(cat out)" = hello ] || fail "the text did not come"

say "an answer that comes after the end of what was sent"
serve -e 'cat >/dev/null; echo got it'
[ "$(echo question | $hvcat "$at")" = "got it" ] || fail "no answer"
served 0

say "a command's exit code is the listener's"
serve -e 'exit 7'
$hvcat "$at" <empty
served 7

say "with -k one caller after another, and with -e all at once"
serve -k
for i in 1 2 3; do echo "caller $i" | $hvcat "$at"; done
kill "$server"
served 143
[ "$(cat out)" = "$(printf 'caller %s\n' 1 2 3)" ] || fail "callers: $(cat out)"
serve -k -e cat
callers=
for i in $(seq 200); do
  (echo "$i" | $hvcat "$at" >"answer.$i") &
  callers="$callers $!"
done
# shellcheck disable=SC2086 # process ids
wait $callers
kill "$server"
served 143
[ "$(cat answer.* | sort -n | uniq | wc -l)" -eq 200 ] || fail "not all answered"

say "nothing of a listener is left behind"
[ -z "$(ls -A local/host)" ] || fail "left: $(ls -A local/host)"

say "a command of one who connects"
cp empty in
serve
$hvcat -e 'echo from a command' "$at"
served 0
[ "$(cat out)" = "from a command" ] || fail "said: $(cat out)"

say "a command's shell keeps its output when an hvcat in it has ended"
cp empty in
serve -k -e "$hvcat local://loopback/10 <empty; cat big"
pids="$server"
# shellcheck disable=SC2086
$hvcat -v -l -e 'echo from a third' local://any/10 2>log.third &
third=$!
pids="$server $third"
listening log.third
$hvcat "$at" <empty >back 2>err || fail "$(cat err)"
(
  echo from a third
  cat big
) | cmp - back || fail "what came after the inner hvcat is lost"
wait "$third" || fail "the third ended with $?"
kill "$server"
served 143

say "the end of what comes is standard output's, though the input goes on"
serve -e 'echo all of it'
mkfifo open
"$1/hvcat" "$at" <open | {
  cat
  echo and its end
} >got &
reader=$!
pids="$server $reader"
exec 5>open
n=0
until grep -q 'and its end' got; do
  n=$((n + 1))
  [ "$n" -lt 400 ] || fail "no end: $(cat got)"
  sleep 0.05
done
exec 5>&-
wait "$reader"
served 0
[ "$(head -n 1 got)" = "all of it" ] || fail "said: $(cat got)"

say "input and output are one socket, whose reader learns that the other side closed"
cat >far.sh <<FAR
exec timeout 60 "$1/hvcat" local://loopback/10
FAR
cp empty in
serve -k -e 'exec sh far.sh'
"$1/hvcat" -v -l -k -e 'read line; echo "got $line"' local://any/10 2>log.third &
third=$!
pids="$server $third"
listening log.third
mkfifo both
exec 6<>both
echo question >both
timeout 20 "$1/hvcat" "$at" <both >back || fail "ended with $?: $(cat back)"
[ "$(cat back)" = "got question" ] || fail "said: $(cat back)"
exec 6>&-
kill "$server" "$third"
served 143
wait "$third" || true

say "the next caller's turn comes when one has closed, though input is open"
mkfifo later
exec 7<>later
$hvcat -v -l -k "$any" <later >out 2>log.later &
server=$!
pids=$server
listening log.later
for i in 1 2; do
  timeout 20 "$1/hvcat" -e "echo caller $i" "$at" || fail "caller $i"
done
n=0
until [ "$(cat out)" = "$(printf 'caller %s\n' 1 2)" ]; do
  n=$((n + 1))
  [ "$n" -lt 400 ] || fail "callers: $(cat out)"
  sleep 0.05
done
exec 7>&-
kill "$server"
served 143

if command -v git >/dev/null; then
  say "git clones over a command"
  git init -q repo
  cp big repo/
  git -C repo add big
  git -C repo -c user.name=n -c user.email=e commit -qm big
  serve -k -e "git upload-pack '$work/repo'"
  git -c protocol.ext.allow=always clone -q "ext::$1/hvcat $at" clone
  cmp big clone/big || fail "another file"
  kill "$server"
  served 143
fi

say "-z sees whether somebody is there"
expect_code 1 $hvcat -z "$at" 2>err
grep -q 'connect failed on local://loopback/9' err || fail "$(cat err)"
serve -k
expect_code 0 $hvcat -z "$at"
kill "$server"
served 143

say "--retry waits for a server that starts late"
# shellcheck disable=SC2086
(echo late | $hvcat --retry 30 "$at") &
caller=$!
serve
wait "$caller" || fail "the caller gave up"
served 0
[ "$(cat out)" = late ] || fail "said: $(cat out)"

say "a time limit that is reached"
serve -i 0.3
mkfifo never
$hvcat "$at" <never >/dev/null 2>&1 &
caller=$!
exec 4>never
served 1
exec 4>&-
wait "$caller" || true
grep -q 'time limit failed' log || fail "$(cat log)"

say "a killed peer is an end, or a failure that is explained"
serve
$hvcat "$at" <big >/dev/null 2>&1 || true
served 0
serve -e 'kill -9 $$'
expect_code 1 sh -c 'yes | timeout 60 "$0" "$1" >/dev/null 2>err' "$1/hvcat" "$at"
served 137
grep -q 'failed on local://loopback/9' err || fail "$(cat err)"

say "output that cannot be written is reported, once"
if [ -c /dev/full ]; then
  rm -f log
  $hvcat -v -l "$any" <empty >/dev/full 2>log &
  server=$!
  pids=$server
  listening log
  echo x | $hvcat "$at" || true
  served 1
  [ "$(grep -c 'no space left' log)" -eq 1 ] || fail "$(cat log)"
fi
rm -f log
($hvcat -v -l "$any" <empty 2>log || echo $? >code) | head -c 3 >/dev/null &
reader=$!
listening log
yes | $hvcat "$at" 2>/dev/null || true
wait "$reader"
[ "$(cat code)" -eq 1 ] || fail "exit code $(cat code)"
grep -q 'Whoever read it has gone' log || fail "$(cat log)"

say "under nohup it outlives its terminal"
trap '' HUP
"${hvcat##* }" -v -l "$any" <empty >out 2>log &
server=$!
pids=$server
trap - HUP
listening log
kill -HUP "$server"
echo on | $hvcat "$at"
served 0
[ "$(cat out)" = on ] || fail "$(cat log)"

say "a pipe of the shell's stays blocking"
serve
(
  $hvcat "$at" 2>/dev/null || true
  cat
) <big | cat >rest
served 0
[ "$(($(wc -c <out) + $(wc -c <rest)))" -eq 5000000 ] || fail "bytes were lost"
echo "hvcat does what it says"
