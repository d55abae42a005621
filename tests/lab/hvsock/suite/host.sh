#!/bin/sh
# host.sh RESULTS KERNEL IMAGE PROGRAM...: the host of ./dev vm-hvsock, on a machine that
# has KVM with SynIC. Runs the cases of the list beside it, with the PROGRAMs in PATH, and
# writes to RESULTS what ../vm/guest/run.sh would. Sockets and what the processes say are
# in a temporary folder with a short name: a Unix socket's path has 107 bytes. It ends the
# processes that it has started, by their ids.
set -eu
results=$1 KERNEL=$2 IMAGE=$3
shift 3
HERE=$(cd "$(dirname "$0")" && pwd)
LAB=$(mktemp -d /tmp/hv.XXXXXX)
export KERNEL IMAGE HERE LAB
mkdir -p "$LAB/bin" "$LAB/m"
for program in "$@"; do
  ln -s "$program" "$LAB/bin/${program##*/}"
done
export PATH="$LAB/bin:$PATH"
. "$HERE/lab.sh"

clean_up() {
  for file in "$M"/*.pid; do
    (end "$file") || true
  done
  rm -rf "$LAB"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# What the guest and the monitor have said lately.
logs() {
  for file in "$M/vm.console" "$M/vm.log"; do
    if [ -s "$file" ]; then
      echo "--- ${file##*/}"
      tail -n 20 "$file" | cut -c 1-400
    fi
  done
}

run_cases "$HERE/cases" "$results" "$HERE"
