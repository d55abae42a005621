#!/bin/sh
# prefix.sh PREFIX [heap]
#
# Makes a Wine prefix, unless it is there, and a second one beside it, PREFIX-slow
# (see run.sh), and starts a wineserver for each that stays, so that programs that
# are started together need not race to start one.
# With heap, programs have their heap checked: what overruns a block, writes to a
# freed one or frees it twice is told on stderr in lines with ":heap:", if
# WINEDEBUG also has err+heap,warn+heap (./dev wine-heap, heap_errors.c).
set -eu
WINEPREFIX=$1 WINEDEBUG=-all
export WINEPREFIX WINEDEBUG
here=$(dirname "$0")

# bounded COMMAND...
bounded() {
  timeout 300 "$@"
}

# set_flags KEY VALUE: Windows' own flags for checks of the heap, of all programs
# or of one
set_flags() {
  bounded sh "$here/run.sh" reg add "$1" /v GlobalFlag /t REG_DWORD /d "$2" /f
}

if [ ! -f "$WINEPREFIX/made" ]; then
  rm -rf "$WINEPREFIX"
  mkdir -p "$WINEPREFIX"
  bounded sh "$here/run.sh" wineboot --init
  # A crash shows its stack on stderr and no window. The debugger itself is not
  # checked, which would take minutes.
  bounded sh "$here/run.sh" reg add 'HKCU\Software\Wine\WineDbg' \
    /v ShowCrashDialog /t REG_DWORD /d 0 /f
  set_flags 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\winedbg.exe' 0
  bounded wineserver -w
  echo made >"$WINEPREFIX/made"
fi

# The same files; Wine replaces those that it changes.
if [ ! -f "$WINEPREFIX-slow/made" ]; then
  rm -rf "$WINEPREFIX-slow"
  cp -al "$WINEPREFIX" "$WINEPREFIX-slow"
fi

# Tail, free, parameters and all: FLG_HEAP_ENABLE_TAIL_CHECK and its neighbours.
flags=0
if [ "${2:-}" = heap ]; then
  flags=0xf0
fi
for WINEPREFIX in "$WINEPREFIX" "$WINEPREFIX-slow"; do
  # What run.sh raises for programs.
  (ulimit -n 20000 2>/dev/null || true; exec wineserver -p) ||
    [ $? -eq 2 ] # one runs already
  set_flags 'HKLM\System\CurrentControlSet\Control\Session Manager' $flags
done
