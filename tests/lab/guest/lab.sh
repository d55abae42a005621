#!/bin/sh
# lab.sh start|stop FOLDER: the guest, behind vhost-device-vsock, in FOLDER. What it is
# made of is in FOLDER/settings:
#
#   KERNEL INITRD DISK DEVICE   files
#   SECONDS_TO_BOOT             after which it is given up
#   SECONDS_TO_LIVE             after which it is ended, whoever forgets it
#
# In FOLDER are then
#
#   vm.sock       connects to the guest: hybrid://FOLDER/vm.sock:PORT
#   vm.sock_PORT  what the guest's connects to CID 2 want to find
#   console       what the kernel and systemd's journal say
#   qemu.pid, device.pid, watch.pid
#
# Paths of Unix sockets are short, so vm.sock lies in a private folder of the temporary
# directory, and FOLDER/sockets is a link to it.
set -eu
verb=$1 folder=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$folder/settings"
. "$here/control.sh"

say() {
  printf '%s\n' "$*"
}

# runs PID: nobody may come to fetch the exit code of one that was left to the system
runs() {
  state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
  [ -n "$state" ] && [ "$state" != Z ]
}

# alive NAME: whether the process of NAME.pid runs
alive() {
  [ -f "$folder/$1.pid" ] && runs "$(cat "$folder/$1.pid")"
}

# end NAME: ends it and waits until it is gone
end() {
  alive "$1" || return 0
  pid=$(cat "$folder/$1.pid")
  kill -9 "$pid" 2>/dev/null || true
  n=0
  while runs "$pid" && [ "$n" -lt 100 ]; do
    n=$((n + 1))
    sleep 0.05
  done
  rm -f "$folder/$1.pid"
}

stop() {
  close_control
  end watch
  end qemu
  end device
}

start_device() {
  rm -f "$sockets"/*.sock "$sockets"/vm.sock
  "$DEVICE" --vm "guest-cid=3,socket=$sockets/device.sock,uds-path=$sockets/vm.sock" \
    >"$folder/device.log" 2>&1 </dev/null &
  echo $! >"$folder/device.pid"
  n=0
  until [ -S "$sockets/device.sock" ]; do
    n=$((n + 1))
    if ! alive device || [ "$n" -ge 200 ]; then
      cat "$folder/device.log"
      return 1
    fi
    sleep 0.05
  done
}

start_qemu() {
  qemu-system-x86_64 -M q35 -accel tcg,thread=multi -smp 2 -cpu max -m 768 \
    -object memory-backend-memfd,id=memory,size=768M,share=on \
    -machine memory-backend=memory -nographic -no-reboot -monitor none -nic none \
    -vga none -serial "file:$folder/console" \
    -chardev "socket,id=device,path=$sockets/device.sock" \
    -device vhost-user-vsock-pci,chardev=device -device virtio-rng-pci \
    -drive "file=$DISK,if=virtio,format=raw,snapshot=on" \
    -kernel "$KERNEL" -initrd "$INITRD" -append "console=ttyS0 quiet panic=-1 \
oops=panic mitigations=off systemd.show_status=0 systemd.journald.forward_to_console=1 \
systemd.mask=serial-getty@ttyS0.service systemd.mask=systemd-update-utmp.service \
systemd.mask=e2scrub_reap.service systemd.mask=apt-daily.timer" \
    >"$folder/qemu.log" 2>&1 </dev/null &
  echo $! >"$folder/qemu.pid"
}

# Whoever started the guest may die before it says stop.
start_watch() {
  sh -c 'n=0
    while kill -0 "$1" 2>/dev/null && [ "$n" -lt "$3" ]; do n=$((n + 1)); sleep 1; done
    kill -9 "$1" "$2" 2>/dev/null' watch "$(cat "$folder/qemu.pid")" \
    "$(cat "$folder/device.pid")" "$SECONDS_TO_LIVE" >/dev/null 2>&1 </dev/null &
  echo $! >"$folder/watch.pid"
}

# The guest's sshd says its version to whoever comes.
wait_for_ssh() {
  n=0
  until timeout 5 "$HVCAT" "hybrid://$sockets/vm.sock:22" </dev/null 2>/dev/null |
    grep -q '^SSH-2'; do
    n=$((n + 1))
    if ! alive qemu || [ "$(($(date +%s) - begin))" -gt "$SECONDS_TO_BOOT" ]; then
      say "no SSH after $(($(date +%s) - begin)) s"
      return 1
    fi
    sleep 0.2
  done
}

start() {
  stop
  if [ ! -d "$folder/sockets/" ]; then
    rm -f "$folder/sockets"
    ln -s "$(mktemp -d)" "$folder/sockets"
  fi
  sockets=$(readlink "$folder/sockets")
  : >"$folder/console"
  begin=$(date +%s)
  start_device
  start_qemu
  start_watch
  if ! wait_for_ssh; then
    for log in device.log qemu.log console; do
      say "--- $log"
      cat "$folder/$log"
    done
    stop
    return 1
  fi
  open_control
  say "the guest answers SSH after $(($(date +%s) - begin)) s"
}

case $verb in
  start) start ;;
  stop)
    stop
    if [ -L "$folder/sockets" ]; then
      rm -rf "$(readlink "$folder/sockets")" "$folder/sockets"
    fi
    ;;
esac
