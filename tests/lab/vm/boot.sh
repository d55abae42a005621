#!/bin/sh
# boot.sh FOLDER KERNEL IMAGE SECONDS [QEMU OPTIONS]: runs a guest to its end, or
# to the deadline. FOLDER/console gets what the kernel says, FOLDER/results what
# the cases say (guest/run.sh). 0 if the guest came to its end by itself; else all
# of it is printed. APPEND is more of the kernel's command line.
set -eu
folder=$1 kernel=$2 image=$3 seconds=$4
shift 4

mkdir -p "$folder"
: >"$folder/console"
: >"$folder/results"
qemu-system-x86_64 -M q35 -accel tcg -cpu max -m 1024 -nographic -no-reboot \
  -monitor none -nic none -serial "file:$folder/console" \
  -serial "file:$folder/results" -kernel "$kernel" -initrd "$image" \
  -append "console=ttyS0 quiet panic=-1 oops=panic ${APPEND:-}" "$@" \
  >"$folder/qemu" 2>&1 </dev/null &
qemu=$!
trap 'kill -9 "$qemu" 2>/dev/null || true; wait' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

tenths=0
verdict="the guest ended early"
while kill -0 "$qemu" 2>/dev/null; do
  if [ "$tenths" -ge $((seconds * 10)) ]; then
    verdict="the guest hung and was ended after $seconds s"
    break
  fi
  tenths=$((tenths + 1))
  sleep 0.1
done

if grep -qx '=end' "$folder/results"; then
  echo "$(grep -c '^=exit' "$folder/results") cases ran in $((tenths / 10)) s"
  exit 0
fi
for part in qemu console results; do
  echo "--- $part"
  cat "$folder/$part"
done
echo "boot.sh: $verdict"
exit 1
