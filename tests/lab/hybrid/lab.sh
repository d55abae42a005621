# What the cases of ./dev vm-hybrid share; host.sh has set LAB (the temporary folder),
# GUIDE (docs/microvm.md), KERNEL and IMAGE, and put the programs into PATH.
#
# A machine folder M has what docs/microvm.md has in /run/vm: its commands are run with
# that path replaced. Beside it, NAME is 1 or 2, for a device's first or second guest:
#
#   device.pid, device.log    the device's process, what it says
#   NAME.pid, NAME.qemu       QEMU's process, what it says
#   NAME.console              what the guest's kernel says
#   NAME.in, NAME.results     what the guest is asked for, what it has said
#
# shellcheck shell=sh

. "$HERE/../cases.sh"

# --- The guide's commands ----------------------------------------------------

# guide NAME: the block of the guide that begins with ```sh NAME
guide() {
  awk -v name="$1" '
    $0 == "```sh " name { inside = 1; seen = 1; next }
    /^```$/ { inside = 0 }
    inside { print }
    END { exit !seen }' "$GUIDE" | sed "s|/run/vm|$M|g"
}

# --- A device and its guests -------------------------------------------------

# start_device BLOCK [COMMAND...]: as the guide's block says, by way of a command
start_device() {
  block=$1
  shift
  end "$M/device.pid"
  rm -f "$M"/*.sock
  "$@" sh -c "exec $(guide "$block")" >"$M/device.log" 2>&1 </dev/null &
  echo $! >"$M/device.pid"
  await 10 [ -S "$M/vhost.sock" ] || fail "the device did not start"
}

# start_machine NAME [SED]: boots a guest as the guide says, with the program SED over
# the guide's words
start_machine() {
  end "$M/$1.pid"
  rm -f "$M/$1".*
  mkfifo "$M/$1.in" "$M/$1.out"
  cat "$M/$1.out" >"$M/$1.results" &
  sh -c "exec $(guide qemu | sed "${2:-}") -accel tcg -cpu max -display none -vga none \
    -no-reboot -monitor none -nic none -serial file:$M/$1.console -serial pipe:$M/$1 \
    -kernel $KERNEL -initrd $IMAGE -append 'console=ttyS0 quiet panic=-1 oops=panic'" \
    >"$M/$1.qemu" 2>&1 </dev/null &
  echo $! >"$M/$1.pid"
}

# is_ready NAME: whether its servers listen
is_ready() {
  grep -q '^|=ready' "$M/$1.results"
}

await_ready() {
  await 60 is_ready "$1" || fail "guest $1 did not boot"
}

# guest NAME SECONDS COMMAND: a line for the guest's shell; shows what it says, and
# returns its code
guest() {
  is_ready "$1" || fail "guest $1 is not there"
  id=$$.$(date +%N)
  guest_results=$M/$1.results
  echo "$id $2 $3" >"$M/$1.in"
  await $(($2 + 10)) grep -q "^|=exit $id " "$guest_results" ||
    fail "guest $1 did not reply to: $3"
  # What was said since the last exit before this one.
  awk -v id="$id" '
    /^[|]=exit / && $2 == id { code = $3; exit }
    /^[|]=(exit|ready)/ { text = ""; next }
    /^[|][|]/ { text = text substr($0, 3) "\n" }
    END { printf "%s", text; exit code }' "$guest_results"
}

# splits_packets NAME: whether a guest's kernel sends packets above 32 KiB in pieces, as
# Linux does from 6.17 on; this device loses those (faults.sh)
splits_packets() {
  release=$(guest "$1" 10 "uname -r") || fail "guest $1 does not say what it runs"
  echo "$release" | awk -F '[.-]' '{ exit !($1 > 6 || $1 == 6 && $2 >= 17) }'
}

# needs_large_packets: leaves a case in which such a guest would lose bytes
needs_large_packets() {
  if splits_packets 1; then
    echo "Skipped: this guest's kernel sends large packets in pieces, and the device loses them"
    exit 77
  fi
}

# large: a size for bytes both ways that all guests send
large() {
  if splits_packets 1; then
    echo 16000
  else
    echo 1048576
  fi
}

# guest_fails_with NAME ERROR WORDS COMMAND
guest_fails_with() {
  code=0
  said=$(guest "$1" 30 "$4") || code=$?
  says "$2" "$3"
}
