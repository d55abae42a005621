#!/bin/sh
# check.sh static|shared|embedded|meson SOURCE WORK
#
# Builds hvuv from SOURCE inside WORK as its users meet it and makes the consumer
# programs with it: installed as a static or a shared library, by CMake package and
# by pkg-config, after the installed tree has moved; as a subdirectory; or as a
# subproject of Meson's.
#
# For another system than this one, HVUV_CROSS_OPTIONS are what cmake needs for it
# and HVUV_CROSS_RUN is the command that runs its programs. libuv is built with hvuv
# then, and installed with it; pkg-config must not see this system's.
set -eu
kind=$1 source=$2 work=$3/$1
here=$source/tests/package
options=${HVUV_CROSS_OPTIONS:-}
emulator=${HVUV_CROSS_RUN:-}
exe=
if [ -n "$options" ]; then
  exe=.exe
  PKG_CONFIG_LIBDIR=$work/none
  export PKG_CONFIG_LIBDIR
fi

run() {
  if ! "$@" >"$work/log" 2>&1; then
    cat "$work/log"
    echo "consumer $kind: failed: $*"
    exit 1
  fi
}

rm -rf "$work"
mkdir -p "$work"
generator=
if command -v ninja >/dev/null; then
  generator=-GNinja
fi

# start PROGRAM
start() {
  # shellcheck disable=SC2086 # words
  run $emulator "$1$exe"
}

# embed FOLDER EXPECTED TARGETS [OPTIONS]: hvuv in a parent with these libuv targets
embed() {
  folder=$work/$1 expected=$2 targets=$3
  shift 3
  run cmake ${generator:+"$generator"} -S "$here/embedded" -B "$folder" \
    -DHVUV_SOURCE="$source" -DCMAKE_INSTALL_LIBDIR=lib \
    -DEXPECTED="$expected" "-DPARENT_TARGETS=$targets" "$@"
}

if [ "$kind" = embedded ]; then
  embed build uv uv
  run cmake --build "$work/build"
  start "$work/build/app/consumer"
  cat "$work/log"

  echo "consumer embedded: which libuv of a parent's several"
  embed chosen my_uv 'uv;my_uv' -DCHOSEN=my_uv
  embed static uv_a 'uv;uv_a'
  embed shared uv 'uv;uv_a' -DBUILD_SHARED_LIBS=ON

  echo "consumer embedded: a shared hvuv is installed with its parent"
  run cmake --build "$work/shared"
  run cmake --install "$work/shared" --prefix "$work/prefix"
  rm -rf "$work/shared"
  start "$work/prefix/bin/consumer"
  cat "$work/log"
  exit 0
fi

if [ "$kind" = meson ]; then
  if ! command -v meson >/dev/null; then
    echo "Skipped: no meson here"
    exit 77
  fi
  mkdir -p "$work/parent/subprojects/hvuv"
  cp "$here/meson/meson.build" "$here/installed/consumer.c" "$work/parent"
  cp -R "$source/CMakeLists.txt" "$source/include" "$source/src" \
    "$source/third_party" "$work/parent/subprojects/hvuv"
  run meson setup "$work/build" "$work/parent"
  run meson compile -C "$work/build"
  start "$work/build/consumer"
  cat "$work/log"
  exit 0
fi

shared=OFF
if [ "$kind" = shared ]; then
  shared=ON
fi
# shellcheck disable=SC2086 # words
run cmake ${generator:+"$generator"} -S "$source" -B "$work/hvuv" $options \
  -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=$shared \
  -DHVUV_BUILD_TESTS=OFF -DHVUV_BUILD_EXAMPLES=OFF
run cmake --build "$work/hvuv"
run cmake --install "$work/hvuv" --prefix "$work/installed"
mv "$work/installed" "$work/prefix"
prefix=$work/prefix

WINEPATH=$prefix/bin # where Wine looks for DLLs
export WINEPATH

echo "consumer $kind: by CMake package"
# shellcheck disable=SC2086 # words
run cmake ${generator:+"$generator"} -S "$here/installed" -B "$work/build" $options \
  -DCMAKE_PREFIX_PATH="$prefix" -DHVUV_WERROR="${HVUV_WERROR:-OFF}"
run cmake --build "$work/build"
if [ -z "$options" ] || [ -f "$work/build/consumer_cxx$exe" ]; then
  start "$work/build/consumer_cxx"
fi
start "$work/build/consumer"
cat "$work/log"

echo "consumer $kind: by pkg-config"
pc=$(find "$prefix" -name hvuv.pc)
libdir=$(dirname "$(dirname "$pc")")
PKG_CONFIG_PATH=$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
LD_LIBRARY_PATH=$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PKG_CONFIG_PATH LD_LIBRARY_PATH
run pkg-config --exists --print-errors hvuv
flags=$(pkg-config --cflags --libs hvuv)
# shellcheck disable=SC2086 # flags are words
run "${CC:-cc}" -o "$work/consumer$exe" "$here/installed/consumer.c" $flags
start "$work/consumer"
cat "$work/log"

if [ -f "$libdir/libhvuv.so" ]; then
  extra=$(nm -D --defined-only "$libdir/libhvuv.so" | awk '{ print $3 }' |
    grep -vE '^(hvuv_[a-z]|HVUV_)' || true)
  if [ -n "$extra" ]; then
    echo "consumer shared: the library exports names that are not its own:"
    echo "$extra"
    exit 1
  fi
fi
