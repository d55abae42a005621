#!/bin/sh
# hvforward_systemd.sh FOLDER UNITS: sockets that systemd passes, and the units that
# are shipped; FOLDER has the tools.
set -eu
units=$(cd "$2" && pwd)
. "$(dirname "$0")/lib.sh"

command -v systemd-socket-activate >/dev/null ||
  skip "no systemd-socket-activate here"

# activated OPTIONS... -- ARGUMENTS OF hvforward...
activated() {
  rm -f activated.err
  HVUV_LOCAL_DIR=$work/local systemd-socket-activate -E HVUV_LOCAL_DIR "$@" \
    >activated.out 2>activated.err &
  activated=$!
  pids="$pids $activated"
  await 'Listening on' activated.err
}

head -c 5000000 /dev/urandom >big
activated -l "$work/one" -l "$work/two" "$tools/hvforward" systemd: exec:cat
forward way local://any/9 "unix:$work/one" local://any/10 "unix:$work/two"
$hvcat local://loopback/9 <big >back
cmp big back || fail "not the same bytes"
[ "$(echo two | $hvcat local://loopback/10)" = two ] || fail "the second socket is dead"
say "two Unix sockets that systemd passes"
ended "$activated"
[ -S one ] || fail "hvforward has removed a socket that was not its own"
rm one two

activated --fdname=first:second -l "$work/one" -l "$work/two" \
  "$tools/hvforward" systemd:second 'exec:echo second' systemd:first 'exec:echo first'
[ "$($hvcat local://loopback/10 </dev/null)" = second ] || fail "names are mistaken"
[ "$($hvcat local://loopback/9 </dev/null)" = first ] || fail "names are mistaken"
say "and by their names"
ended "$activated"
rm one two

activated -l "$work/one" "$tools/hvforward" fd:3 exec:cat
[ "$(echo three | $hvcat local://loopback/9)" = three ] || fail "fd:3 is dead"
say "and by number"
ended "$activated"
ended "$forward"

if command -v systemd-analyze >/dev/null; then
  mkdir verify
  for unit in "$units"/*; do
    sed "s|^ExecStart=hvforward|ExecStart=$tools/hvforward|" "$unit" >"verify/${unit##*/}"
  done
  said=$(timeout 60 systemd-analyze verify --man=no verify/* 2>&1 |
    grep hvforward- || true)
  [ -z "$said" ] || fail "systemd-analyze: $said"
  say "systemd-analyze has nothing to say of the units"
fi
echo "hvforward is started by systemd's sockets"
