#!/bin/sh
# outer.sh IMAGE KERNEL INNER FILE...: packs the initramfs of a guest that is a host
# itself: image.sh's FILEs, QEMU with what it loads, the kernel again, and INNER,
# the other guest's initramfs.
set -eu
image=$1 kernel=$2 inner=$3
shift 3

# firmware NAME: where QEMU has it
firmware() {
  for folder in $(qemu-system-x86_64 -L help); do
    if [ -f "$folder/$1" ]; then
      echo "$folder/$1"
      return
    fi
  done
}

qemu=$(command -v qemu-system-x86_64)
set -- "$@" "$qemu=/usr/bin/qemu-system-x86_64" \
  "$inner=/guest/inner/image" "$kernel/vmlinuz=/guest/inner/vmlinuz"
for name in bios-256k.bin kvmvapic.bin linuxboot_dma.bin; do
  set -- "$@" "$(firmware $name)=/usr/share/qemu/$name"
done

# Software emulation may be a module of QEMU's, in its folder beside the libraries.
folder=${qemu%/bin/*}/lib
module=$(find "$folder" -name accel-tcg-x86_64.so 2>/dev/null | head -n 1)
[ -z "$module" ] || set -- "$@" "$module=$module"

exec sh "$(dirname "$0")/image.sh" "$image" "$kernel" \
  "vsock_loopback vhost_vsock" "$@"
