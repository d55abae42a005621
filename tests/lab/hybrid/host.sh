#!/bin/sh
# host.sh FOLDER KERNEL IMAGE GUIDE PROGRAM...: the host of ./dev vm-hybrid. Runs the
# cases of the list beside it, with the PROGRAMs in PATH, and writes to FOLDER/results
# what ../vm/guest/run.sh would.
set -eu
folder=$1 KERNEL=$2 IMAGE=$3 GUIDE=$4
shift 4
HERE=$(cd "$(dirname "$0")" && pwd)
export KERNEL IMAGE GUIDE HERE
mkdir -p "$folder"
. "$HERE/../cases.sh"
lab_open "$@"

# What the guests and the device have said lately.
logs() {
  lab_tail 12 "$LAB"/*/*.console "$LAB"/*/*.results "$LAB"/*/*.qemu "$LAB"/*/device.log
}

run_cases "$HERE/cases" "$folder/results" "$HERE"
