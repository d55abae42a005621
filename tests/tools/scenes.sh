#!/bin/sh
# scenes.sh TOOLS: real failures, and what hvcat and hvuv say of them. A scene is
#
#   scene WHAT HAPPENS
#   says WORDS...    each is in the message of the command that follows
#   not WORDS...     none of these is
#   fails COMMAND    which fails, within ten seconds
#
# Scenes that need root, or a file system of their own, are left out without them.
set -eu
tools=$(cd "$1" && pwd)
hvcat=$tools/hvcat
work=$(mktemp -d)
pids=
mounted=
tidy() {
  # shellcheck disable=SC2086 # process ids
  [ -z "$pids" ] || kill -9 $pids 2>/dev/null || true
  [ -z "$mounted" ] || umount "$mounted" 2>/dev/null || true
  rm -rf "$work"
}
trap tidy EXIT
export HVUV_LOCAL_DIR="$work/local"
chmod 755 "$work"
cd "$work"
scenes=0
failed=0

scene() {
  name=$*
  wanted=
  unwanted=
}

# One a line.
says() {
  wanted=$(printf '%s\n' "$@")
}

not() {
  unwanted=$(printf '%s\n' "$@")
}

complain() {
  echo "$name: $1: $(cat err)"
  failed=$((failed + 1))
}

fails() {
  scenes=$((scenes + 1))
  code=0
  timeout 10 "$@" >out 2>err </dev/null || code=$?
  if [ "$code" -eq 0 ] || [ "$code" -ge 124 ]; then
    complain "ended with $code"
    return 0
  fi
  while IFS= read -r words; do
    grep -qF -- "$words" err || complain "does not say '$words'"
  done <<WANTED
$wanted
WANTED
  [ -n "$unwanted" ] || return 0
  while IFS= read -r words; do
    ! grep -qF -- "$words" err || complain "says '$words'"
  done <<UNWANTED
$unwanted
UNWANTED
}

# listen ADDRESS COMMAND: runs a command for each caller, in the background
listen() {
  rm -f log
  "$hvcat" -v -l -k -e "$2" "$1" 2>log &
  last=$!
  pids="$pids $last"
  n=0
  until grep -q 'listening on' log 2>/dev/null; do
    n=$((n + 1))
    [ "$n" -lt 400 ] || {
      echo "nobody listens at $1: $(cat log)"
      exit 1
    }
    sleep 0.05
  done
}

# vmm COMMAND: a Unix socket at $vmm, where COMMAND is what stands for a hypervisor
number=0
vmm() {
  number=$((number + 1))
  listen "hybrid://$work/vmm:$number" "$1"
  vmm=$work/vmm_$number
}

# --- Paths of hybrid addresses

scene "a listener without a folder"
says "bind failed" "There is no folder for $work/none/v_5" "Make it"
fails "$hvcat" -l "hybrid://$work/none/v:5"

scene "a call without a folder"
says "connect failed" "There is no folder for $work/none/v" "start the hypervisor"
not "listener"
fails "$hvcat" "hybrid://$work/none/v:5"

scene "a call before the hypervisor runs"
says "There is no $work/v" "Start the hypervisor first"
fails "$hvcat" "hybrid://$work/v:5"

mkdir folder
: >file
ln -s circle circle
ln -s nothing dangling

scene "a folder as a hybrid path"
says "$work/folder is a folder"
not "hung up"
fails "$hvcat" "hybrid://$work/folder:5"

scene "a file as a hybrid path"
says "$work/file is no stream socket"
not "hung up"
fails "$hvcat" "hybrid://$work/file:5"

scene "a file where a folder should be"
says "There is no folder for $work/file/v"
fails "$hvcat" "hybrid://$work/file/v:5"

scene "links in a circle, for a call"
says "Links on the way to $work/circle go in a circle"
not ".lock" "listener"
fails "$hvcat" "hybrid://$work/circle:5"

scene "links in a circle, for a listener"
says "links on the way to it go in a circle"
fails "$hvcat" -l "hybrid://$work/circle/v:5"

scene "a link to nothing"
says "There is no $work/dangling"
fails "$hvcat" "hybrid://$work/dangling:5"

: >v_5
mkdir v_6 v_7.lock
ln -s file v_8.lock

scene "a file where the socket should be"
says "What is at $work/v_5 is no socket" "Remove it"
fails "$hvcat" -l "hybrid://$work/v:5"

