#!/bin/sh
# hvforward.sh FOLDER: hvforward as a person uses it, with hvcat at its ends; FOLDER
# has the tools.
set -eu
. "$(dirname "$0")/lib.sh"

at=local://loopback/9
head -c 5000000 /dev/urandom >big

say "every kind of end, in a chain, carries 5 MB both ways"
forward v6 'tcp://[::1]:0' 'exec:cat' 2>/dev/null || true
if grep -q Forwarding v6.out; then
  last="tcp://[::1]:$(port v6)"
else
  last=exec:cat
fi
forward chain -l log local://any/9 "unix:$work/one" "unix:$work/one" "unix:$work/two" \
  "unix:$work/two" "$last"
chain=$forward
$hvcat "$at" <big >back
cmp big back || fail "not the same bytes"

say "the log has a line for each call, with its bytes"
await " > unix:$work/one .* 5000000 > 5000000 < ok" log
[ "$(grep -c ' < ok$' log)" -eq 3 ] || fail "log: $(cat log)"

say "what it has made is gone when it has ended"
ended "$chain"
[ ! -e one ] && [ ! -e one.lock ] && [ -z "$(ls -A local/host)" ] || fail "$(ls -R)"

say "a command for each call, which answers after the end of what it was sent"
forward exec local://any/9 'exec:wc -c | tr -d " "; echo done'
exec=$forward
[ "$($hvcat "$at" <big | tr '\n' ' ')" = "5000000 done " ] || fail "no answer"
i=0
callers=
while [ "$i" -lt 50 ]; do
  (echo "$i" | $hvcat "$at" >"answer.$i") &
  callers="$callers $!"
  i=$((i + 1))
done
# shellcheck disable=SC2086 # process ids
wait $callers
[ "$(cat answer.* | grep -c done)" -eq 50 ] || fail "not all were answered"
ended "$exec"

say "a command that is not there is reported, and others go on"
forward none local://any/9 'exec:/nowhere/there' local://any/10 'exec:echo here'
none=$forward
$hvcat "$at" </dev/null >back 2>/dev/null || true
await 'run failed on exec:/nowhere/there' none.err
[ "$($hvcat local://loopback/10 </dev/null)" = here ] || fail "the other one ended"
ended "$none"

say "a user of this machine may be the only one"
forward mine -a "uid:$(id -u)" "unix:$work/one" exec:cat local://any/9 "unix:$work/one"
mine=$forward
$hvcat -v "$at" </dev/null 2>said || true
grep -q refused mine.err || fail "$(cat mine.err)" # local://loopback is no uid
ended "$mine"
forward mine --mode 640 -a "uid:$(id -u)" "unix:$work/one" exec:cat
mine=$forward
[ -n "$(find one -perm 640)" ] || fail "mode: $(ls -l one)"
forward way local://any/9 "unix:$work/one"
[ "$(echo me | $hvcat "$at")" = me ] || fail "$(cat mine.err)"
ended "$forward"
ended "$mine"
forward mine -a "uid:$(($(id -u) + 1))" "unix:$work/one" exec:cat
mine=$forward
forward way local://any/9 "unix:$work/one"
echo me | $hvcat "$at" >back 2>/dev/null || true
[ ! -s back ] || fail "another user was let in"
grep -q "refused unix:uid:$(id -u)(pid" mine.err || fail "$(cat mine.err)"
ended "$forward"
ended "$mine"

say "the status can be read at an address"
forward status -s local://any/99 local://any/9 exec:cat
status=$forward
mkfifo open
$hvcat "$at" <open >/dev/null &
caller=$!
pids="$pids $caller"
exec 5>open
echo 12345 >&5
n=0
until $hvcat local://loopback/99 </dev/null >said &&
  grep -q '^1 local://loopback > exec:cat .* s, 6 > 6 <, open$' said; do
  n=$((n + 1))
  [ "$n" -lt 200 ] || fail "status: $(cat said)"
  sleep 0.05
done
exec 5>&-
wait "$caller"
ended "$status"

say "a VM by its id is looked up, called, and followed"
vm=6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d
code=0
echo hi | $hvcat "vm:$vm/9" >back 2>said || code=$?
[ "$code" -eq 1 ] || fail "exit code $code: $(cat said)"
grep -q "lookup failed on vm:$vm/9: .*(ENOENT)" said || fail "$(cat said)"
forward to "unix:$work/one" "vm:$vm/9"
to=$forward
: >from.out
"$tools/hvforward" --follow 0.1 "vm:$vm/7" exec:cat >from.out 2>from.err &
from=$!
pids="$pids $from"
await "lookup failed on vm:$vm/7: .*(ENOENT)" from.err
export HVUV_LOCAL_VM=$vm
forward guest local://any/9 exec:cat
guest=$forward
unset HVUV_LOCAL_VM
[ "$(echo hi | $hvcat "vm:$vm/9")" = hi ] || fail "no call by name"
"$tools/hvuv" ping -c 1 "vm:$vm/9" >back || fail "$(cat back)"
forward way local://any/8 "unix:$work/one"
[ "$(echo hi | $hvcat local://loopback/8)" = hi ] || fail "$(cat to.err)"
await "^Forwarding local://$vm/7 to exec:cat" from.out
[ "$(echo hi | HVUV_LOCAL_VM=$vm $hvcat local://parent/7)" = hi ] || fail "$(cat from.err)"
ended "$guest"
n=0
until grep -q "connect failed on vm:$vm/9: .*(ENOENT). Nobody listens at local addresses as this VM" to.err; do
  echo hi | $hvcat local://loopback/8 >back 2>/dev/null || true
  n=$((n + 1))
  [ "$n" -lt 100 ] || fail "$(cat to.err)"
  sleep 0.1
done
ended "$from"
ended "$to"
ended "$forward"

say "under nohup it outlives its terminal"
trap '' HUP
forward nohup local://any/9 exec:cat
trap - HUP
kill -HUP "$forward"
[ "$(echo on | $hvcat "$at")" = on ] || fail "$(cat nohup.err)"
[ "$(echo on | $hvcat "$at")" = on ] || fail "$(cat nohup.err)"
ended "$forward"

say "what is passed besides sockets is reported"
code=0
# shellcheck disable=SC2016 # the inner shell's process id
LISTEN_FDS=1 sh -c 'LISTEN_PID=$$ exec "$0" systemd: exec:cat' "$tools/hvforward" \
  3</dev/null 2>said || code=$?
[ "$code" -eq 1 ] || fail "exit code $code: $(cat said)"
grep -q 'ENOTSOCK.* no stream socket' said || fail "$(cat said)"
echo "hvforward does what it says"
