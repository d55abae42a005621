#!/bin/sh
# check.sh BUILD: shows every unit of ours that BUILD compiles for Windows, by its
# compile_commands.json, to `clang --target=x86_64-pc-windows-msvc -fsyntax-only`, with
# warnings that come near MSVC's /W4, as errors. Nothing is linked. It shows no more than
# that: the headers are mingw-w64's (headers.h), and clang is not MSVC.
#
# One warning stands for one of MSVC's: conditional-uninitialized for C4701 and C4703,
# unreachable-code for C4702, shorten-64-to-32 and implicit-int-conversion for C4244 and
# C4267, gnu for what MSVC's C lacks.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
units=$build/msvc-units
log=$build/msvc-check.log

# DEFINES AND INCLUDES of each command, and its source.
sed -n 's/^ *"command": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" |
  sed 's/\\\(["\\]\)/\1/g' |
  awk '
    $NF !~ /deps\// {
      flags = ""
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^-I/ || ($i ~ /^-D/ && $i != "-D_GNU_SOURCE")) flags = flags " " $i
        if ($i == "-isystem") flags = flags " -isystem " $(i + 1)
      }
      if (!seen[flags " " $NF]++) print flags " " $NF
    }' >"$units"
count=$(wc -l <"$units")
if [ "$count" -lt 100 ]; then
  echo "$build/compile_commands.json has $count units only"
  exit 1
fi

failed=0
HERE=$here xargs -d '\n' -P "$(nproc)" -I UNIT sh -c '
  # The words of a line are flags, and the unit.
  eval "set -- $1"
  for unit in "$@"; do :; done
  grep -q "<cmocka.h>" "$unit" && set -- -DHVUV_TEST_UNIT "$@"
  clang --target=x86_64-pc-windows-msvc -fms-compatibility-version=19.38 -std=c11 \
    -fsyntax-only -D_CRT_SECURE_NO_WARNINGS -D__MSVCRT_VERSION__=0x1400 \
    -Werror -Wall -Wextra -Wconversion -Wno-sign-conversion -Wshadow -Wvla -Wgnu \
    -Wconditional-uninitialized -Wunreachable-code -Wstrict-prototypes \
    -Wno-gnu-flexible-array-initializer \
    -isystem /usr/share/mingw-w64/include -include "$HERE/headers.h" "$@" || exit 1' sh UNIT \
  <"$units" >"$log" 2>&1 || failed=1

if [ $failed -ne 0 ]; then
  cat "$log"
  broken=$(grep -c "errors\{0,1\} generated" "$log")
  echo "$((count - broken)) passed, $broken failed, 0 skipped"
  exit 1
fi
echo "$count passed, 0 failed, 0 skipped"