scene "a folder where the socket should be"
says "What is at $work/v_6 is no socket"
fails "$hvcat" -l "hybrid://$work/v:6"

scene "a folder where the lock should be"
says "A folder is at $work/v_7.lock" "Remove it"
not "knows no more"
fails "$hvcat" -l "hybrid://$work/v:7"

scene "a link where the lock should be"
says "a link where none is followed, $work/v_8.lock"
fails "$hvcat" -l "hybrid://$work/v:8"

# Paths as long as an address may have, but not with what a listener adds.
long=$work/$(printf 'l%.0s' $(seq 107) | cut -c "1-$((106 - ${#work}))")
scene "a path that is too long for a listener"
says "ENAMETOOLONG" "${long}_500, the socket of a listener, is too long"
fails "$hvcat" -l "hybrid://$long:500"

scene "the same path, for a call"
says "There is no $long"
not "too long"
fails "$hvcat" "hybrid://$long:500"

scene "a path that commands terminals"
says 'There is no folder for '"$work"'/?[2J/??v.' '%1b[2J/%c2%9bv:5'
fails "$hvcat" "hybrid://$work/%1b[2J/%c2%9bv:5"
if grep -q "$(printf '\033\|\302\233')" err; then complain "commands the terminal"; fi

# --- What answers behind hybrid

vmm 'cat >/dev/null'
scene "a silent hypervisor"
says "No OK came from $vmm in time" "try again, or allow more time"
not "hung up" "took no new connection"
fails "$hvcat" -w 0.3 "hybrid://$vmm:5"

vmm 'read line'
scene "a hypervisor with nobody in the guest"
says "ECONNREFUSED" "No OK came from $vmm: nobody listens on 5 in the guest"
fails "$hvcat" "hybrid://$vmm:5"

vmm 'exit'
scene "a hypervisor that resets"
says "ECONNREFUSED" "No OK came from $vmm"
fails "$hvcat" "hybrid://$vmm:5"

vmm 'read line; printf OK'
scene "an OK without its end"
says "ECONNREFUSED" "No OK came from $vmm"
fails "$hvcat" "hybrid://$vmm:5"

vmm 'read line; printf "OK %0100d\n" 1'
scene "an OK that is too long"
says "EPROTO" "not a short line that begins with 'OK '"
fails "$hvcat" "hybrid://$vmm:5"

vmm 'echo SSH-2.0-OpenSSH; cat >/dev/null'
scene "another protocol behind hybrid"
says "EPROTO" "is not a hypervisor's vsock socket" "Check the path"
fails "$hvcat" "hybrid://$vmm:5"

scene "a hypervisor that was killed"
kill -9 "$last"
wait "$last" 2>/dev/null || true
says "it has ended and left its socket behind"
fails "$hvcat" "hybrid://$vmm:5"

vmm 'read line; echo OK 1; kill -9 $$'
scene "a guest's program that is killed"
says "failed on hybrid://$vmm:5" "See what"
not "CONNECT" "vsock socket" "To a connect"
fails sh -c "yes | '$hvcat' 'hybrid://$vmm:5'"

vmm 'read line; echo OK 1; echo hello; cat >/dev/null'
scene "what comes after the OK is not the hypervisor's"
says "something else came back"
not "CONNECT" "hypervisor"
fails "$tools/hvuv" ping -c 1 -w 2 "hybrid://$vmm:5"

# --- local

scene "nobody listens, and there is no folder"
says "The folder $work/local is not there" "HVUV_LOCAL_DIR"
fails "$hvcat" local://loopback/5

listen local://loopback/7 cat
scene "nobody listens"
says "Nobody listens there for this process, which is the host, in $work/local"
fails "$hvcat" local://loopback/5

scene "a live server"
says "EADDRINUSE" "A live server listens at local://loopback/7 already"
fails "$hvcat" -l local://loopback/7

scene "the socket of a server that was killed"
kill -9 "$last"
wait "$last" 2>/dev/null || true
says "Nobody listens there"
fails "$hvcat" local://loopback/7
listen local://loopback/7 cat # is in nobody's way

vm=8ba03980-174a-43e7-852a-e5ec79a671c7
sibling=9ba03980-174a-43e7-852a-e5ec79a671c7

scene "a host calls its parent"
says "plays the host, which has no parent. Connect to"
fails "$hvcat" local://parent/5

