#!/bin/sh
# kernel.sh FOLDER [SUITE]: gets a Debian's kernel for virtual machines and its
# modules into FOLDER, unpacked and not installed: FOLDER/vmlinuz and
# FOLDER/modules. Does nothing when they are there. SUITE is such as trixie; without it
# the kernel is this system's own. HVUV_VM_KERNEL names another package than the one that
# Debian's linux-image-cloud-amd64 stands for. From Debian 14 on that holds no files: it
# depends on one package with the kernel, in the folder of its modules, and on one with
# these.
set -eu
folder=$1 suite=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
meta=linux-image-cloud-amd64

die() {
  echo "kernel.sh: $1" >&2
  exit 1
}

# apt PROGRAM ARGUMENT...
apt() {
  if [ -n "$suite" ]; then
    suite_apt "$@"
  else
    "$@"
  fi
}

# The package of the newest kernel: what the metapackage depends on.
package() {
  apt apt-cache depends "$meta" 2>/dev/null |
    sed -n 's/^ *Depends: \(linux-image-[0-9]\)/\1/p' | head -n 1
}

# parts PACKAGE: what it is divided into, if it is
parts() {
  apt apt-cache depends "$1" | sed -n 's/^ *Depends: \(linux-\(binary\|modules\|base\)-[0-9]\)/\1/p'
}

download() {
  name=${HVUV_VM_KERNEL:-$(package)}
  # shellcheck disable=SC2046 # parts are words
  [ -n "$name" ] && (cd "$folder/package" && apt apt-get download "$name" $(parts "$name"))
}

update_lists() {
  if [ "$(id -u)" -eq 0 ]; then
    apt-get update
  else
    sudo -n apt-get update
  fi
}

if [ -f "$folder/vmlinuz" ]; then
  touch "$folder/vmlinuz"
  exit 0
fi
rm -rf "$folder"
mkdir -p "$folder/package"

if [ -n "$suite" ]; then
  . "$here/../../../third_party/suite.sh"
  suite_open "$folder/package" "$suite" || die "the kernel of Debian $suite cannot be had here"
fi

# Old lists name a kernel that is gone; a new machine has no lists.
download || {
  [ -z "$suite" ] && update_lists && download
} || die "apt has no $meta, or may not update its lists. That is Debian's name;
HVUV_VM_KERNEL may name another package with a kernel and its modules."
for file in "$folder"/package/*.deb; do
  dpkg-deb -x "$file" "$folder/package/tree"
done

# A flat folder of modules: their names are unique.
mkdir "$folder/modules"
find "$folder/package/tree" -name '*.ko*' -exec mv {} "$folder/modules/" \;
find "$folder/package/tree" -name modules.builtin -exec cat {} + |
  sed 's|.*/||; s|\.ko$||' | tr - _ >"$folder/modules/builtin"
vmlinuz=$(find "$folder/package/tree" -type f -name 'vmlinuz*')
[ -n "$vmlinuz" ] || die "there is no kernel in $name"
cp "$vmlinuz" "$folder/vmlinuz.new"
rm -rf "$folder/package"
echo "$name" >"$folder/name"
mv "$folder/vmlinuz.new" "$folder/vmlinuz"
