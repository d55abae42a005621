# The verbs wine and wine-heap of ./dev, which sources this.
# shellcheck shell=sh

# stop_wine: ends the servers of the two prefixes, and nothing else
stop_wine() {
  for prefix in build/wine build/wine-slow; do
    WINEPREFIX=$PWD/$prefix wineserver -k >/dev/null 2>&1 || true
  done
}

# run_under_wine heap|'' [CTEST OPTIONS]
run_under_wine() {
  heap=$1
  shift
  if [ "$(uname -m)" != x86_64 ]; then
    die "the tests are programs for x86-64, which Wine runs on such machines only"
  fi
  need cmake ninja pkg-config mingw wine
  source_deps
  mkdir -p build/mingw

  # Wine's own server stays as long as the tests, however they end.
  WINEPREFIX=$PWD/build/wine
  export WINEPREFIX
  trap 'stop_wine' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  say "Starting Wine in build/wine"
  quietly build/mingw/wine.log sh tests/lab/wine/prefix.sh "$WINEPREFIX" "$heap"

  set -- -j 2 "$@"
  if [ "$heap" = heap ]; then
    WINEDEBUG=-all,err+heap,warn+heap
    export WINEDEBUG
    # Wine 8 reports false positives where threads use the heap at the same time: a
    # program that only calls malloc() in six fails. So without tests that do, and
    # what is found must be found again. The whole heap is looked at each time, so
    # long conversations take minutes; there ./dev asan looks at the same code.
    set -- -LE '^consumer$' \
      -E '_slow$|engine_loops|hyperv_emulation|test_many|test_hub|test_transport_.*(adopted|vsock|afd)|_random$|test_conversations|test_relay_failures|test_sweep' \
      --repeat until-pass:3 "$@"
  else
    set -- -LE '^wine-heap$' "$@"
  fi
  if [ -d build/deps/libuv ] && [ -d build/deps/cmocka ]; then
    build mingw -DFETCHCONTENT_SOURCE_DIR_LIBUV="$PWD/build/deps/libuv" \
      -DFETCHCONTENT_SOURCE_DIR_CMOCKA="$PWD/build/deps/cmocka"
  else
    build mingw
  fi
  run_tests mingw "$@"
}
