#!/bin/sh
# bench.sh OPTIONS: runs `bench guest` where nothing but what is measured decides
# who runs when. Else a task that is woken may take the processor at once, and
# whether it does hangs on how long others have run: then the same message costs
# now so much and now three in a hundred more.
mount -t debugfs none /sys/kernel/debug
if ! echo NO_WAKEUP_PREEMPTION >/sys/kernel/debug/sched/features; then
  echo "bench.sh: this kernel's scheduler cannot be told what to do; one with"
  echo "CONFIG_SCHED_DEBUG is needed, such as Debian's"
  exit 1
fi
exec ./bench guest "$@"
