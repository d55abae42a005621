# mentions.awk FACTS... DOCUMENT...: what the documents mention and nothing has.
#
# FACTS are lines "name WORD", "verb WORD", "preset WORD", "file PATH", "foreign PATH"
# and "inside PATH WORD"; a document is of lines "FILE:LINE:text". Complaints go to
# stdout, one a line, and the exit code is 1 if there are any.

function complain(what) {
  print where ": " what
  bad = 1
}

# each(text, pattern): the next match of pattern, "" at the end; `rest` keeps the place,
# `before` is the character in front of the match
function each(pattern, token) {
  if (!match(rest, pattern))
    return ""
  token = substr(rest, RSTART, RLENGTH)
  before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : last
  last = substr(token, RLENGTH, 1)
  rest = substr(rest, RSTART + RLENGTH)
  return token
}

function start(text) {
  rest = text
  last = " "
}

# A name that ends with _ stands for all that begin so.
function has_name(word, known) {
  if ((word in name) || (word in foreign))
    return 1
  if (word !~ /_$/)
    return 0
  for (known in name)
    if (index(known, word) == 1)
      return 1
  return 0
}

function names(text, word) {
  start(text)
  while ((word = each("(hvuv|HVUV)_[A-Za-z0-9_]*")) != "")
    if (before !~ /[A-Za-z0-9_\/.-]/ && !has_name(word) &&
        !((folder "/" word) in inside))
      complain(word " is nowhere declared")
}

function verbs(text, word) {
  start(text)
  while ((word = each("\\./dev [a-z][a-z-]*")) != "")
    if (!(substr(word, 7) in verb))
      complain(word ": ./dev help does not list it")
  start(text)
  while ((word = each("--preset [a-z][a-z-]*")) != "")
    if (!(substr(word, 10) in preset))
      complain(word " is not in CMakePresets.json")
}

function exists(path, known) {
  sub(/\/$/, "", path)
  if (path ~ /[*]/) {
    gsub(/[.]/, "[.]", path)
    gsub(/[*]/, "[^/]*", path)
    for (known in file)
      if (known ~ ("(^|/)" path "$"))
        return 1
    return 0
  }
  if ((path in file) || (path in foreign) || (("src/" path) in file) ||
      (("include/" path) in file) || (("tests/" path) in file) ||
      ((folder "/" path) in file))
    return 1
  if (path !~ /\//)
    return path in basename
  return 0
}

# What looks like a path of this tree: below one of its folders, or a file's name.
function paths(text, word) {
  start(text)
  while ((word = each("[A-Za-z0-9_.*/-]+")) != "") {
    if (before ~ /[:<~$%}{]/)
      continue
    sub(/[.]+$/, "", word)
    if (word ~ /^(src|tests|docs|include|examples|third_party|hvuv|[.]ci|[.]github)\/./ ||
        word ~ /^[a-z][A-Za-z0-9_*\/-]*[.](c|h|sh|awk|cmake|py)$/)
      if (!exists(word))
        complain(word " does not exist")
  }
}

# As GitHub makes a heading's anchor.
function slug(heading) {
  sub(/^#+ */, "", heading)
  heading = tolower(heading)
  gsub(/[^a-z0-9 _-]/, "", heading)
  gsub(/ /, "-", heading)
  return heading
}

function links(text, word, at, path, anchor) {
  start(text)
  while ((word = each("\\]\\([^)]*\\)")) != "") {
    word = substr(word, 3, length(word) - 3)
    if (word ~ /^(https?|mailto):/)
      continue
    at = index(word, "#")
    path = at ? substr(word, 1, at - 1) : word
    anchor = at ? substr(word, at + 1) : ""
    if (path == "") {
      path = document
    } else {
      path = folder "/" path
      while (path ~ /[^\/.]+\/[.][.]\//)
        sub(/[^\/.]+\/[.][.]\//, "", path)
      sub(/^[.]\//, "", path)
    }
    if (!(path in file))
      complain("the link to " word " leads nowhere")
    else if (anchor != "")
      wanted[where ": the link to " word " finds no such heading"] = path "#" anchor
  }
}

$1 == "name" { name[$2]; next }
$1 == "verb" { verb[$2]; next }
$1 == "preset" { preset[$2]; next }
$1 == "foreign" { foreign[$2]; next }
$1 == "inside" { inside[$2 "/" $3]; next }
$1 == "file" {
  path = $2
  for (;;) {
    file[path]
    if (!sub(/\/[^\/]*$/, "", path))
      break
  }
  sub(/^.*\//, "", $2)
  basename[$2]
  next
}

{
  match($0, /^[^:]*:[0-9]+:/)
  where = substr($0, 1, RLENGTH - 1)
  text = substr($0, RLENGTH + 1)
  document = where
  sub(/:[0-9]*$/, "", document)
  folder = document
  if (!sub(/\/[^\/]*$/, "", folder))
    folder = "."

  names(text)
  verbs(text)
  paths(text)
  if (document ~ /[.]md$/) {
    links(text)
    if (text ~ /^#+ /)
      heading[document "#" slug(text)]
  }
}

END {
  for (message in wanted)
    if (!(wanted[message] in heading)) {
      print message
      bad = 1
    }
  exit bad
}
