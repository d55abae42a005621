#!/bin/sh
# hvcat_windows.sh HVCAT SCRIPT: hvcat as a Windows program, with the emulation of
# AF_HYPERV in it, run by SCRIPT (tests/lab/wine/run.sh). Its standard input and
# output are pipes, files, NUL, and a command's pipes. Every wait is bounded.
set -eu
program=$1 emulator=$2
work=$(mktemp -d)
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || true; rm -rf "$work"' EXIT
HVUV_EMULATION_DIR="Z:$(echo "$work" | tr / '\\')"
export HVUV_EMULATION_DIR
at=hyperv://loopback/5000
cd "$work"

fail() {
  echo "FAILED: $*"
  exit 1
}

hvcat() {
  timeout 60 sh "$emulator" "$program" "$@"
}

windows_program=Z:$(echo "$program" | tr / '\\')

# by_cmd LINE: typed to the shell of Windows; what it says is in `said`
by_cmd() {
  timeout 60 sh "$emulator" cmd.exe /d /c "$1" >said 2>err </dev/null ||
    fail "$(cat err)"
}

# serve OPTIONS...: in the background, with the files `in` and `out`
serve() {
  rm -f log
  hvcat -v -l "$@" "$at" <in >out 2>log &
  server=$!
  pids=$server
  n=0
  until grep -q 'listening on' log 2>/dev/null; do
    n=$((n + 1))
    [ "$n" -lt 600 ] || fail "nobody listens: $(cat log)"
    sleep 0.05
  done
}

served() {
  code=0
  wait "$server" || code=$?
  pids=
  [ "$code" -eq "$1" ] || fail "the listener ended with $code: $(cat log)"
}

head -c 3000000 /dev/urandom >big
: >empty

echo "  files, both ways"
cp big in
serve
hvcat "$at" <big >back 2>err || fail "$(cat err)"
served 0
cmp big out && cmp big back || fail "not the same bytes"

echo "  pipes of Windows (a shell's under Wine are none)"
printf 'a\r\nb\r\n\032c' >text
cp empty in
serve
by_cmd "type text | $windows_program $at"
served 0
cmp text out || fail "other bytes: $(od -c out)"
cp text in
serve
by_cmd "$windows_program $at <NUL | more"
served 0
grep -q b said || fail "said: $(od -c said)"

echo "  NUL"
cp big in
serve
hvcat "$at" </dev/null >back 2>err || fail "$(cat err)"
served 0
cmp big back || fail "not the same bytes"
cp empty in
serve
by_cmd "$windows_program $at <NUL >NUL"
served 0

echo "  a command, and what it ends with"
cp empty in
serve -e 'echo from a command& exit 7'
hvcat "$at" </dev/null >back 2>err || fail "$(cat err)"
served 7
[ "$(tr -d '\r' <back)" = "from a command" ] || fail "said: $(cat back)"
cp empty in
serve -e '"cmd.exe" /c "exit 7"'
hvcat "$at" </dev/null >back 2>err || fail "$(cat err)"
served 7

echo "  nobody listens"
code=0
hvcat -z "$at" 2>err || code=$?
[ "$code" -eq 1 ] || fail "ended with $code: $(cat err)"
grep -q 'ECONNREFUSED' err && grep -q 'nobody listens on 5000' err ||
  fail "$(cat err)"

echo "hvcat does on Windows what it says"
