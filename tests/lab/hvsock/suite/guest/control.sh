#!/bin/sh
# control.sh: what the host asks for, on a connection: a line, SECONDS COMMAND. Says what the
# command says, and as the last line =exit CODE.
read -r seconds command
code=0
timeout -k 3 "$seconds" sh -c "$command" 2>&1 </dev/null || code=$?
echo "=exit $code"
