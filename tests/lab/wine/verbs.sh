# The verbs wine and wine-heap of ./dev, which sources this.
# shellcheck shell=sh

# stop_wine: ends the servers of the two prefixes, and nothing else
stop_wine() {
  for prefix in "$WINEPREFIX" "$WINEPREFIX-slow"; do
    WINEPREFIX=$prefix wineserver -k >/dev/null 2>&1 || true
  done
}

# --- The Wine of another Debian ----------------------------------------------

# wine_root NAME: makes build/wine-NAME.root, a root of the matrix's table that holds
# its release's Wine, for $cpu's programs, and nothing to build with
wine_root() {
  want_debian "such a root is made of Debian's packages"
  [ "$(id -u)" -eq 0 ] || die "roots are made and entered by root only"
  row=$(grep "^$1 *root .* amd64" "$matrix_here/systems") ||
    die "no such root of this processor: $1; see $matrix_here/systems"
  mkdir -p "$matrix_folder"
  # shellcheck disable=SC2086 # columns are words
  set_system $row
  root=$PWD/build/wine-$name.root
  log=$PWD/build/wine-$name.log
  : >"$log"
  bootstrap ca-certificates || die "no root; see $log"
  add_wine wine-made 'wine wine64'
  # Debian's is one that runs programs for 32 bits by libraries for 32 bits.
  [ "$cpu" != i686 ] || add_wine wine32-made wine32:i386 'dpkg --add-architecture i386 &&'
}

# add_wine MADE PACKAGES [BEFORE]: installs them in $root, unless they are
add_wine() {
  [ ! -f "$root/$1" ] || return 0
  say "Installing $2 in build/wine-$name.root"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # shellcheck disable=SC2016 # the inner shell's
  quietly "$log" unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" \
    /usr/bin/env DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    sh -c "$3 apt-get update && apt-get install -y --no-install-recommends $2"' \
    sh "$root" "$2" "${3:-}"
  touch "$root/$1"
}

# enter_wine_root NAME heap|'' [CTEST OPTIONS]: runs this again where the root has this
# system's files too; what is mounted for that is seen by its programs only, and is gone
# when they are
enter_wine_root() {
  wine_root "$1"
  shift
  mkdir -p "$root$PWD" "$root/tmp"
  verb=wine
  [ "$1" != heap ] || verb=wine-heap
  shift
  HVUV_WINE_ROOT=$root HVUV_WINE_NAME=wine-$name
  [ "$cpu" = x86_64 ] || HVUV_WINE_NAME=wine-$name-$cpu
  export HVUV_WINE_ROOT HVUV_WINE_NAME HVUV_WINE_CPU=$cpu
  # shellcheck disable=SC2016 # the inner shell's
  exec unshare --mount sh -c 'root=$1 && shift &&
    mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
    mount --bind /tmp "$root/tmp" && mkdir -p "$root$PWD" &&
    mount --bind "$PWD" "$root$PWD" && exec ./dev "$@"' sh "$root" "$verb" "$@"
}

# --- Running -----------------------------------------------------------------

# run_under_wine heap|'' [--root NAME [--cpu i686]] [CTEST OPTIONS]
run_under_wine() {
  heap=$1 cpu=${HVUV_WINE_CPU:-x86_64}
  shift
  if [ "$(uname -m)" != x86_64 ]; then
    die "the tests are programs for x86-64, which Wine runs on such machines only"
  fi
  if [ "${1:-}" = --root ]; then
    root_name=${2:?"--root needs a name, such as trixie"}
    shift 2
    if [ "${1:-}" = --cpu ]; then
      cpu=${2:?"--cpu needs i686 or x86_64"}
      shift 2
    fi
    enter_wine_root "$root_name" "$heap" "$@"
  fi
  if [ -n "${HVUV_WINE_ROOT:-}" ]; then
    PATH=$PWD/tests/lab/wine/root:$PATH
    export PATH
  fi
  case $cpu in
    x86_64) preset=mingw ;;
    i686) preset=mingw-i686 && need mingw-i686 ;;
    *) die "Wine runs programs for x86_64 and i686" ;;
  esac
  need cmake ninja pkg-config mingw wine
  source_deps
  mkdir -p build/$preset

  # Wine's own server stays as long as the tests, however they end.
  WINEPREFIX=$PWD/build/${HVUV_WINE_NAME:-wine}
  export WINEPREFIX
  trap 'stop_wine' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  say "Starting $(wine --version 2>/dev/null) in build/${WINEPREFIX##*/}"
  quietly build/$preset/wine.log sh tests/lab/wine/prefix.sh "$WINEPREFIX" "$heap"

  set -- -j 2 "$@"
  if [ "$heap" = heap ]; then
    WINEDEBUG=-all,err+heap,warn+heap
    export WINEDEBUG
    # Wine 8 reports false positives where threads use the heap at the same time: a
    # program that only calls malloc() in six fails. So without tests that do, and
    # what is found must be found again. The whole heap is looked at each time, so
    # long conversations take minutes; there ./dev asan looks at the same code.
    without='_slow$|_sweep|_random$|test_transport_'
    without="$without|test_(sweep|faults|conversations|relay|relay_failures|many|hub)\$"
    without="$without|framing_splits|client_faults|random_walk|local_(part|proc)"
    without="$without|engine_loops|two_loops|hyperv_emulation|test_share(_afd)?\$|forward"
    set -- -LE '^consumer$' -E "$without" \
      --repeat until-pass:3 "$@"
  else
    set -- -LE '^wine-heap$' "$@"
  fi
  if [ -d build/deps/libuv ] && [ -d build/deps/cmocka ]; then
    build $preset -DFETCHCONTENT_SOURCE_DIR_LIBUV="$PWD/build/deps/libuv" \
      -DFETCHCONTENT_SOURCE_DIR_CMOCKA="$PWD/build/deps/cmocka"
  else
    build $preset
  fi
  run_tests $preset "$@"
}
