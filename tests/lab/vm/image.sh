#!/bin/sh
# image.sh IMAGE KERNEL MODULES FILE...: packs an initramfs of busybox, the named
# modules of the folder KERNEL with those that they need, and each FILE with the
# libraries that it links. A FILE goes to /guest under its own name; FILE=PATH
# goes to PATH. /init is guest/init. MODULES is one word each.
set -eu
image=$1 kernel=$2 modules=$3
shift 3
here=$(dirname "$0")

tree=$image.tree
rm -rf "$tree"
mkdir -p "$tree/bin" "$tree/dev" "$tree/proc" "$tree/sys" "$tree/tmp" \
  "$tree/modules" "$tree/guest"
cp "$(command -v busybox)" "$tree/bin/busybox"
cp "$here/guest/init" "$tree/init"

# In the order in which they can be loaded, each once; a newer kernel may have in it what
# an older one loads.
add_module() {
  if grep -qx "$1.ko" "$tree/modules/order" ||
    grep -qxs "$(echo "$1" | tr - _)" "$kernel/modules/builtin"; then
    return
  fi
  for file in "$kernel/modules/$1".ko*; do
    break
  done
  case $file in
    *.xz) xz -dc "$file" ;;
    *.zst) zstd -dcq "$file" ;;
    *) cat "$file" ;;
  esac >"$tree/modules/$1.ko"
  for needed in $(tr '\0' '\n' <"$tree/modules/$1.ko" |
    sed -n 's/^depends=//p' | tr ',' ' '); do
    add_module "$(find_module "$needed")"
  done
  echo "$1.ko" >>"$tree/modules/order"
}

# A module's file is written with - or _, and depends= does not say which.
find_module() {
  if [ -n "$(find "$kernel/modules" -name "$1.ko*")" ]; then
    echo "$1"
  else
    echo "$1" | tr _ -
  fi
}

add_file() {
  file=${1%%=*}
  place=${1#*=}
  [ "$place" != "$1" ] || place=/guest/${file##*/}
  mkdir -p "$tree${place%/*}"
  cp -RL "$file" "$tree$place"
  add_libraries "$file"
}

# What ldd says of a program; nothing for a script or a static one.
add_libraries() {
  ldd "$1" 2>/dev/null |
    sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' |
    while read -r library; do
      if [ ! -e "$tree$library" ]; then
        mkdir -p "$tree${library%/*}"
        cp -L "$library" "$tree$library"
      fi
    done
}

: >"$tree/modules/order"
for module in $modules; do
  add_module "$module"
done
for file in "$@"; do
  add_file "$file"
done
chmod +x "$tree/init"

# The same files are the same image, of whatever day and owner. Little compression:
# software emulation unpacks slowly.
find "$tree" -exec touch -h -d @0 {} +
(cd "$tree" && find . | LC_ALL=C sort |
  cpio -o -H newc --quiet --reproducible -R 0:0) | gzip -1n >"$image.new"
mv "$image.new" "$image"
rm -rf "$tree"
