#!/bin/sh
# wrong.sh FOLDER FILE: types each wrong command of FILE, whose programs are in
# FOLDER, and sees that it is refused with exit code 2, nothing on standard output,
# and a message that names what is wrong.
set -eu
folder=$1 file=$2
tried=0
failed=0
# A quarter of a minute each, for a command that is wrongly taken.
while IFS= read -r line; do
  case $line in '' | '#'*) continue ;; esac
  command=${line%% | *}
  expected=${line#* | }
  tried=$((tried + 1))
  code=0
  # shellcheck disable=SC2086 # the words of the command
  out=$(cd "$folder" && eval "timeout 15 ./$command" 2>&1 >/dev/null </dev/null) || code=$?
  # shellcheck disable=SC2086
  said=$(cd "$folder" && eval "timeout 15 ./$command" 2>/dev/null </dev/null) || true
  case $out in
    *"$expected"*) ;;
    *)
      echo "$command: does not say '$expected' but: $out"
      failed=$((failed + 1))
      continue
      ;;
  esac
  if [ "$code" -ne 2 ] || [ -n "$said" ]; then
    echo "$command: exit code $code, and on standard output: '$said'"
    failed=$((failed + 1))
  fi
done <"$file"
echo "$tried wrong commands, $failed taken or not explained"
[ "$failed" -eq 0 ] && [ "$tried" -gt 0 ]
