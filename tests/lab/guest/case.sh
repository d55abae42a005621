#!/bin/sh
# case.sh FOLDER NAME: runs one case against the guest that lab.sh has started in FOLDER:
# the function case_NAME of cases/*.sh, or the line NAME of inside/cases, which runs in
# the guest. 77 is a skip. If it fails, what the forwarders and the guest said since
# it began is shown.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1 name=$2
. "$folder/settings"
. "$here/control.sh"
. "$here/with.sh"
for file in "$here"/cases/*.sh; do
  . "$file"
done

work=$folder/cases/$name
rm -rf "$work"
mkdir -p "$work"
cd "$work"
console_bytes=$(wc -c <"$folder/console")
finished=

show_logs() {
  for log in "$work"/*.log; do
    if [ -s "$log" ]; then
      echo "--- ${log##*/}"
      head -n 40 "$log"
    fi
  done
  echo "--- the guest, since the case began"
  tail -c "+$((console_bytes + 1))" "$folder/console" | tail -n 60
}

at_exit() {
  code=$?
  trap - EXIT
  end_all
  if [ "$code" -eq 77 ]; then
    exit 77
  fi
  if [ "$code" -ne 0 ] || [ -z "$finished" ]; then
    echo "FAILED: $name ends with $code"
    show_logs
    exit 1
  fi
}
trap at_exit EXIT
trap 'exit 143' TERM HUP
trap 'exit 130' INT

is_up || fail "there is no guest any more"
if command -v "case_$name" >/dev/null; then
  "case_$name"
else
  line=$(sed -n "s/^$name  *//p" "$here/inside/cases")
  [ -n "$line" ] || fail "no such case"
  on_guest "cd /opt/hvuv && timeout -k 3 $line" 2>&1 || exit $?
fi
stop_forwarders
finished=yes
