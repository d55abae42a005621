#!/bin/sh
# compare.sh SENT EXPECTED COMMAND...: gives a command the file SENT to send, and
# wants to get what is in the file EXPECTED. A command that wants no input and
# output finds the names of its files in $SENT and $GOT.
SENT=$1 expected=$2
shift 2
GOT=$(mktemp)
export SENT GOT

code=0
"$@" <"$SENT" >"$GOT" || code=$?
echo "got $(wc -c <"$GOT") bytes, wanted $(wc -c <"$expected")"
cmp "$GOT" "$expected" && exit "$code"
