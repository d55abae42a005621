#!/bin/sh
# doctor.sh FOLDER: hvuv doctor, services and vms on a POSIX system, as a person runs
# them; FOLDER has the tools. What is said of vsock differs by machine, and is the
# business of tests/lab/vm.
set -eu
hvuv=$1/hvuv
work=$(mktemp -d)
pids=
trap '[ -z "$pids" ] || kill $pids 2>/dev/null || true; rm -rf "$work"' EXIT
unset HVUV_LOCAL_VM NO_COLOR 2>/dev/null || true
export HVUV_LOCAL_DIR="$work/local"
vm=6e0b8e9c-4c6c-4c0e-9a9e-0f6f0a1b2c3d
cd "$work"

fail() {
  echo "FAILED: $*"
  exit 1
}

say() {
  echo "  $*"
}

# expect CODE WORDS COMMAND...: all WORDS, divided by |, are in what it says. Lines
# are joined, since they are wrapped at a width that depends on the folder's name.
expect() {
  code=0
  expected=$1 words=$2
  shift 2
  said=$(timeout 60 "$@" 2>&1 </dev/null) || code=$?
  joined=$(echo "$said" | tr '\n' ' ' | tr -s ' ')
  [ "$code" -eq "$expected" ] || fail "$*: exit code $code: $said"
  while [ -n "$words" ]; do
    word=${words%%|*}
    case $words in *'|'*) words=${words#*|} ;; *) words= ;; esac
    case $joined in
      *"$word"*) ;;
      *) fail "$*: no '$word' in: $said" ;;
    esac
  done
}

# serve COMMAND...: a server in the background, which says where it listens
serve() {
  mkfifo said
  "$@" >said 2>/dev/null &
  server=$!
  pids="$pids $server"
  read -r line <said || fail "$*: says nothing"
  rm said
  case $line in Listening*) ;; *) fail "$*: says $line" ;; esac
}

say "nothing is bad where nothing was set up"
expect 0 "good sockets This system has Unix sockets|partition The host|local (by HVUV_LOCAL_DIR) is not there yet|Nothing is bad" \
  "$hvuv" doctor
[ ! -e local ] || fail "doctor has made the folder"
[ -z "$(env TERM=xterm "$hvuv" doctor | tr -d '[:print:]\n')" ] ||
  fail "colours, though this is no terminal"
[ "$("$hvuv" doctor | wc -L)" -lt 80 ] || [ "${#work}" -gt 50 ] ||
  fail "lines are too long"

say "each rule for the folder is named"
env -u HVUV_LOCAL_DIR XDG_RUNTIME_DIR="$work" "$hvuv" doctor | tr -s ' \n' ' ' |
  grep -qF "$work/hvuv (by XDG_RUNTIME_DIR)" || fail "XDG_RUNTIME_DIR"
expect 0 "(by the temporary directory)|/nowhere is passed over" \
  env -u HVUV_LOCAL_DIR XDG_RUNTIME_DIR=/nowhere TMPDIR="$work" "$hvuv" doctor
mkdir -m 777 all
chmod 777 all
expect 0 "all/hvuv-$(id -u) (by the temporary directory)|all is passed over" \
  env -u HVUV_LOCAL_DIR XDG_RUNTIME_DIR="$work/all" TMPDIR="$work/all" "$hvuv" doctor

say "what cannot work is bad, and says what to do"
expect 1 "bad directory|ENOENT|cannot be made|1 bad" \
  env HVUV_LOCAL_DIR="$work/a/b" "$hvuv" doctor
long=$(printf '%0100d' 0)
expect 1 "bad directory|ENAMETOOLONG|Set HVUV_LOCAL_DIR to a shorter one" \
  env HVUV_LOCAL_DIR="$work/$long" "$hvuv" doctor
expect 1 "bad partition|HVUV_LOCAL_VM is set to what is no VM id" \
  env HVUV_LOCAL_VM=web "$hvuv" doctor
expect 0 "partition The VM $vm" env HVUV_LOCAL_VM=$vm "$hvuv" doctor
mkdir -m 755 open
expect 1 "bad directory|EACCES|chmod 700" env HVUV_LOCAL_DIR="$work/open" "$hvuv" doctor
expect 1 "chmod 700" env HVUV_LOCAL_DIR="$work/open" "$hvuv" vms
ln -s open link
expect 1 "EACCES|no link" env HVUV_LOCAL_DIR="$work/link" "$hvuv" doctor
: >file
expect 1 "bad directory" env HVUV_LOCAL_DIR="$work/file" "$hvuv" doctor
mkdir -m 700 half
mkdir -m 755 half/host
expect 1 "bad partition|half/host is open to others|-> chmod 700" \
  env HVUV_LOCAL_DIR="$work/half" "$hvuv" doctor
mkdir -m 700 other
mkdir -m 755 other/notes
expect 0 "good directory|Nothing is bad" env HVUV_LOCAL_DIR="$work/other" "$hvuv" doctor

