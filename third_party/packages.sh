# What the verbs of ./dev need besides the tree, and how it is installed: with
# apt-get, the one package manager with which this has been tried. Elsewhere need()
# says what is missing, and whoever has installed that goes on.
#
# Sourced by ./dev, for its say, die and quietly.
# shellcheck shell=sh

# is_there NEED
is_there() {
  case $1 in
    compiler) command -v cc >/dev/null 2>&1 && command -v c++ >/dev/null 2>&1 ;;
    libuv) pkg-config --exists 'libuv >= 1.44' 2>/dev/null ;;
    cmocka) pkg-config --exists 'cmocka >= 1.1.5' 2>/dev/null ;;
    sodium) pkg-config --exists 'libsodium >= 1.0.18' 2>/dev/null ;;
    glib) pkg-config --exists 'glib-2.0 >= 2.36' 2>/dev/null ;;
    sanitizers) links_sanitized cc address,undefined ;;
    tsan) links_sanitized cc thread ;;
    clang-runtime) links_sanitized clang address,undefined ;;
    mingw) command -v x86_64-w64-mingw32-gcc >/dev/null 2>&1 ;;
    mingw-i686) command -v i686-w64-mingw32-gcc >/dev/null 2>&1 ;;
    wine) command -v wine >/dev/null 2>&1 && command -v wineserver >/dev/null 2>&1 ;;
    sshd) [ -x /usr/sbin/sshd ] && command -v scp >/dev/null 2>&1 ;;
    qemu) command -v qemu-system-x86_64 >/dev/null 2>&1 ;;
    resize2fs) [ -x /usr/sbin/resize2fs ] ;;
    # The distribution's own: the guest takes python along, and cargo builds
    # with the distribution's crates.
    python) [ -x /usr/bin/python3 ] ;;
    python-http) /usr/bin/python3 -c 'import http.server' 2>/dev/null ;;
    prometheus) /usr/bin/python3 -c 'import prometheus_client' 2>/dev/null ;;
    cargo) [ -x /usr/bin/cargo ] ;;
    go-vsock) [ -d /usr/share/gocode/src/github.com/mdlayher/vsock ] ;;
    rust-vsock) has_match /usr/share/cargo/registry/tokio-vsock-* ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# has_match PATTERN: whether the shell has found a file for it
has_match() {
  [ -e "$1" ]
}

# links_sanitized COMPILER SANITIZERS
links_sanitized() {
  mkdir -p build
  echo 'int main(void) { return 0; }' |
    "$1" "-fsanitize=$2" -x c - -o build/probe 2>/dev/null
}

# packages NEED: Debian's names for it
packages() {
  case $1 in
    compiler | sanitizers | tsan) echo build-essential ;;
    ninja) echo ninja-build ;;
    libuv) echo libuv1-dev ;;
    cmocka) echo libcmocka-dev ;;
    sodium) echo libsodium-dev ;;
    glib) echo libglib2.0-dev ;;
    clang-runtime) echo "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev" ;;
    mingw) echo gcc-mingw-w64-x86-64-win32 ;;
    mingw-i686) echo gcc-mingw-w64-i686-win32 ;;
    wine) echo wine wine64 ;;
    qemu) echo qemu-system-x86 ;;
    qemu-img) echo qemu-utils ;;
    resize2fs) echo e2fsprogs ;;
    node) echo nodejs ;;
    sshd) echo openssh-server openssh-client ;;
    man) echo man-db bsdextrautils ;;
    gnuplot) echo gnuplot-nox ;;
    busybox) echo busybox-static ;;
    iasl) echo acpica-tools ;;
    python) echo python3-minimal ;;
    python-http) echo python3 ;;
    prometheus) echo python3-prometheus-client ;;
    go) echo golang-go ;;
    go-vsock) echo golang-github-mdlayher-vsock-dev ;;
    rust-vsock) echo librust-tokio-vsock-dev ;;
    xz) echo xz-utils ;;
    pgrep) echo procps ;;
    *) echo "$1" ;;
  esac
}

# need THING...: installs those that are not there
need() {
  missing=
  names=
  for thing in "$@"; do
    if ! is_there "$thing"; then
      missing="$missing $thing"
      names="$names $(packages "$thing")"
    fi
  done
  if [ -z "$missing" ]; then
    return
  fi

  # shellcheck disable=SC2086 # names are words
  install_packages $names

  for thing in $missing; do
    if ! is_there "$thing"; then
      die "$thing is still missing after installing:$names"
    fi
  done
}

# install_packages PACKAGE...
install_packages() {
  command -v apt-get >/dev/null 2>&1 ||
    die "missing:$missing. Without apt-get nothing is installed here; please install it
with what this system has. Debian's packages are:$names"
  as_root=$(root_command) ||
    die "neither root nor sudo without a password here. Please install as root: $*"

  say "Installing what is missing: $*"
  mkdir -p build
  as_root="$as_root env DEBIAN_FRONTEND=noninteractive"
  # A machine that has never run apt-get update knows no packages, and an old
  # list names files that are gone: then update and try once more.
  # shellcheck disable=SC2086 # nothing, sudo, or sudo -n
  if ! $as_root apt-get install -y --no-install-recommends "$@" \
    >build/install.log 2>&1 </dev/null; then
    say "Updating the package lists first: apt-get update"
    quietly build/install.log update_and_install "$@"
  fi
}

update_and_install() {
  # shellcheck disable=SC2086
  $as_root apt-get update && $as_root apt-get install -y --no-install-recommends "$@"
}

# root_command: what to put before a command that needs root
root_command() {
  if [ "$(id -u)" -eq 0 ]; then
    return
  fi
  if ! command -v sudo >/dev/null 2>&1; then
    return 1
  fi
  if [ -t 0 ]; then
    echo sudo
  else
    sudo -n true 2>/dev/null && echo sudo -n
  fi
}

# want_debian WHY: for what is made of Debian's own packages
want_debian() {
  if ! command -v apt-get >/dev/null 2>&1 || [ "$(uname -m)" != x86_64 ]; then
    die "$1. Elsewhere please run this in a container of Debian 12, on x86_64."
  fi
}

# source_deps: libuv and cmocka as sources in build/deps, if apt has the pinned
# ones; else CMake downloads others, pinned as well.
source_deps() {
  if ! command -v apt-get >/dev/null 2>&1; then
    return
  fi
  say "Fetching the sources of libuv and cmocka with apt"
  mkdir -p build/deps
  code=0
  sh third_party/debian.sh build/deps >build/deps/fetch.log 2>&1 </dev/null ||
    code=$?
  case $code in
    0) ;;
    3) say "apt does not have the pinned ones; CMake will download others" ;;
    *)
      cat build/deps/fetch.log >&2
      die "the sources of libuv and cmocka could not be had from apt"
      ;;
  esac
}
