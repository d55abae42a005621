#!/bin/sh
# laboratories.sh SOURCE: whether the table beside this file, ./dev help and README's table
# "What has been shown, and what has not" name the same laboratories.
set -eu
cd "$1"
table=tests/lab/laboratories
status=0

# complain WORDS...
complain() {
  echo "$*"
  status=1
}

shown=$(awk '/^## / { inside = /^## What has been shown/ } inside' README.md |
  grep -o '\./dev [a-z][a-z-]*' | sed 's|\./dev ||' | sort -u)
verbs=$(./dev help | sed -n 's|^\./dev \([a-z-]*\).*|\1|p')
rows=$(sed -n 's/^\([a-z][a-z-]*\) | .* | .* | .*/\1/p' $table)
lines=$(grep -c '^[^#]' $table)

# has WORD LIST
has() {
  printf '%s\n' "$2" | grep -qxe "$1"
}

[ "$(printf '%s\n' "$rows" | wc -l)" -eq "$lines" ] ||
  complain "$table: a row is VERB | TIME | NEEDS | SHOWS"
for row in $rows; do
  has "$row" "$verbs" || complain "$table: ./dev help does not list $row"
  has "$row" "$shown" || complain "README.md: what has been shown does not name ./dev $row"
done
for verb in $shown; do
  case $verb in
    test | lab) ;; # no laboratory
    *) has "$verb" "$rows" || complain "$table: no row for $verb, which README.md names" ;;
  esac
done
for verb in $verbs; do
  case $verb in
    vm* | wine* | sim*) has "$verb" "$rows" || complain "$table: no row for ./dev $verb" ;;
  esac
done
exit $status
