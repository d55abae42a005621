# The verb vm-ssh of ./dev, which sources this.
# shellcheck shell=sh

# vm_ssh [CTEST OPTIONS]: a Debian behind vhost-device-vsock
vm_ssh() {
  want_vm
  need_tests
  need sanitizers qemu busybox cpio xz python python-http pgrep mmdebstrap genext2fs resize2fs \
    sshd rsync curl qemu-img go go-vsock cargo rust-vsock
  configure vm -DHVUV_VM_SUITE=
  compile vm guest_image
  run_tests vm -L '^vm-ssh$' "$@"
}
