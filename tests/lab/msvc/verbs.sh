# The verbs msvc-check and windows-build of ./dev, which sources this.
# shellcheck shell=sh

# configure_for_windows PRESET [CMAKE OPTIONS]: with libuv and cmocka from source
configure_for_windows() {
  source_deps
  if [ -d build/deps/libuv ] && [ -d build/deps/cmocka ]; then
    configure "$@" -DFETCHCONTENT_SOURCE_DIR_LIBUV="$PWD/build/deps/libuv" \
      -DFETCHCONTENT_SOURCE_DIR_CMOCKA="$PWD/build/deps/cmocka"
  else
    configure "$@"
  fi
}

# msvc_check: every unit of a build for Windows, as clang takes MSVC's C
msvc_check() {
  need cmake ninja pkg-config mingw clang
  configure_for_windows mingw
  say "Showing each unit to clang as for MSVC"
  sh tests/lab/msvc/check.sh build/mingw
}

# windows_build PROCESSOR [CMAKE OPTIONS]: a build and no tests
windows_build() {
  need cmake ninja pkg-config
  case ${1:-} in
    x86_64) preset=mingw && need mingw ;;
    i686) preset=mingw-i686 && need mingw-i686 ;;
    aarch64)
      preset=mingw-aarch64
      command -v zig >/dev/null 2>&1 ||
        die "zig is not in PATH: Debian has neither a compiler nor libraries of mingw-w64
for aarch64, and Zig brings both"
      ;;
    *) die "windows-build takes x86_64, i686 or aarch64" ;;
  esac
  shift
  configure_for_windows "$preset" "$@"
  compile "$preset"
  say "Programs are in build/$preset/examples and build/$preset/tools. None was run here"
}
