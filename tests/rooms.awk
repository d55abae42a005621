# rooms.awk TABLE FACTS: holds what tests/rooms.sh has found in src/ against the table
# src/rooms, and looks for circles of files. Prints "KIND: TEXT" for whatever is wrong;
# KIND is table, forbidden, header or circle.

function room_of(file) {
  sub(/\/.*/, "", file)
  return file
}

function unit_of(file) {
  sub(/\.[ch]$/, "", file)
  return file
}

function twin_of(file) {
  file = unit_of(file)
  return sub(/_(posix|win|linux|absent|sodium)$/, "", file) ? file : ""
}

function complain(kind, text) {
  if (!seen[kind, text]++) print kind ": " text
}

# uses(file, room, how): FILE makes use of ROOM
function uses(file, room, how,    from) {
  from = room_of(file)
  if (from != room && !((from, room) in may))
    complain("forbidden", file ": " how ", of " room)
}

# edge(from, to): of the graph of files
function edge(from, to) {
  if (!(from in number)) { number[from] = ++units; unit[units] = from }
  if (!(to in number)) { number[to] = ++units; unit[units] = to }
  reaches[number[from], number[to]] = 1
}

# Whether a file is named for a system or for another library, or is AF_VSOCK's, which
# Linux alone has.
function is_of_a_system(file) {
  return file ~ /_(posix|win|linux|sodium)\.[ch]$/ || file ~ /\/(vsock\.c|sockaddr_un\.h)$/
}

function included(file, header,    kind) {
  kind = kinds[room_of(file)]
  if (header ~ /^</) {
    header = substr(header, 2)
    if (!(header in of_c) && (kind == "pure" || !is_of_a_system(file)))
      complain("header", file ": <" header ">")
    return
  }
  header = substr(header, 2)
  if (header ~ /^hvuv\//) {
    if (!(header in owner))
      complain("table", header " is nobody's")
    else if (owner[header] != "everybody")
      uses(file, owner[header], "#include \"" header "\"")
  } else if (room_of(header) in kinds) {
    uses(file, room_of(header), "#include \"" header "\"")
    # A twin does not use the header that it is there to implement.
    if (twin_of(file) != unit_of(header))
      edge(unit_of(file), unit_of(header))
  } else {
    complain("table", file ": \"" header "\" is not written as \"room/file.h\"")
  }
}

BEGIN {
  split("assert ctype errno float inttypes limits stdarg stdatomic stdbool stddef " \
        "stdint stdio stdlib string time uv", names, " ")
  for (i in names) of_c[names[i] ".h"]
}

# --- The table ---------------------------------------------------------------

/^#/ || NF == 0 { next }

FNR == NR && /^hvuv\// {
  owner[$1] = $2
  if ($2 != "everybody" && !($2 in kinds))
    complain("table", $1 " is of " $2 ", which is no room")
  next
}

FNR == NR {
  for (i = 3; i <= NF; i++) {
    if ($i == "-") continue
    if (!($i in kinds)) complain("table", $1 " uses " $i ", which is not above it")
    may[$1, $i]
  }
  kinds[$1] = $2
  next
}

# --- The facts ---------------------------------------------------------------

$1 == "folder" {
  folders[$2]
  if (!($2 in kinds)) complain("table", "the folder " $2 " is no room")
}

$1 == "file" { is_there[$2] }
$1 == "include" { included($2, $3) }
$1 == "defines" && $2 in is_there { home[$3] = $2 }
$1 == "calls" && $2 in is_there { caller[++calls] = $2; called[calls] = $3 }

# Whoever reaches a file that reaches it is in a circle with it.
END {
  for (room in kinds)
    if (!(room in folders)) complain("table", "the room " room " has no folder")

  for (i = 1; i <= calls; i++) {
    if (!(called[i] in home)) continue
    uses(caller[i], room_of(home[called[i]]), called[i] "()")
    edge(unit_of(caller[i]), unit_of(home[called[i]]))
  }

  for (via = 1; via <= units; via++)
    for (a = 1; a <= units; a++)
      if ((a, via) in reaches)
        for (b = 1; b <= units; b++)
          if ((via, b) in reaches) reaches[a, b] = 1

  for (a = 1; a <= units; a++) {
    text = unit[a]
    for (b = 1; b <= units; b++)
      if (a != b && ((a, b) in reaches) && ((b, a) in reaches)) {
        text = text " " unit[b]
        drawn[b]
      }
    if (text != unit[a] && !(a in drawn)) print "circle: " text
  }
}
