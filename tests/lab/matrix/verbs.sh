# The verb matrix of ./dev, which sources this: builds and tests hvuv on each of the
# systems that the table beside this file names. All that is made lies in build/matrix,
# and is used again the next time.
# shellcheck shell=sh

matrix_here=tests/lab/matrix
matrix_folder=$PWD/build/matrix

# What a root holds, and what a foreign processor's libraries are.
matrix_build_packages=gcc,g++,cmake,ninja-build,pkg-config,libuv1-dev,libcmocka-dev,libsodium-dev
matrix_libraries=libc6-dev,libuv1-dev,libcmocka-dev

# matrix [NAME...]: all of them, if none is named
matrix() {
  want_debian "the systems of the matrix are made of Debian's packages"
  [ "$(id -u)" -eq 0 ] || die "roots are made and entered by root only"
  matrix_all=$(sed -n 's/^\([a-z0-9]*\) .*/\1/p' "$matrix_here/systems")
  # shellcheck disable=SC2086 # names are words
  [ $# -gt 0 ] || set -- $matrix_all
  need_tests
  mkdir -p "$matrix_folder"
  : >"$matrix_folder/table"

  for name in "$@"; do
    row=$(grep "^$name " "$matrix_here/systems") || die "no such system: $name"
    # shellcheck disable=SC2086 # columns are words
    set_system $row
    begin=$(date +%s)
    # A function that fails in a condition goes on, so each runs in a shell of its own.
    ("test_$kind") </dev/null || true
    matrix_failures
    matrix_row "$(($(date +%s) - begin))" >>"$matrix_folder/table"
  done
  matrix_end
}

# set_system NAME KIND SUITE ARCH [TRIPLET QEMU]
set_system() {
  name=$1 kind=$2 suite=$3 arch=$4 triplet=${5:-} qemu=${6:-}
  root=$matrix_folder/$name.root
  log=$matrix_folder/$name.log
  : >"$log"
}

# matrix_failures: says what the log has of a system that did not get to its tests, or
# of those that failed
matrix_failures() {
  if ! tail -n 1 "$log" | grep -q '^[0-9]* passed, '; then
    say "$name did not get to its tests; build/matrix/$name.log ends with"
    tail -n 20 "$log"
  elif ! tail -n 1 "$log" | grep -q ' 0 failed, '; then
    say "Of build/matrix/$name.log"
    awk '/ Test +#[0-9]+: / { shown = /\*\*\*/ && !/\*\*\*(Skipped|Not Run)/ }
      /^ +Start +[0-9]+: / { next }
      shown' "$log"
  fi
}

# matrix_row SECONDS: NAME, versions, counts, from the log
matrix_row() {
  awk -v name="$name" -v seconds="$1" '
    /^version / { version[$2] = $3 }
    { last = $0 }
    function of(what) { return what in version ? version[what] : "-" }
    END {
      if (last !~ /^[0-9]+ passed, /) last = "0 passed, 1 failed, 0 skipped"
      split(last, n, /[ ,]+/)
      printf "%-9s %-10s %-8s %-8s %-8s %6d %6d %7d %5d s\n", name,
        of("compiler"), of("cmake"), of("libuv"), of("cmocka"),
        n[1], n[3], n[5], seconds
    }' "$log"
}

matrix_end() {
  echo
  printf '%-9s %-10s %-8s %-8s %-8s %6s %6s %7s\n' system compiler cmake libuv cmocka \
    passed failed skipped
  cat "$matrix_folder/table"
  awk '
    { passed += $6; failed += $7; skipped += $8 }
    END {
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
      exit failed > 0
    }' "$matrix_folder/table"
}

# --- A root ------------------------------------------------------------------

# Where this system's own packages come from, as apt has it.
mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Origin: Debian' 'Label: Debian' | head -n 1
}

# bootstrap PACKAGES [OPTIONS]: makes $root of the suite, unless it is there
bootstrap() {
  included=$1
  shift
  [ ! -f "$root/made" ] || return 0
  need debootstrap
  say "Making ${root#"$PWD"/} of Debian $suite, $arch"
  rm -rf "$root"
  if ! debootstrap --variant=minbase --arch="$arch" --include="$included" "$@" \
    "$suite" "$root" "${HVUV_MATRIX_MIRROR:-$(mirror)}" >>"$log" 2>&1; then
    tail -n 20 "$log"
    return 1
  fi
  touch "$root/made"
}

# The tree is copied into it; what it needs of /proc is seen by its programs only.
test_root() {
  bootstrap $matrix_build_packages || return
  rm -rf "$root/hvuv"
  mkdir -p "$root/hvuv"
  cp -R CMakeLists.txt docs examples include src tests third_party tools README.md \
    "$root/hvuv"
  say "Building and testing on $name; see build/matrix/$name.log"
  # shellcheck disable=SC2016 # the inner shell's
  unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec $2 chroot "$1" \
    /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp \
    sh /hvuv/tests/lab/matrix/inside.sh' sh "$root" "$(personality)" >>"$log" 2>&1
}

personality() {
  [ "$arch" != i386 ] || echo setarch i686
}

# --- Another processor -------------------------------------------------------

test_cross() {
  bootstrap $matrix_libraries --foreign || return
  if [ ! -f "$root/unpacked" ]; then
    for file in "$root"/var/cache/apt/archives/*.deb; do
      dpkg-deb -x "$file" "$root" >>"$log" 2>&1
    done
    touch "$root/unpacked"
  fi
  is_there "$triplet-gcc" || install_packages "gcc-$triplet"
  is_there "$qemu" || install_packages qemu-user
  say "Building for $name and testing with $qemu; see build/matrix/$name.log"
  # qemu-user starts no other program of that processor, but for tests that start
  # themselves through it, and is too slow for relays that are held against a clock.
  HVUV_MATRIX_ROOT=$root HVUV_MATRIX_TRIPLET=$triplet HVUV_MATRIX_QEMU=$qemu \
    HVUV_MATRIX_PC=$root/usr/lib/$triplet/pkgconfig \
    HVUV_TEST_EMULATOR=$qemu QEMU_LD_PREFIX=$root \
    sh $matrix_here/build.sh "$matrix_folder/$name.build" "$triplet-gcc" \
    'unit|stream|transport' '^test_relay(_failures)?$' \
    -DCMAKE_TOOLCHAIN_FILE="$PWD/$matrix_here/cross.cmake" >>"$log" 2>&1
}

# --- Another libc ------------------------------------------------------------

# Headers of the kernel are those of this system, behind musl's own.
test_musl() {
  is_there musl-gcc || install_packages musl-tools
  source_deps # libuv and cmocka as sources
  say "Building with musl and testing; see build/matrix/$name.log"
  sh $matrix_here/build.sh "$matrix_folder/$name.build" musl-gcc \
    'unit|stream|transport|example' '' \
    -DCMAKE_C_COMPILER=musl-gcc -DCMAKE_EXE_LINKER_FLAGS=-static \
    "-DCMAKE_C_FLAGS=-idirafter /usr/include -idirafter /usr/include/$(uname -m)-linux-gnu" \
    -DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON -DHVUV_DOWNLOAD_DEPS=ON \
    -DFETCHCONTENT_SOURCE_DIR_LIBUV="$PWD/build/deps/libuv" \
    -DFETCHCONTENT_SOURCE_DIR_CMOCKA="$PWD/build/deps/cmocka" >>"$log" 2>&1
}
