#!/bin/sh
# blocks.sh GUIDE OUT: writes all ```c blocks of a guide, one behind the other,
# to OUT: together they are one program. The compiler's complaints name the
# guide's lines.
set -eu
awk '
  !in_block && /^```c[[:space:]]*$/ {
    in_block = 1
    printf "#line %d \"%s\"\n", FNR + 1, FILENAME
    n++
    next
  }
  in_block && /^```[[:space:]]*$/ { in_block = 0; next }
  in_block { print }
  END {
    if (n == 0 || in_block) {
      print FILENAME ": no ```c block, or one without an end" >"/dev/stderr"
      exit 1
    }
  }' "$1" >"$2.tmp"
mv "$2.tmp" "$2"
