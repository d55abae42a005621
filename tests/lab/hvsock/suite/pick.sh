#!/bin/sh
# pick.sh LIST FOLDER SECONDS OUTER_KERNEL KERNEL PROGRAM...: runs a host of ./dev vm-hvsock
# with the cases of that list: on this machine, if its KVM has what a Hyper-V guest needs
# (hvsock_vm --probe), else in an emulated outer machine, whose image is FOLDER/outer. A
# /dev/kvm alone says little: there are some that are no KVM for guests, and lack the SynIC.
# FOLDER/LIST-host/results gets what the cases say. HVSOCK_WHERE=here or emulated decides
# instead.
set -eu
list=$1 folder=$2 seconds=$3 outer_kernel=$4 kernel=$5
shift 5
here=$(cd "$(dirname "$0")" && pwd)

# probe PROGRAM...: whether this machine will do; says what it lacks
probe() {
  for program in "$@"; do
    case $program in
      */hvsock_vm) break ;;
    esac
  done
  timeout 10 "$program" --probe
}

where=${HVSOCK_WHERE:-}
if [ -z "$where" ]; then
  where=emulated
  if said=$(probe "$@" 2>&1); then
    where=here
  fi
  echo "$said"
fi

if [ "$where" = here ]; then
  echo "The host is this machine, by its own KVM."
  mkdir -p "$folder/$list-host"
  exec timeout "$seconds" sh "$here/host.sh" "$list" "$folder/$list-host/results" \
    "$kernel" "$folder/image" "$@"
fi
echo "The host is an emulated machine: QEMU, without KVM."
# On a busy machine emulated timers are late, which is no reason for a panic.
export APPEND="mitigations=off no_timer_check hvsock_list=$list"
exec sh "$here/../../vm/boot.sh" "$folder/$list-host" "$outer_kernel" "$folder/outer" "$seconds" -m 2048
