#!/bin/sh
# report.sh RESULTS NAME: prints what a case said in the guest, and ends as it
# did. The report of a guest in a guest has one | more before each line.
set -eu
awk -v name="$2" '
  /^[|]=(case|exit) / || inside && /^[|][|]/ { $0 = substr($0, 2) }
  $1 == "=exit" && $2 == name { code = $3; inside = 0 }
  inside { print substr($0, 2) }
  $1 == "=case" && $2 == name { inside = 1; seen = 1 }
  END {
    if (code == 143 || code == 137) print "The case took too long."
    if (code == "") print seen ? "The guest did not outlive it." : "It did not run."
    exit code == "" ? 1 : code
  }' "$1"
