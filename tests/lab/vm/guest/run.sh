#!/bin/sh
# run.sh CASES: runs each case of a list, one a line: NAME SECONDS COMMAND; # begins
# a remark. Says for each
#
#   =case NAME
#   |what it said
#   =exit NAME CODE
#
# and =end behind the last one. A case that takes too long ends with 143 or 137.
cd /guest || exit
for file in one two; do
  head -c 1000000 /dev/urandom >$file
done

while read -r name seconds command; do
  case $name in
    '' | '#'*) continue ;;
  esac
  echo "=case $name"
  # Line by line, so that all of it is out if the guest dies.
  {
    timeout -k 3 "$seconds" sh -c "exec $command" 2>&1 </dev/null
    echo $? >/tmp/code
  } | awk '{ print "|" $0; fflush() }'
  echo "=exit $name $(cat /tmp/code)"
done <"$1"
echo "=end"
