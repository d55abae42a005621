# split.awk -v want=code|comments FILE.[ch]...: the one without the other, each line
# where it was, "FILE:LINE:" before it. Strings are code, and may hold a comment's
# beginning; a character constant may hold a quote.
FNR == 1 { in_comment = 0 }

{
  code = comment = ""
  rest = $0
  while (rest != "") {
    if (in_comment) {
      at = index(rest, "*/")
      if (at == 0) {
        comment = comment rest
        rest = ""
      } else {
        comment = comment substr(rest, 1, at - 1) " "
        rest = substr(rest, at + 2)
        in_comment = 0
      }
    } else if (match(rest, /\/\*|\/\/|"|'/)) {
      kind = substr(rest, RSTART, RLENGTH)
      code = code substr(rest, 1, RSTART - 1)
      rest = substr(rest, RSTART + RLENGTH)
      if (kind == "/*") {
        in_comment = 1
      } else if (kind == "//") {
        comment = comment rest
        rest = ""
      } else {
        at = 1
        while (at <= length(rest) && substr(rest, at, 1) != kind)
          at += substr(rest, at, 1) == "\\" ? 2 : 1
        code = code kind substr(rest, 1, at)
        rest = substr(rest, at + 1)
      }
    } else {
      code = code rest
      rest = ""
    }
  }
  print FILENAME ":" FNR ":" (want == "code" ? code : comment)
}
