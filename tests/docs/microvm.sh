#!/bin/sh
# microvm.sh SOURCE: whether each block of commands in docs/microvm.md has a name by which
# a script of tests/lab/hybrid runs it, or `read`, and each name there has a block.
set -eu
cd "$1"
blocks=$(sed -n 's/^```sh *//p' docs/microvm.md | sort -u)
run=$(cat tests/lab/hybrid/*.sh |
  grep -oE '(\(guide|start_device) [a-z][a-z-]+' | sed 's/.* //' | sort -u)
status=0

if grep -nE '^```sh *$' docs/microvm.md; then
  echo "docs/microvm.md: a block of commands has a name, or is marked: sh read"
  status=1
fi
for name in $blocks; do
  if [ "$name" != read ] && ! printf '%s\n' "$run" | grep -qxe "$name"; then
    echo "docs/microvm.md: nothing in tests/lab/hybrid runs the block $name"
    status=1
  fi
done
for name in $run; do
  if ! printf '%s\n' "$blocks" | grep -qxe "$name"; then
    echo "tests/lab/hybrid: docs/microvm.md has no block $name"
    status=1
  fi
done
exit $status
