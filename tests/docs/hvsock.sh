#!/bin/sh
# hvsock.sh SOURCE: whether docs/hv_sock.md names, under "What has been shown", each case of
# ./dev vm-hvsock, and none besides.
set -eu
cd "$1"
status=0
suite=tests/lab/hvsock/suite
cases=$(sed -n 's/^\([a-z][a-z_]*\) .*/\1/p' $suite/cases $suite/others)
# The last cell of each row, and the paragraph behind the table.
named=$(sed -n '/^Each is a case/,/^## /p' docs/hv_sock.md |
  sed -n -e 's/^|.*|\([^|]*\)|$/\1/p' -e '/^And four/,$p' | grep -o '`[a-z_]*`' | tr -d '`')

# is_in NAME NAMES
is_in() {
  printf '%s\n' "$2" | grep -qx "$1"
}

for case in $cases; do
  is_in "$case" "$named" || {
    echo "docs/hv_sock.md: the case $case is not there"
    status=1
  }
done
for name in $named; do
  is_in "$name" "$cases" || {
    echo "docs/hv_sock.md: $name is no case"
    status=1
  }
done
exit $status
