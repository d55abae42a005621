#!/bin/sh
# fits.sh SOURCE: whether each fault of the list still changes its file. It does not
# when the code has moved on, and then it would show nothing.
set -eu
cd "$1"

number=0 stale=0
while IFS='^' read -r file what plant; do
  case $file in
    '#'* | '') continue ;;
  esac
  number=$((number + 1))
  file=$(echo "$file" | tr -d ' ')
  if sed "${plant# }" "$file" | cmp -s - "$file"; then
    stale=$((stale + 1))
    echo "$file:${what}changes nothing"
  fi
done <tests/sim/mutants/list
echo "$number planted faults, $stale of them stale"
[ "$number" -gt 0 ] && [ "$stale" -eq 0 ]
