#!/bin/sh
# host.sh LIST RESULTS KERNEL IMAGE PROGRAM...: a host of ./dev vm-hvsock, on a machine that
# has KVM with SynIC. Runs the cases of that list beside it, with the PROGRAMs in PATH, and
# writes to RESULTS what ../vm/guest/run.sh would.
set -eu
list=$1 results=$2 KERNEL=$3 IMAGE=$4
shift 4
HERE=$(cd "$(dirname "$0")" && pwd)
export KERNEL IMAGE HERE
. "$HERE/../../cases.sh"
lab_open "$@"
mkdir "$LAB/m"

# What the guest and the monitor have said lately.
logs() {
  lab_tail 20 "$LAB"/m/vm.console "$LAB"/m/vm.log
}

run_cases "$HERE/$list" "$results" "$HERE"
