# What tests of hvforward share: tools in $1, a folder of their own in $work, where
# `local` addresses live too. Every wait is bounded. To be read by `.`.
tools=$(cd "$1" && pwd)
work=$(mktemp -d)
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || true; rm -rf "$work"' EXIT
export HVUV_LOCAL_DIR="$work/local"
cd "$work"
hvcat="timeout 60 $tools/hvcat"

fail() {
  echo "FAILED: $*"
  exit 1
}

skip() {
  echo "skipped: $*"
  exit 77
}

say() {
  echo "  $*"
}

# await WORDS FILE: until they are in it
await() {
  n=0
  until grep -q "$1" "$2" 2>/dev/null; do
    n=$((n + 1))
    [ "$n" -lt 600 ] || fail "no '$1' in $2: $(cat "$2")"
    sleep 0.05
  done
}

# forward NAME ARGUMENTS...: hvforward in the background, with the files NAME.out
# and NAME.err; the last argument is its last TO. Its process is $forward.
forward() {
  name=$1
  shift
  : >"$name.out"
  "$tools/hvforward" "$@" >"$name.out" 2>"$name.err" &
  forward=$!
  pids="$pids $forward"
  n=0
  until [ "$(grep -c '^Forwarding' "$name.out")" -ge 1 ] &&
    tail -n 1 "$name.out" | grep -q '^Forwarding.* to '; do
    n=$((n + 1))
    [ "$n" -lt 600 ] && kill -0 "$forward" 2>/dev/null ||
      fail "it does not forward: $(cat "$name.err")"
    sleep 0.05
  done
}

# port NAME: where the first tcp:// listens
port() {
  sed -n 's/^Forwarding tcp:.*:\([0-9]*\) to .*/\1/p' "$1.out" | head -n 1
}

# ended PROCESS: after SIGTERM, with 0
ended() {
  kill -TERM "$1"
  code=0
  wait "$1" || code=$?
  [ "$code" -eq 0 ] || fail "hvforward ended with $code: $(cat ./*.err)"
}
