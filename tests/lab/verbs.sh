# The verb lab of ./dev, which sources this.
# shellcheck shell=sh

# laboratories: the table beside this file, with lines that fit a terminal
laboratories() {
  awk -F ' *[|] *' '
    # folded(TEXT, WIDTH): its lines are in line[1] and on; returns how many
    function folded(text, width, word, n, i, lines) {
      n = split(text, word, " ")
      lines = 1
      line[1] = ""
      for (i = 1; i <= n; i++) {
        if (length(line[lines]) + length(word[i]) + 1 > width && line[lines] != "")
          line[++lines] = ""
        line[lines] = line[lines] (line[lines] == "" ? "" : " ") word[i]
      }
      return lines
    }
    function row(verb, time, needs, shows, n, i, left, most) {
      n = folded(needs, 26)
      for (i = 1; i <= n; i++) left[i] = line[i]
      most = folded(shows, 50)
      for (i = 1; i <= n || i <= most; i++)
        printf "%-10s  %-9s  %-26s  %s\n", i == 1 ? verb : "", i == 1 ? time : "",
          i <= n ? left[i] : "", i <= most ? line[i] : ""
    }
    BEGIN { row("./dev", "takes", "needs", "shows") }
    /^#/ { next }
    { row($1, $2, $3, $4) }' tests/lab/laboratories
}
