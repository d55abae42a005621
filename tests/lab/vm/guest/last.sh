#!/bin/sh
# last.sh: for compare.sh, a program that sends when the other side has ended.
cat >"$GOT"
cat "$SENT"