say "vms lists the partitions in use, live and stale"
expect 0 "nobody listens in $HVUV_LOCAL_DIR" "$hvuv" vms
serve "$hvuv" echo local://any/7
host=$server
serve env HVUV_LOCAL_VM=$vm "$hvuv" echo local://parent/8
serve "$hvuv" echo local://$vm/0x10
kill -9 "$server"
wait "$server" 2>/dev/null || true
"$hvuv" vms >list 2>err
printf 'host\t7\tany\tlive\nhost\t16\t%s\tstale\n%s\t8\tparent\tlive\n' $vm $vm | diff - list ||
  fail "the list is: $(cat list err)"
[ ! -s err ] || fail "vms says besides: $(cat err)"
expect 0 "$vm$(printf '\t')local$(printf '\t')running" "$hvuv" vms "$vm"
expect 1 "find failed on debian|ENOTSUP|found by their id" "$hvuv" vms debian
expect 0 "2 live, 1 left by processes that were killed" "$hvuv" doctor

say "a call to an address"
expect 0 "connect A call was taken|Nothing is bad" "$hvuv" doctor local://loopback/7
expect 0 "connect A call was taken" "$hvuv" doctor local://$vm/8
expect 1 "bad connect|ECONNREFUSED|Nobody listens there" "$hvuv" doctor local://loopback/9
expect 1 "bad connect|EADDRNOTAVAIL|hvuv doctor -l sees" "$hvuv" doctor local://any/7

say "listening at one"
expect 1 "bad bind|EADDRINUSE|A live server listens" "$hvuv" doctor -l local://any/7
expect 0 "good bind|good listen" "$hvuv" doctor -l local://any/9
[ ! -e local/host/9.a ] || fail "doctor -l leaves a socket behind"
expect 0 "good listen" "$hvuv" doctor --listen local://$vm/0x10
kill "$host"
wait "$host" 2>/dev/null || true

say "a hypervisor's socket: the step that failed"
expect 1 "bad connect|ENOENT|Start the hypervisor first" "$hvuv" doctor "hybrid://$work/v:5"
serve_vmm() { # COMMAND: what it does with a caller
  rm -f err
  "$1/hvcat" -v -l -k -e "$2" "hybrid://$work/v:1" 2>err &
  server=$!
  pids="$pids $server"
  n=0
  until grep -q 'listening on' err 2>/dev/null; do
    n=$((n + 1))
    [ "$n" -lt 600 ] || fail "no hypervisor: $(cat err)"
    sleep 0.05
  done
}
served_vmm() {
  kill "$server"
  wait "$server" 2>/dev/null || true
}
serve_vmm "$1" 'read line; echo OK 1073741824; cat >/dev/null'
expect 0 "good connect|good handshake A call was taken" "$hvuv" doctor "hybrid://$work/v_1:5"
expect 0 "note partition|good handshake|Nothing is bad" \
  env HVUV_LOCAL_VM=web "$hvuv" doctor "hybrid://$work/v_1:5"
served_vmm
serve_vmm "$1" 'read line'
expect 1 "good connect|bad handshake|ECONNREFUSED" "$hvuv" doctor "hybrid://$work/v_1:5"
served_vmm
serve_vmm "$1" 'read line; echo HTTP/1.0 400'
expect 1 "bad handshake|EPROTO|not a short line" "$hvuv" doctor "hybrid://$work/v_1:5"
served_vmm
serve_vmm "$1" 'cat >/dev/null'
expect 1 "bad handshake|ETIMEDOUT" "$hvuv" doctor -w 0.3 "hybrid://$work/v_1:5"
served_vmm

say "services are Windows'"
for verb in "" list "lookup 5000" "register 5000 Echo" "unregister 5000 Echo"; do
  # shellcheck disable=SC2086 # words
  expect 1 "ENOTSUP|registered on the Windows host, and this is not Windows" \
    "$hvuv" services $verb
done

say "help"
expect 0 "usage: hvuv doctor" "$hvuv" help
expect 0 "usage: hvuv ping" "$hvuv" help ping
expect 0 "usage: hvuv vms" "$hvuv" vms --help
expect 0 "good, bad, or a note" "$hvuv" doctor -h

say "output that cannot be written"
if [ -c /dev/full ]; then
  code=0
  "$hvuv" doctor >/dev/full 2>err || code=$?
  said="$code $(grep -c 'no space left' err)"
  [ "$said" = "1 1" ] || fail "a full disk: $said $(cat err)"
fi

# A container or a bare root may have no pseudo-terminals to give.
if script --version 2>/dev/null | grep -q util-linux &&
  script -qec true /dev/null </dev/null >/dev/null 2>&1; then
  say "on a terminal: colours, unless NO_COLOR is set, and a heading"
  shown() { # VARIABLE COMMAND
    env TERM=xterm "$1" script -qec "$2" /dev/null </dev/null
  }
  escape=$(printf '\033')
  shown A=b "$hvuv doctor" | grep -q "${escape}\[32mgood" || fail "no colours"
  shown NO_COLOR=1 "$hvuv doctor" | grep -q "$escape" && fail "colours with NO_COLOR"
  shown A=b "$hvuv vms" | grep -q '^PARTITION' || fail "no heading"
fi
echo "hvuv doctor, services and vms do what they say"
