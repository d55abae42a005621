# The verb vm-hvsock of ./dev, which sources this.
# shellcheck shell=sh

# vm_hvsock [--kernel SUITE] [CTEST OPTIONS]: a guest of Hyper-V sockets, with the kernel of
# that Debian or with this system's
vm_hvsock() {
  suite=
  if [ "${1:-}" = --kernel ]; then
    suite=${2:?"--kernel needs the name of a Debian, such as trixie"}
    shift 2
  fi
  want_vm
  need_tests
  need sanitizers qemu busybox cpio xz iasl
  configure vm "-DHVUV_VM_SUITE=$suite" -DHVUV_TEST_HVSOCK=ON
  compile vm vm_hvsock_image
  hvsock_folder=build/vm/tests/lab/hvsock/suite
  rm -rf "$hvsock_folder"/*-host "$hvsock_folder/code"
  { run_tests vm -L '^vm-hvsock$' "$@" || echo $? >"$hvsock_folder/code"; } |
    tee "$hvsock_folder/tests"
  say "What the guest has said of its driver"
  sed -n '/^=case driver_binds/,/^=exit driver_binds/s/^|\(.*\(Hyper-V\|[Vv]mbus\|hv_sock\|=ready\).*\)/    \1/p' \
    "$hvsock_folder/cases-host/results"
  tail -n 1 "$hvsock_folder/tests"
  return "$(cat "$hvsock_folder/code" 2>/dev/null || echo 0)"
}
