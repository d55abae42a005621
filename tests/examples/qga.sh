#!/bin/sh
# qga.sh QGA HVCAT: the example qga against agents of a shell's; the real one is in
# ./dev vm-ssh.
set -eu
qga=$1 hvcat=$2
work=$(mktemp -d)
agent=
trap '[ -z "$agent" ] || kill "$agent" 2>/dev/null || true; rm -rf "$work"' EXIT
export HVUV_LOCAL_DIR="$work/local"
cd "$work"

fail() {
  echo "FAILED: $*"
  exit 1
}

cat >agent.sh <<'END'
printf '{"return": 7}\n{"return": {"stale": true}}\n'
while read -r line; do
  case $line in
    *guest-sync*)
      id=${line##*\"id\": }
      printf '{"return": %s}\n' "${id%%\}*}"
      ;;
    *guest-ping*) echo '{"return": {}}' ;;
    *guest-get-osinfo*) printf '{"return": {"name": "a \\"b\\" \033[1mc", "n": 12, "last": "d"}}\n' ;;
    *guest-list*) echo '{"return": [{"a": 1}, {"b": [2]}]}' ;;
    *guest-end*) exit ;;
    *guest-hang*) sleep 3 ;;
    *guest-noise*) head -c 100000 /dev/zero | tr '\0' x ;;
    *) echo '{"error": {"class": "CommandNotFound", "desc": "no such command"}}' ;;
  esac
done
END
"$hvcat" -v -l -k -e "sh $work/agent.sh" local://any/9000 2>log &
agent=$!
n=0
until grep -q 'listening on' log; do
  n=$((n + 1))
  [ "$n" -lt 300 ] || fail "nobody listens: $(cat log)"
  sleep 0.05
done

# expect CODE TEXT ARGUMENTS...: what qga says, and how it ends
expect() {
  expected=$1 text=$2
  shift 2
  code=0
  timeout 60 "$qga" "$@" >said 2>&1 || code=$?
  [ "$code" -eq "$expected" ] || fail "$*: exit code $code: $(cat said)"
  grep -qF -e "$text" said || fail "$*: no '$text' in: $(cat said)"
}

at=local://loopback/9000
expect 0 'n: 12' $at
[ "$(cat said)" = 'guest-ping: done
name: a \"b\" ?[1mc
n: 12
last: d' ] || fail "it said: $(cat said)"
expect 0 'guest-list: {"return": [{"a": 1}, {"b": [2]}]}' $at guest-list
expect 3 'CommandNotFound' $at guest-nonsense guest-ping
grep -q '^guest-ping: done$' said || fail "it ends at an error: $(cat said)"
expect 1 'hung up before it had answered all' $at guest-ping guest-end
expect 1 'not all was answered in time' -t 1 $at guest-hang
expect 1 'not as a guest agent does' $at guest-noise
expect 1 'connect failed on local://loopback/9001' -t 1 local://loopback/9001
expect 2 'is no command' $at 'guest-ping"}'
expect 2 'usage: qga' -t 0 $at
expect 2 'ADDRESS: ' vsock:3:9000
kill "$agent"
wait "$agent" || true
agent=
echo "qga speaks with an agent, and says what it is with others"
