#!/bin/sh
# device.sh FOLDER: gets vhost-device-vsock, the hypervisor's side of a guest's AF_VSOCK
# as a process of its own, into FOLDER/vhost-device-vsock: Debian unstable's package, of
# the version below, which runs on Debian 12 as it is. Does nothing when it is there.
# HVUV_VHOST_DEVICE_VSOCK names a program to take instead, of any version.
set -eu
folder=$1
here=$(dirname "$0")
version=0.3.0-2

if [ -n "${HVUV_VHOST_DEVICE_VSOCK:-}" ]; then
  mkdir -p "$folder"
  cp "$HVUV_VHOST_DEVICE_VSOCK" "$folder/vhost-device-vsock"
  exit 0
fi
if [ "$(cat "$folder/version" 2>/dev/null)" = $version ]; then
  touch "$folder/vhost-device-vsock"
  exit 0
fi

# give_up REASON...
give_up() {
  printf 'device.sh: %s\n' "$@" \
    "Without it ./dev vm-hybrid cannot run. HVUV_VHOST_DEVICE_VSOCK may name the program:" \
    "\"cargo install vhost-device-vsock\" builds it." >&2
  exit 1
}

. "$here/../../../third_party/suite.sh"
rm -rf "$folder"
mkdir -p "$folder"
suite_open "$folder" unstable || give_up "vhost-device-vsock $version cannot be had here."
if ! (cd "$folder" && suite_apt apt-get download "vhost-device-vsock=$version"); then
  there=$(suite_apt apt-cache show vhost-device-vsock | sed -n 's/^Version: //p' | head -n 1)
  give_up "Debian unstable has vhost-device-vsock ${there:-no more}, and not the version $version" \
    "with which this was written. See whether all still holds with the new one, then change" \
    "the version in this file."
fi
dpkg-deb -x "$folder"/vhost-device-vsock_*.deb "$folder/tree"
mv "$folder/tree/usr/bin/vhost-device-vsock" "$folder/"
suite_close
rm -rf "$folder/tree" "$folder"/*.deb
echo $version >"$folder/version"
