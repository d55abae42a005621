# The verbs vm, vm-pair and vm-bench of ./dev, which sources this.
# shellcheck shell=sh

want_vm() {
  want_debian "the virtual machine is made of Debian's own packages: its cloud kernel,
busybox, libraries"
}

# run_in_vm LABEL IMAGE [CTEST OPTIONS]: the tests of a guest
run_in_vm() {
  label=$1
  image=$2
  shift 2
  want_vm
  need_tests
  need sanitizers qemu busybox cpio xz socat ncat python
  configure vm
  compile vm "$image"
  run_tests vm -L "^$label\$" "$@"
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
