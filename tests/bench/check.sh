#!/bin/sh
# check.sh BENCH BOUNDS: counts what the file BOUNDS bounds with the program BENCH,
# and fails if a bound is passed. Where the system does not let it decide who runs
# when, counts of bulk and of messages under way are not exact, and are skipped. What
# disturbs a count, such as turns of the loop that are shared by fewer, adds to it: so
# what passes its bound is counted twice more, and the lowest figure stands.
# Ends with "N passed, N failed, N skipped".
set -eu
bench=$1 bounds=$2
folder=$(dirname "$bench")
bounded=$(sed -E 's/^[[:space:]]*(#.*)?$//; /^$/d' "$bounds")

# scenarios WHAT: that are bounded, each once
scenarios() {
  echo "$bounded" | awk -v what="$1" '$1 == what && !seen[$2]++ { print $2 }'
}

# servers WHAT SCENARIO: that are named there, as BENCH takes them
servers() {
  echo "$bounded" | awk -v what="$1" -v scenario="$2" '
    $1 == what && $2 == scenario {
      if (!seen[$3]++) print $3
      if ($4 ~ /^[a-z]/ && !seen[$4]++) print $4
    }' | paste -sd,
}

# count WHAT SCENARIO: has it counted for the servers that are named there, and says
# what came of it as lines "WHAT SCENARIO SERVER FIGURE"
count() {
  echo "    $1 $2" >&2
  "$bench" "$1" -w "$(servers "$1" "$2")" "$2" >"$folder/check.log" 2>&1 || {
    cat "$folder/check.log" >&2
    return 1
  }
  awk -v what="$1" -F '\t' '
    !/^#/ && $4 + 0 == $4 { sum[$1 " " $2] += $4 }
    END { for (key in sum) print what, key, sum[key] }' "$folder/$1.tsv"
}

# judge: the table of all bounds, and whether they are kept
judge() {
  echo "$bounded" | awk -v counts="$folder/check.counts" -v loose="$loose" '
  BEGIN {
    while ((getline line < counts) > 0) {
      split(line, word, " ")
      if (!((word[1], word[2], word[3]) in figure) ||
          word[4] + 0 < figure[word[1], word[2], word[3]] + 0)
        figure[word[1], word[2], word[3]] = word[4]
    }
  }
  {
    has = figure[$1, $2, $3]
    most = ($4 ~ /^[0-9]/) ? $4 : figure[$1, $2, $4]
    reason = ""
    for (i = 5; i <= NF; i++) reason = reason " " $i
    if (loose && $2 ~ /x1048576|x[0-9]+x[0-9]+/) {
      skipped++
      printf "skip   %-12s %-12s %-15s run it as root, or with CAP_SYS_NICE, for exact counts\n", $1, $2, $3
      next
    }
    ok = has != "" && most != "" && has <= most + ($1 == "syscalls" ? 0.02 : 0)
    if (ok) passed++; else failed++
    printf "%-6s %-12s %-12s %-15s %9.2f of %9.2f %s %s\n", ok ? "ok" : "FAILED",
      $1, $2, $3, has, most, ($4 ~ /^[0-9]/) ? "" : "(" $4 ")", reason
  }
  END {
    if (failed) print "A bound was passed: find out what the message pays for (callgrind, strace), or raise\nthe bound in tests/bench/bounds and say why there."
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0 || passed == 0
  }'
}

for what in syscalls instructions; do
  for scenario in $(scenarios $what); do
    count $what "$scenario"
  done
done >"$folder/check.counts"
loose=$(grep -c '^Not allowed to decide' "$folder/check.log" || true)

for _ in 1 2; do
  if judge >"$folder/check.table"; then
    break
  fi
  sed -n 's/^FAILED *\([^ ]*\) *\([^ ]*\) .*/\1 \2/p' "$folder/check.table" | sort -u |
    while read -r what scenario; do
      count "$what" "$scenario" </dev/null
    done >>"$folder/check.counts"
done
judge
