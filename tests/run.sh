#!/bin/sh
# run.sh FOLDER [CTEST OPTIONS]: runs the tests of a build, and says what ctest keeps
# to itself: why tests were skipped, and which cases of a program were. Ends with
# "N passed, N failed, N skipped".
set -eu
folder=$1
shift
output=$folder/ctest.log
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

code=0
rm -f "$folder/ctest.code"
{ ctest --test-dir "$folder" --output-on-failure --no-tests=error -j "$jobs" "$@" ||
  echo $? >"$folder/ctest.code"; } 2>&1 </dev/null | tee "$output"
[ ! -f "$folder/ctest.code" ] || code=$(cat "$folder/ctest.code")

awk '
  FNR == NR {
    if (/ Test +#[0-9]+: .*\*\*\*Skipped/) {
      sub(/^.* Test +#[0-9]+: /, "")
      skipped[$1] = 1
    }
    next
  }
  /^[0-9]+\/[0-9]+ Test: / {
    name = $3
    inside = 0
    if (name in skipped) print "Skipped: " name
  }
  /^<end of output>/ { inside = 0 }
  inside && name in skipped && NF && !/^-+$/ { print "    " $0 }
  inside && /^\[  SKIPPED \] / && !/test\(s\)/ && !seen[name, $0]++ {
    print "Skipped in " name ": " $4
  }
  /^Output:$/ { inside = 1 }' "$output" "$folder/Testing/Temporary/LastTest.log"

# "3/9 Test #3: name ....***Failed  0.01 sec", as ctest prints it; with --repeat the
# number before it may be missing, and of a test's lines the last one counts.
awk '
  /^ *([0-9]+\/[0-9]+)? +Test +#[0-9]+: / {
    sub(/^.* Test +#/, "")
    if (/ Passed /) last[$1] = "passed"
    else if (/\*\*\*Skipped|\*\*\*Not Run \(Disabled\)/) last[$1] = "skipped"
    else last[$1] = "failed"
  }
  END {
    for (test in last) count[last[test]]++
    printf "%d passed, %d failed, %d skipped\n",
      count["passed"], count["failed"], count["skipped"]
  }' "$output"
exit "$code"
