# What hvuv doctor says on both sides, of a device that works and of one without a
# driver.
# shellcheck shell=sh

# finds LINE...: each is in $said, with its spaces as one
finds() {
  echo "$said"
  for line in "$@"; do
    echo "$said" | tr -s ' ' | grep -qF "$line" || fail "wanted: $line"
  done
}

of_the_host() {
  M=$LAB/a
  said=$(hvuv doctor "hybrid://$M/vm.sock:5000") || fail "exit code $?: $said"
  finds "good connect" "good handshake A call was taken" "Nothing is bad"
  said=$(hvuv doctor "hybrid://$M/vm.sock:5999") && fail "a call to nobody: $said"
  finds "good connect" "bad handshake" "(ECONNREFUSED)"
  said=$(hvuv doctor "hybrid://$M/none.sock:5000") && fail "a call to nothing: $said"
  finds "bad connect" "(ENOENT)"
}

of_the_guest() {
  M=$LAB/a
  serve "$M/server" echo_server -1 "hybrid://$M/vm.sock:6000"
  said=$(guest 1 30 "./hvuv doctor vsock://host:6000") || fail "exit code $?: $said"
  end "$M/server.pid"
  finds "note CID 3:" "good its host" "good vmw_vsock_virtio_transport loaded" \
    "note itself" "good connect A call was taken"
}

without_a_driver() {
  M=$LAB/b
  driver=/sys/bus/virtio/drivers/vmw_vsock_virtio_transport
  # shellcheck disable=SC2016 # the guest's variables
  said=$(guest 1 30 'cd '$driver'; device=$(ls -d virtio*); echo $device >unbind; '\
'cd /guest; ./hvuv doctor; code=$?; echo $device >'$driver'/bind; exit $code') &&
    fail "not bad: $said"
  finds "bad device This VM has a vsock device, which no driver has taken" "1 bad"
}
