#!/bin/sh
# run.sh FOLDER SECONDS: runs each fuzzer of a build for so long, from the seeds in
# corpus/ and what it found earlier, which lies in FOLDER/found. Ends with
# "N passed, N failed, 0 skipped".
set -eu
folder=$1 seconds=$2
here=$(dirname "$0")
passed=0
failed=0

for fuzzer in "$folder"/tests/fuzz/fuzz_*; do
  if [ ! -f "$fuzzer" ] || [ ! -x "$fuzzer" ]; then
    continue
  fi
  name=${fuzzer##*/fuzz_}
  echo "Fuzzing $name for $seconds s"
  # New inputs go to the first folder, the seeds are only read.
  found=$folder/found/$name
  mkdir -p "$found"
  if "$fuzzer" -max_total_time="$seconds" -print_final_stats=1 \
    -artifact_prefix="$found/" "$found" "$here/corpus/$name" \
    >"$folder/$name.log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    grep -E 'number_of_executed_units|new_units_added' "$folder/$name.log"
  else
    failed=$((failed + 1))
    cat "$folder/$name.log"
    echo "fuzz_$name failed; the input is in $found"
  fi
done

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
