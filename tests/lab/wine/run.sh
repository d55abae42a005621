#!/bin/sh
# run.sh PROGRAM.exe [ARGUMENTS]
#
# Runs a Windows program under Wine in a prefix of the project's own, not in
# ~/.wine, and without a display. ./dev wine makes the prefix (prefix.sh).
#
# With HVUV_WINE_SLOW=1 the program closes sockets for which a thread waits in
# select(), as libuv's slow path does, and that now and then crashes the server of
# Wine 8 ("server/fd.c: set_fd_events: Assertion"), and with it all programs that
# run. So it has a server of its own, and if that has crashed it is run again.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${WINEPREFIX:=$here/../../../build/wine}"
: "${WINEDEBUG:=-all}"
WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d"
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES
unset DISPLAY WAYLAND_DISPLAY

# Sockets are descriptors of the program, and of Wine's server: more than 10,000
# (../windows/test_many.c). Not everybody may raise the limit.
ulimit -n 20000 2>/dev/null || true

# Wine writes the names of files in the locale's alphabet, and C's is ASCII.
LC_ALL=C.UTF-8
export LC_ALL

# Windows fixes the address of a page that Wine's loader lies some 40 MiB below. Where the
# kernel puts the loader's heap by chance, now and then one program in some thousand finds
# the page taken and ends before it began ("failed to map the shared user data").
if setarch "$(uname -m)" -R true 2>/dev/null; then
  set -- setarch "$(uname -m)" -R wine "$@"
else
  set -- wine "$@"
fi
if [ "${HVUV_WINE_SLOW:-}" != 1 ]; then
  exec "$@"
fi

WINEPREFIX=$WINEPREFIX-slow
for try in 1 2 3; do
  code=0
  "$@" || code=$?
  # Starting a server fails while there is one.
  if [ $code -eq 0 ] || [ $code -eq 77 ] || ! wineserver -p 2>/dev/null; then
    exit $code
  fi
  echo "Wine's own server has crashed under it (attempt $try of 3)"
done
exit $code
