#!/bin/sh
# root.sh IMAGE: makes the disk of a small Debian, of the release of this machine, with
# the packages that the file `packages` lists: a file system ext2 in the file IMAGE.
# Does nothing when IMAGE was made of the same list, release and script before. mmdebstrap
# makes it as root, or as a user who may make user namespaces, or with fakechroot.
set -eu
image=$1
here=$(cd "$(dirname "$0")" && pwd)

die() {
  echo "root.sh: $1" >&2
  exit 1
}

release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
packages=$(sed '/^#/d' "$here/packages" | paste -sd, -)
key=$(echo "$release" | cat - "$here/packages" "$0" | sha256sum | cut -d' ' -f1)
if [ -f "$image" ] && [ "$(cat "$image.key" 2>/dev/null)" = "$key" ]; then
  touch "$image"
  exit 0
fi
rm -f "$image" "$image.key"

# Where this machine's own packages come from, updates included.
sources() {
  # shellcheck disable=SC2016 # apt's names
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
    'Created-By: Packages' 'Origin: Debian' | grep -E " $release(-[a-z]+)? "
}
if [ -z "$(sources)" ]; then
  if [ "$(id -u)" -eq 0 ]; then apt-get update; else sudo -n apt-get update; fi
fi
[ -n "$(sources)" ] || die "apt has no packages of Debian's $release here"

sources | mmdebstrap --variant=minbase --format=ext2 --include="$packages" \
  --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  "$release" "$image.new" - || die "mmdebstrap failed"
megabytes=$(($(stat -c %s "$image.new") / 1000000))
echo "root.sh: $megabytes MB"
[ "$megabytes" -le 400 ] || die "the disk has grown above its bound of 400 MB"
# Room for files; blocks without bytes cost nothing.
truncate -s 800M "$image.new"
resize2fs "$image.new"
mv "$image.new" "$image"
echo "$key" >"$image.key"
