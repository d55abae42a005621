#!/bin/sh
# extract.sh README OUT: writes the README's embedding example, the first ```c
# block that calls hvuv_listen, to OUT.
set -eu
awk '
  !in_block && /^```c[[:space:]]*$/ { in_block = 1; text = ""; next }
  in_block && /^```[[:space:]]*$/ {
    if (text ~ /hvuv_listen/) { printf "%s", text; found = 1; exit }
    in_block = 0
    next
  }
  in_block { text = text $0 "\n" }
  END {
    if (!found) {
      print FILENAME ": no ```c block that calls hvuv_listen" >"/dev/stderr"
      exit 1
    }
  }' "$1" >"$2.tmp"
mv "$2.tmp" "$2"