scene "a host listens to its parent"
says "plays the host, which has no parent. Bind to"
not "'parent'"
fails "$hvcat" -l local://parent/5

scene "a call to an address for listening"
says "local://children/5 is an address to listen at"
fails "$hvcat" local://children/5

scene "a VM calls its sibling"
says "plays the VM $vm, which reaches only its parent and itself"
fails env "HVUV_LOCAL_VM=$vm" "$hvcat" "local://$sibling/5"

scene "a VM listens to its sibling"
says "plays the VM $vm" "Bind to 'any', 'parent' or 'loopback'"
not "children"
fails env "HVUV_LOCAL_VM=$vm" "$hvcat" -l "local://$sibling/5"

scene "a VM calls a host that does not listen to it"
says "Nobody listens there for this process, which is $vm"
fails env "HVUV_LOCAL_VM=$vm" "$hvcat" local://parent/7

scene "a child process with a VM id that is none"
says "HVUV_LOCAL_VM is set to what is no VM id"
fails env HVUV_LOCAL_VM=me "$hvcat" local://parent/7

mkdir -m 755 open
scene "a folder that others may enter"
says "at $work/open, and in it, must be folders of this user's own" "chmod 700"
fails env "HVUV_LOCAL_DIR=$work/open" "$hvcat" -l local://any/5

scene "a file for a folder"
says "at $work/file, and in it, must be folders"
fails env "HVUV_LOCAL_DIR=$work/file" "$hvcat" -l local://any/5

scene "no folder to make one in"
says "The folder $work/no/such cannot be made: there is no folder above it"
fails env "HVUV_LOCAL_DIR=$work/no/such" "$hvcat" -l local://any/5

scene "a folder with too long a name"
says "makes a path too long for a Unix socket" "shorter"
fails env "HVUV_LOCAL_DIR=$long" "$hvcat" -l local://any/5

# --- What runs out

# descriptors WORDS: the fewest with which hvcat says them, for what a loop takes
# depends on libuv, and on what the shell has open; 0 for none.
descriptors() {
  for n in $(seq 4 40); do
    if (sh -c "ulimit -n $n; exec '$hvcat' -z local://loopback/7" 2>&1) 2>&1 |
      grep -q "$1"; then
      echo "$n"
      return
    fi
  done
  echo 0
}

n=$(descriptors 'for an event loop')
if [ "$n" -ne 0 ]; then
  scene "no descriptors for a loop"
  says "no descriptors" "ulimit -n"
  fails sh -c "ulimit -n $n; exec '$hvcat' local://loopback/7"
fi

n=$(descriptors EMFILE)
scene "no descriptor for a socket"
says "EMFILE" "This process has no descriptor left" "ulimit -n"
fails sh -c "ulimit -n $n; exec '$hvcat' local://loopback/7"

# --- An open conversation

listen local://loopback/8 'cat >/dev/null'
scene "an idle limit"
says "time limit failed" "A limit of this side ran out"
not "took no new connection" "To a connect"
fails sh -c "sleep 1 | '$hvcat' -i 0.3 local://loopback/8"

listen local://loopback/9 'kill -9 $$'
scene "a peer that is killed"
says "failed on local://loopback/9" "peer closed the stream"
not "To a connect"
fails sh -c "yes | '$hvcat' local://loopback/9"

# --- What a system must have

scene "an explanation of Hyper-V's ENODEV"
says "The connection has ended: the other side closed it"
not "transport" "CID"
fails sh -c "'$tools/hvuv' explain -s send ENODEV vsock://2:5 >&2; exit 1"

if [ "$(uname)" = Linux ] && "$tools/hvuv" explain EACCES vsock://2:5 >/dev/null &&
  ! "$hvcat" -l "hyperv://$vm/5000" 2>err && ! grep -q EAFNOSUPPORT err; then
  scene "a VM id on Linux"
  says "EADDRNOTAVAIL" "Linux knows VMs by their CIDs" "bind to vsock://any:5000"
  fails "$hvcat" -l "hyperv://$vm/5000"

  scene "a role that Linux does not have"
  says "EADDRNOTAVAIL" "Linux has no address for hyperv://children/5000"
  not "CID any"
  fails "$hvcat" -l hyperv://children/5000

  scene "a service id that stands for no port"
  says "EINVAL" "only services that stand for a port" "Use a port on both sides"
  fails "$hvcat" -l "hyperv://any/$vm"

  scene "a CID of somebody else"
  says "EADDRNOTAVAIL" "This machine is not CID 4294967294"
  fails "$hvcat" -l vsock://4294967294:5000
