# What a MiB costs, by count: the monitor's own counters, before and after.
# shellcheck shell=sh

# looks: how often the counters have been printed; this is the last of those used here
looks() {
  grep -c ' bytes to the guest$' "$M/vm.log" || true
}

has_looked() {
  [ "$(looks)" -gt "$1" ]
}

# look: has the monitor print its counters
look() {
  seen=$(looks)
  host counters
  await 10 has_looked "$seen" || fail "no counters"
}

# counter WORDS: the last that was printed
counter() {
  sed -n "s/^hvsock_vm *[0-9.]*: \([0-9]*\) $1\$/\1/p" "$M/vm.log" | tail -n 1
}

mebibytes=4

# count VERB: bytes of bulk.c between the host and the guest
count() {
  look
  packets_up=$(counter 'packets from the guest')
  packets_down=$(counter 'packets to the guest')
  up=$(counter 'signals from the guest')
  down=$(counter 'signals to the guest')
  bulk "$1" $((mebibytes * 1048576)) "$vm:$BULK" >/dev/null || fail "bulk $1"
  look
  packets_up=$((($(counter 'packets from the guest') - packets_up) / mebibytes))
  packets_down=$((($(counter 'packets to the guest') - packets_down) / mebibytes))
  up=$((($(counter 'signals from the guest') - up) / mebibytes))
  down=$((($(counter 'signals to the guest') - down) / mebibytes))
  echo "$1, a MiB: $packets_up packets and $up signals from the guest, $packets_down and $down to it"
}

# The guest's packets have at most 4,088 bytes, the host's 16,384.
a_mebibyte_is_counted() {
  bulk get 1 "$vm:$BULK" >/dev/null # a counter that is 0 would not be printed
  count put
  [ "$packets_down" -ge 64 ] || fail "packets above 16 KiB"
  count get
  [ "$packets_up" -ge 256 ] || fail "packets above 4,088 bytes"
}
