#!/bin/sh
# host.sh FOLDER KERNEL IMAGE GUIDE PROGRAM...: the host of ./dev vm-hybrid. Runs the
# cases of the list beside it, with the PROGRAMs in PATH, and writes to FOLDER/results
# what ../vm/guest/run.sh would. Sockets and what the processes say are in a temporary
# folder with a short name: a Unix socket's path has 107 bytes. It ends the processes
# that it has started, by their ids.
set -eu
folder=$1 KERNEL=$2 IMAGE=$3 GUIDE=$4
shift 4
HERE=$(cd "$(dirname "$0")" && pwd)
LAB=$(mktemp -d /tmp/hv.XXXXXX)
export KERNEL IMAGE GUIDE HERE LAB
mkdir -p "$folder" "$LAB/bin"
for program in "$@"; do
  ln -s "$program" "$LAB/bin/${program##*/}"
done
export PATH="$LAB/bin:$PATH"
. "$HERE/lab.sh"

clean_up() {
  for file in "$LAB"/*/*.pid; do
    (end "$file") || true
  done
  rm -rf "$LAB"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What the guests and the device have said lately.
logs() {
  for file in "$LAB"/*/*.console "$LAB"/*/*.results "$LAB"/*/*.qemu "$LAB"/*/device.log; do
    if [ -s "$file" ]; then
      echo "--- ${file#"$LAB"/}"
      tail -n 12 "$file" | cut -c 1-400
    fi
  done
}

run_cases "$HERE/cases" "$folder/results" "$HERE"