fi

# --- As root

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
  nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
  # The programs may lie where nobody else may go.
  mkdir bin
  cp "$hvcat" bin/
  mkdir -m 755 theirs
  listen "hybrid://$work/theirs/v:5" cat

  # shellcheck disable=SC2086 # a command and its words
  if $nobody "$work/bin/hvcat" --version >/dev/null 2>&1; then
    scene "another user's folder, for a listener"
    says "EACCES" "This user may not make $work/theirs/w_5 and $work/theirs/w_5.lock"
    not "connect"
    fails $nobody "$work/bin/hvcat" -l "hybrid://$work/theirs/w:5"

    scene "another user's server"
    says "EACCES" "they are another user's"
    fails $nobody "$work/bin/hvcat" -l "hybrid://$work/theirs/v:5"

    scene "another user's socket, for a call"
    says "EACCES" "may not connect to $work/theirs/v_5" "write to the socket"
    not ".lock" "listen"
    fails $nobody "$work/bin/hvcat" "hybrid://$work/theirs/v_5:5"

    scene "another user's folder of local"
    says "EACCES" "must be folders of this user's own" "HVUV_LOCAL_DIR"
    fails $nobody "$work/bin/hvcat" local://loopback/7

    scene "a folder of local that cannot be made"
    says "The folder $work/mine cannot be made" "HVUV_LOCAL_DIR"
    fails $nobody env "HVUV_LOCAL_DIR=$work/mine" "$work/bin/hvcat" -l local://any/5

    if timeout 2 $nobody "$work/bin/hvcat" -l vsock://any:80 2>&1 | grep -q EACCES; then
      scene "a port below 1024"
      says "ports below 1024 is for root" "from 1024 up"
      fails $nobody "$work/bin/hvcat" -l vsock://any:80
    fi
  fi

  mkdir small
  if mount -t tmpfs -o size=64k,nr_inodes=4 tmpfs small 2>/dev/null; then
    mounted=$work/small
    mkdir -m 700 small/d
    : >small/1
    : >small/2 2>/dev/null || true

    scene "a full disk, for hybrid"
    says "ENOSPC" "is full, or has no room for one more file" "Make room"
    not "max_total_bytes"
    fails "$hvcat" -l "hybrid://$work/small/v:5"

    scene "a full disk, for local"
    says "ENOSPC" "is full, or has no room for one more file"
    fails env "HVUV_LOCAL_DIR=$work/small/d" "$hvcat" -l local://any/5

    if mount -o remount,ro "$work/small" 2>/dev/null; then
      scene "a file system that is read only, for hybrid"
      says "EROFS" "cannot be written to" "a listener makes $work/small/v_5 there"
      fails "$hvcat" -l "hybrid://$work/small/v:5"

      scene "a file system that is read only, for local"
      says "EROFS" "The folder $work/small/x" "Set HVUV_LOCAL_DIR"
      fails env "HVUV_LOCAL_DIR=$work/small/x" "$hvcat" -l local://any/5
    fi
    umount "$work/small" && mounted=
  fi

  # A backlog of one, in a network of its own: the server is stopped, and two wait.
  if unshare -n sh -c 'echo 0 >/proc/sys/net/core/somaxconn' 2>/dev/null; then
    rm -f log
    unshare -n sh -c "echo 0 >/proc/sys/net/core/somaxconn
      exec '$hvcat' -v -l -k -e cat local://loopback/11" 2>log &
    last=$!
    pids="$pids $last"
    n=0
    until grep -q 'listening on' log 2>/dev/null || [ "$n" -ge 400 ]; do
      n=$((n + 1))
      sleep 0.05
    done
    kill -STOP "$last"
    "$hvcat" -z local://loopback/11 || true # takes the one place
    scene "a server that takes nobody"
    says "ETIMEDOUT" "A server is there, but it took no new connection in time"
    not "silent"
    fails "$hvcat" -w 0.5 local://loopback/11
    kill -CONT "$last"
  fi
fi

echo "$scenes scenes, $failed untrue words"
[ "$failed" -eq 0 ]
