#!/bin/sh
# outer.sh: what an outer machine runs, where this machine has no KVM of its own: a host,
# with the list of cases that its kernel's command line names. Its first process takes this
# for ../vm/guest/run.sh.
cd /guest/programs || exit
list=$(sed -n 's/.*hvsock_list=\([a-z]*\).*/\1/p' /proc/cmdline)
exec sh /guest/hvsock/suite/host.sh "$list" /proc/self/fd/1 /guest/inner/vmlinuz /guest/inner/image \
  /guest/programs/*
