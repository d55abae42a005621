#!/bin/sh
# hv_services.sh PROGRAM [SCRIPT]
#
# Runs the verbs of hv_services as a person would. With a script that runs
# Windows programs (tests/lab/wine/run.sh) it keeps services in the registry that
# those have; else this is no Windows, and each verb must say so.
set -eu
program=$1
emulator=${2:-}

# An emulator gives the program its arguments by the locale.
LC_ALL=C.UTF-8
export LC_ALL

folder=$(mktemp -d)
id=$(printf '%08x-7d1b-4b0e-9b5e-5d2c1a6f0e77' $$)
port=$((1000000000 + $$))
port_id=$(printf '%08x-facb-11e6-bd58-64006a7986d3' "$port")
name="Echo of $$"
other="$(printf '\303\211cho') no. $$"
tab=$(printf '\t')

# Leaves what it said in the files out and err, and the exit code in code.
hv() {
  code=0
  if [ -n "$emulator" ]; then
    sh "$emulator" "$program" "$@" >"$folder/out.crlf" 2>"$folder/err" || code=$?
  else
    "$program" "$@" >"$folder/out.crlf" 2>"$folder/err" || code=$?
  fi
  tr -d '\r' <"$folder/out.crlf" >"$folder/out"
}

finish() {
  if [ -n "$emulator" ]; then
    hv unregister "$id" "$name"
    hv unregister "$port" "$other"
  fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  echo "hv_services: $1; exit code $code"
  sed 's/^/  stdout: /' "$folder/out"
  sed 's/^/  stderr: /' "$folder/err"
  exit 1
}

# says CODE LINE: the exit code, and all there is on stdout.
says() {
  [ "$code" -eq "$1" ] || fail "the exit code should be $1"
  [ "$(cat "$folder/out")" = "$2" ] || fail "stdout should be '$2'"
}

# complains CODE WORDS: nothing on stdout, and these words on stderr.
complains() {
  says "$1" ''
  grep -qF "$2" "$folder/err" || fail "stderr should say '$2'"
}

# Whether a line is on the list, which may hold others too.
lists() {
  hv list
  [ "$code" -eq 0 ] || fail "there should be a list"
  grep -qxF "$1" "$folder/out"
}

hv
complains 2 usage
hv register "$id"
complains 2 usage
hv register nonsense "$name"
complains 2 "'nonsense' is no service"

if [ -z "$emulator" ]; then
  for verb in list "lookup 5000" "lookup Echo" "register 5000 Echo" \
    "unregister 5000 Echo"; do
    # shellcheck disable=SC2086 # words
    hv $verb
    complains 1 "registered on the Windows host"
  done
  echo "each verb says that this is no Windows"
  exit 0
fi

line="$id$tab-$tab$name"
port_line="$port_id$tab$port$tab$other"

# What turning Hyper-V on does.
sh "$emulator" reg add 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization\GuestCommunicationServices' \
  /f /reg:64 >"$folder/reg" 2>&1 || {
  cat "$folder/reg"
  exit 1
}

hv register "$id" "$name"
says 0 "$line"
hv register "{$id}" "$name"
says 0 "$line"
hv register "$id" "Another"
complains 1 "registered under another name"
hv register "$port" "$other"
says 0 "$port_line"
hv register "$port" ""
complains 1 "A name is not empty"

lists "$line" || fail "'$line' should be on the list"
lists "$port_line" || fail "'$port_line' should be on the list"
hv lookup "$name"
says 0 "$line"
hv lookup "$port"
says 0 "$port_line"
hv lookup "$other"
says 0 "$port_line"
hv lookup "Nobody $$"
complains 1 "No such service is registered"

hv unregister "$id" "Another"
complains 1 "registered under another name"
hv unregister "$id" "$name"
says 0 "$line"
hv unregister "$id" "$name"
complains 1 "No such service is registered"
if lists "$line"; then
  fail "'$line' should no longer be on the list"
fi
echo "services were registered, listed, looked up and unregistered"
