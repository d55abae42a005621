#!/bin/sh
# rooms.sh SOURCE [OBJECTS]: whether src/ keeps to its plan.
#
# 1. The table src/rooms names each folder of src/, and a room uses only rooms that it
#    names: by #include, and by calls that no #include shows. Those are found by nm in
#    the object files under OBJECTS, the binary folder of src/; NM names another nm.
# 2. No two files of the library use each other, be it through others. x.c and x.h are
#    one file here; x_posix.c is another one, which implements x.h.
# 3. Only files named for a system ask which system they are built for, or include its
#    headers, here as in tests/ and examples/. A room that is pure includes those of C
#    and <uv.h> only.
#
# rooms.awk is 1 and 2. Ends with the figures of each room.
set -eu
source=$1 objects=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
facts=$(mktemp)
trap 'rm -f "$facts"' EXIT
status=0

# complain TITLE LINES
complain() {
  if [ -n "$2" ]; then
    printf '%s:\n%s\n' "$1" "$2"
    status=1
  fi
}

# --- What is there: folders, includes, symbols -------------------------------

# includes: "include FILE HEADER", a header as it is written, with its < or "
includes() {
  find ./*/ -name '*.[ch]' | sort | xargs awk '
    /^[ \t]*#[ \t]*include/ {
      sub(/^[ \t]*#[ \t]*include[ \t]*/, "")
      match($0, /[<"][^>"]*/)
      print "include", substr(FILENAME, 3), substr($0, RSTART, RLENGTH)
    }'
}

# symbols: "defines FILE SYMBOL" and "calls FILE SYMBOL". In OBJECTS they lie in
# ROOM/CMakeFiles/TARGET.dir/FILE.c.o, or .obj, old ones of files that are gone too.
symbols() {
  "${NM:-nm}" -A -P -g ./*/CMakeFiles/hvuv_room_*.dir/*.c.o* 2>/dev/null | awk '
    $2 ~ /^_?_?hvuv_/ {
      name = $2
      sub(/^_*/, "", name)
      split($1, path, "/")
      file = path[2] "/" path[5]
      sub(/\.o(bj)?:.*$/, "", file)
      print ($3 == "U" ? "calls" : "defines"), file, name
    }'
}

cd "$source/src"
{
  for folder in */; do
    [ "$folder" = build/ ] || echo "folder ${folder%/}"
  done
  ls ./*/*.c | sed 's|^\./|file |'
  includes
} >"$facts"

calls="the #includes"
if [ -n "$objects" ]; then
  (cd "$objects" && symbols) >>"$facts" || true
  if grep -q '^defines ' "$facts"; then
    calls="the #includes and the calls"
  else
    echo "No symbols in $objects (no nm, or objects of link-time optimisation): \
only #includes are looked at"
  fi
fi

# --- 1 and 2: rooms and circles ----------------------------------------------

found=$(awk -f "$here/rooms.awk" rooms "$facts")
picked() {
  printf '%s\n' "$found" | sed -n "s/^$1: //p"
}
complain "The table src/rooms is wrong" "$(picked table)"
complain "Not allowed by the table src/rooms" "$(picked forbidden)"
complain "System headers where the table src/rooms has none" "$(picked header)"
circle=$(picked circle)
complain "circles by files" "$circle"
[ -n "$circle" ] || echo "circles by files: none, by $calls"

# --- 3: files that are a system's --------------------------------------------

cd ..
asks='^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif).*(_WIN32|_MSC_VER|__MINGW|__linux|__APPLE__|__unix|BSD__|__sun)'
asking=$(find src tests examples -name '*.[ch]' ! -name '*_posix.*' ! -name '*_win.*' \
  ! -name '*_linux.*' -exec grep -nE "$asks" {} + |
  grep -vE '^(src/(base/threads|unix/sockaddr_un)\.h|tests/support/(net\.h|fakes/fault_sys\.c)|examples/program_os\.h):' ||
  true)
complain "Platform #if outside *_posix, *_win and *_linux" "$asking"

# --- The figures: lines are those with code on them --------------------------

figures() {
  awk '
    FNR == 1 {
      room = FILENAME
      gsub(/^\.\/|\/[^\/]*$/, "", room)
      comment = 0
      if (!(room in files)) order[++rooms] = room
      files[room]++
    }
    comment { if (/\*\//) comment = 0; next }
    /^[ \t]*\/\*/ { if (!/\*\//) comment = 1; next }
    NF { lines[room]++ }
    /(^|[^_a-z])assert\(/ { asserts[room]++ }
    function row(name, files, lines, asserts) {
      printf "%-10s %5d %6d %8d %10.1f\n", name, files, lines, asserts,
        1000 * asserts / lines
    }
    END {
      print "room       files  lines  asserts  per 1,000"
      for (i = 1; i <= rooms; i++) {
        room = order[i]
        row(room, files[room], lines[room], asserts[room])
        f += files[room]; l += lines[room]; a += asserts[room]
      }
      row("src", f, l, a)
    }' "$@"
}
(cd src && figures ./*/*.[ch])

exit $status
