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
  folder=build/vm/tests/lab/hvsock/suite
  rm -f "$folder/results" "$folder/code"
  { run_tests vm -L '^vm-hvsock$' "$@" || echo $? >"$folder/code"; } |
    awk -v results="$folder/results" '
      # What the guest has said of its driver goes before the count.
      function show(  line, inside) {
        while ((getline line <results) > 0) {
          if (line ~ /^=case driver_binds/) inside = 1
          else if (line ~ /^=exit driver_binds/) break
          else if (inside && line ~ /[Vv]mbus|hv_sock|Hyper-V|ready/)
            print "    " substr(line, 2)
        }
      }
      NR > 1 { print last; fflush() }
      { last = $0 }
      END { show(); print last }'
  return "$(cat "$folder/code" 2>/dev/null || echo 0)"
}
