#!/bin/sh
# wines.sh SOURCE: whether docs/windows.md says of Wine what tests/support/wine.h says:
#
# - each row of one is in the other; for 8 and 10 it is "as Windows", or "cannot be
#   seen", where it does not reach them, and only there
# - each case that "Each promise" names is in a source of tests/
set -eu
cd "$1"
status=0

complain() {
  echo "docs/windows.md: $*" >&2
  status=1
}

# Newlines of a comment in the table are none of a row.
table=$(tr -d '\\\n' <tests/support/wine.h |
  grep -o 'X(WINE_[A-Z_]*, *[0-9]*, *[0-9A-Z_]*)' |
  sed 's/X(//; s/[,)]/ /g; s/WINE_ANY_LATER/1000/')

# cell ROW COLUMN
cell() {
  grep "^| \`$1\` |" docs/windows.md | cut -d '|' -f "$2" | sed 's/^ *//; s/ *$//'
}

# expect ROW FIRST LAST VERSION COLUMN
expect() {
  case "$(cell "$1" "$5")" in
    "as Windows" | "cannot be seen"*) is_same=yes ;;
    *) is_same=no ;;
  esac
  differs=no
  [ "$2" -gt "$4" ] || [ "$3" -lt "$4" ] || differs=yes
  [ "$is_same" != "$differs" ] || complain "$1 and Wine $4: wine.h has it otherwise"
}

while read -r row first last; do
  if [ -z "$(cell "$row" 2)" ]; then
    complain "no row $row"
    continue
  fi
  expect "$row" "$first" "$last" 8 4
  expect "$row" "$first" "$last" 10 5
done <<END
$table
END

for row in $(grep -o '^| `WINE_[A-Z_]*` |' docs/windows.md | tr -d '|` '); do
  case "$table" in
    *"$row "*) ;;
    *) complain "$row is no row of wine.h" ;;
  esac
done

promises=$(sed -n '/^### Each promise/,/^## /p' docs/windows.md |
  grep '^|' | grep -o '`[a-z][a-z_0-9]*`' | tr -d '`')
[ -n "$promises" ] || complain "no promise names a case"
for name in $promises; do
  grep -rqw --include='*.c' "$name" tests || complain "no case $name"
done
exit $status
