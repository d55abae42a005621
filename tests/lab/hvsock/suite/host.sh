#!/bin/sh
# host.sh RESULTS KERNEL IMAGE PROGRAM...: the host of ./dev vm-hvsock, on a machine that
# has KVM with SynIC. Runs the cases of the list beside it, with the PROGRAMs in PATH, and
# writes to RESULTS what ../vm/guest/run.sh would.
set -eu
results=$1 KERNEL=$2 IMAGE=$3
shift 3
HERE=$(cd "$(dirname "$0")" && pwd)
export KERNEL IMAGE HERE
. "$HERE/../../cases.sh"
lab_open "$@"
mkdir "$LAB/m"

# What the guest and the monitor have said lately.
logs() {
  lab_tail 20 "$LAB"/m/vm.console "$LAB"/m/vm.log
}

run_cases "$HERE/cases" "$results" "$HERE"
