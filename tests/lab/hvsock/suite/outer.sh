#!/bin/sh
# outer.sh: what the outer machine runs, where this machine has no KVM of its own: the host.
# Its first process takes it for ../vm/guest/run.sh.
cd /guest/programs || exit
exec sh /guest/hvsock/suite/host.sh /proc/self/fd/1 /guest/inner/vmlinuz /guest/inner/image \
  /guest/programs/*
