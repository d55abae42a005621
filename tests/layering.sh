#!/bin/sh
# layering.sh SOURCE: who may know what, as far as grep can tell.
#
# - Only the files named for a system may ask which system they are built on
#   (and sockaddr_un.h), and so it is with the tests; hyperv_emulation* is Windows' in all its files.
# - Pure files include no header of a system and none of the core; of libuv only
#   <uv.h>, for uv_buf_t and the error codes.
set -eu
cd "$1/src"
status=0

complain() {
  if [ -n "$2" ]; then
    echo "$1:"
    echo "$2"
    status=1
  fi
}

asks='^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif).*(_WIN32|_MSC_VER|__MINGW|__linux|__APPLE__|__unix|BSD__|__sun)'
portable=$(find . -name '*.[ch]' ! -name '*_posix.*' ! -name '*_win.*' \
  ! -name '*_vsock*.*' ! -name sockaddr_un.h)
# shellcheck disable=SC2086 # file names are words
found=$(grep -nE "$asks" $portable || true)
complain "Platform #if outside *_posix, *_win and *_vsock" "$found"

portable=$(cd ../tests && find stream support transport unit -name '*.[ch]' \
  ! -name '*_posix.*' ! -name '*_win.*' ! -name '*_linux.*' \
  ! -name 'hyperv_emulation*' ! -name net.h ! -name fault_sys.c)
# shellcheck disable=SC2086
found=$(cd ../tests && grep -nE "$asks" $portable || true)
complain "Platform #if in tests outside *_posix, *_win, *_linux, net.h and \
fault_sys.c" "$found"

pure="backoff.c backoff.h error_class.c framing.c service_name.c version.c guid.c addr.c addr_text.c explain_text.c text.h wqueue.c wqueue.h"
# shellcheck disable=SC2086
found=$(grep -nE '^[[:space:]]*#[[:space:]]*include' $pure |
  grep -vE '<(uv|stddef|stdint|stdio|stdlib|string|limits|inttypes|assert)\.h>' |
  grep -vE '"(hvuv/(addr|client|framing|guid|service|version|export)|backoff|text|explain|service|wqueue|alloc)\.h"' |
  grep -vE 'wqueue\.[ch]:.*"hvuv/stream\.h"' || true)
complain "Pure files that include more than they may" "$found"

exit $status
