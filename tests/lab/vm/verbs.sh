# The verbs vm, vm-pair, vm-hybrid, vm-kernels and vm-bench of ./dev, which sources this.
# shellcheck shell=sh

want_vm() {
  want_debian "the virtual machine is made of Debian's own packages: its cloud kernel,
busybox, libraries"
}

# run_in_vm LABEL IMAGE [--kernel SUITE] [CTEST OPTIONS]: the tests of a guest, with
# the kernel of that Debian or with this system's
run_in_vm() {
  label=$1
  image=$2
  shift 2
  suite=
  if [ "${1:-}" = --kernel ]; then
    suite=${2:?"--kernel needs the name of a Debian, such as trixie"}
    shift 2
  fi
  want_vm
  need_tests
  need sanitizers qemu busybox cpio xz socat ncat python
  configure vm "-DHVUV_VM_SUITE=$suite"
  compile vm "$image"
  run_tests vm -L "^$label\$" "$@"
}

# vm_kernels [CTEST OPTIONS]: ./dev vm with the kernels of Debian 12, 13 and unstable.
# Each is a shell of its own, since a verb ends where it fails.
vm_kernels() {
  mkdir -p build/vm
  : >build/vm/kernels
  for suite in bookworm trixie unstable; do
    say "The kernel of Debian $suite"
    ./dev vm --kernel "$suite" "$@" 2>&1 </dev/null | tee build/vm/kernels.log || true
    counts=$(tail -n 1 build/vm/kernels.log)
    case $counts in
      *' passed, '*) ;;
      *) counts='0 passed, 1 failed, 0 skipped' ;;
    esac
    printf '%-10s %-36s %s\n' "$suite" \
      "$(cat "build/vm/tests/lab/vm/kernel-$suite/name" 2>/dev/null)" "$counts" \
      >>build/vm/kernels
  done
  echo
  cat build/vm/kernels
  awk '{
      for (i = 2; i < NF; i++) {
        if ($(i + 1) == "passed,") passed += $i
        if ($(i + 1) == "failed,") failed += $i
        if ($(i + 1) == "skipped") skipped += $i
      }
    }
    END {
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
      exit failed > 0
    }' build/vm/kernels
}

# bench_in_vm [ARGUMENTS]: the benchmark in a guest that counts instructions. The
# kernel is the one of the tests' guest.
bench_in_vm() {
  want_vm
  need_build
  need qemu busybox cpio xz
  build vm-bench
  sh tests/lab/vm/bench.sh build/vm-bench/tests/bench/bench build/vm-bench \
    build/vm/tests/lab/vm/kernel "$@"
}
