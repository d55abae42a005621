#!/bin/sh
# debian.sh FOLDER
#
# Puts the sources of libuv and cmocka into FOLDER/libuv and FOLDER/cmocka, for
# builds that no packaged library serves, such as those for Windows. They come
# from the source packages of Debian 12, fetched by apt from where this machine
# already gets its packages, so that nothing else need be reachable. They must
# have the checksums below.
#
# Neither root nor dpkg-dev is needed, and /etc/apt is only read: apt is given
# copies of its source lists, in which "deb" has become "deb-src".
#
# Ends with 3 if apt offers no such archive: not Debian 12, or no source packages.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd)
apt=$folder/apt
updated=

# --- apt with lists of our own -----------------------------------------------

source_lists() {
  rm -rf "$apt/sources"
  mkdir -p "$apt/sources" "$apt/lists/partial" "$apt/cache/archives/partial"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    name=hvuv-${file##*/}
    case $file in
      *.list) # deb [options] address suite component...
        [ ! -f "$file" ] || sed -n 's/^[[:blank:]]*deb[[:blank:]]/deb-src /p' \
          "$file" >"$apt/sources/$name"
        ;;
      *.sources) # fields; the continuation of one begins with a blank
        [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' \
          "$file" >"$apt/sources/$name"
        ;;
    esac
  done
}

apt_get() {
  apt-get -qq -o Dir::Etc::SourceList=/dev/null \
    -o Dir::Etc::SourceParts="$apt/sources" \
    -o Dir::State::Lists="$apt/lists" \
    -o Dir::Cache="$apt/cache" \
    -o APT::Sandbox::User=root "$@"
}

# fetch PACKAGE
fetch() {
  if [ -z "$updated" ]; then
    source_lists
    # A foreign archive without source packages fails this, and is not asked for.
    apt_get update || echo "apt-get update failed for some archive; going on"
    updated=yes
  fi
  (cd "$folder" && apt_get source --download-only "$1")
}

# --- A pinned source ---------------------------------------------------------

# has_sum FILE SHA256
has_sum() {
  [ -f "$1" ] && [ "$(cmake -E sha256sum "$1" | cut -d ' ' -f 1)" = "$2" ]
}

# unpack NAME ARCHIVE SHA256: NAME.unpacked is written when NAME is complete
unpack() {
  rm -rf "${folder:?}/$1" "$folder/$1.unpacked" "$folder/new"
  mkdir "$folder/new"
  (cd "$folder/new" && cmake -E tar xf "$folder/$2")
  mv "$folder"/new/* "$folder/$1"
  rmdir "$folder/new"
  echo "$3" >"$folder/$1.unpacked"
}

# provide NAME PACKAGE ARCHIVE SHA256
provide() {
  if [ "$(cat "$folder/$1.unpacked" 2>/dev/null)" = "$4" ]; then
    return
  fi
  if ! has_sum "$folder/$3" "$4"; then
    rm -f "$folder/$3"
    if ! fetch "$2" || [ ! -f "$folder/$3" ]; then
      echo "apt offers no $3 here"
      exit 3
    fi
    if ! has_sum "$folder/$3" "$4"; then
      echo "$3 from apt has not the SHA-256 $4"
      exit 1
    fi
  fi
  unpack "$1" "$3" "$4"
}

provide libuv libuv1 libuv1_1.44.2.orig.tar.gz \
  d79b4b06ef04be85fb890bf39d55942cc64c2e15fd14eaa32dae5dce94485484
provide cmocka cmocka cmocka_1.1.5.orig.tar.xz \
  f0ccd8242d55e2fd74b16ba518359151f6f8383ff8aef4976e48393f77bba8b6
# The lists are large and soon old.
rm -rf "$apt"
