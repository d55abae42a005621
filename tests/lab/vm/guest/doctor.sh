#!/bin/sh
# doctor.sh: what hvuv doctor says where vsock is real: without its modules, then with
# all that it needs, then to a user who is nobody.
code=0

# expect CODE WORDS ARGUMENTS...: the exit code, and all WORDS, divided by |, in what
# doctor says, whose lines are joined
expect() {
  expected=$1 words=$2
  shift 2
  is=0
  said=$(run "$@" 2>&1) || is=$?
  joined=$(echo "$said" | tr '\n' ' ' | tr -s ' ')
  [ "$is" -eq "$expected" ] || missing="exit code $is; $missing"
  while [ -n "$words" ]; do
    word=${words%%|*}
    case $words in *'|'*) words=${words#*|} ;; *) words= ;; esac
    case $joined in
      *"$word"*) ;;
      *) missing="no '$word'; $missing" ;;
    esac
  done
  if [ -n "$missing" ]; then
    echo "FAILED: hvuv doctor $*: $missing"
    echo "$said"
    code=1 missing=
  fi
}

run() {
  timeout 30 ./hvuv doctor "$@"
}

missing=
# Without any module, then with all but the loopback. A socket that was closed with
# unread bytes has one for eight seconds more, so this is the first of all cases.
unload() {
  tries=0
  until rmmod "$1" || [ "$tries" -ge 40 ]; do
    tries=$((tries + 1))
    sleep 0.5
  done
}

# shellcheck disable=SC2013 # names without spaces
for module in $(sed '1!G;h;$!d' /modules/order); do
  unload "${module%.ko}"
done
expect 0 "There are no AF_VSOCK sockets here|EAFNOSUPPORT|-> In a VM that has such a device|vsock unknown|Nothing is bad"
expect 1 "bad sockets|bad connect|EAFNOSUPPORT|modprobe vsock" vsock://1:5000

while read -r module; do
  [ "$module" = vsock_loopback.ko ] || insmod "/modules/$module" || code=1
done </modules/order
expect 0 "note itself|modprobe vsock_loopback|Nothing is bad"
expect 1 "bad itself|modprobe vsock_loopback|bad connect" -w 1 vsock://1:5000
insmod /modules/vsock_loopback.ko || code=1
expect 0 "good itself"

folder=$(mktemp -d)
./hvuv echo vsock://any:5000 >"$folder/server" 2>&1 &
server=$!
tries=0
until grep -q 'Listening on' "$folder/server" || [ "$tries" -ge 200 ]; do
  tries=$((tries + 1))
  sleep 0.05
done

expect 0 "VM Yes: under|good ports|This system has AF_VSOCK sockets|good /dev/vsock|good itself|good its VMs|vsock loaded|vsock_loopback loaded|vhost_vsock loaded|hv_sock unknown|Nothing is bad"
expect 0 "connect A call was taken" vsock://1:5000
expect 0 "connect A call was taken" hyperv://loopback/5000
expect 1 "bad connect|ECONNRESET|nobody listens on port 5001|1 bad" vsock://1:5001
expect 1 "bad bind|EADDRINUSE" -l vsock://any:5000
expect 0 "good bind|good listen" -l vsock://any:80
kill "$server"
wait "$server"

# An ordinary user
mkdir -p /etc
echo 'nobody:x:65534:65534::/tmp:/bin/sh' >/etc/passwd
chmod 600 /dev/vsock
# shellcheck disable=SC2317 # which expect calls
run() {
  HVUV_LOCAL_DIR=/tmp/nobody su nobody -s /bin/sh -c "timeout 30 ./hvuv doctor $*"
}
expect 0 "This user may not read it (mode 0600)|No driver leads to a host|chmod 666 /dev/vsock|note ports|Nothing is bad"
expect 1 "bad ports|bad bind|EACCES|Take a port from 1024 up" -l vsock://any:80
chmod 666 /dev/vsock
rm /etc/passwd
run() {
  timeout 30 ./hvuv doctor "$@"
}

# A network namespace of its own (Linux 7.0)
if [ -e /proc/sys/net/vsock/child_ns_mode ]; then
  expect 0 "net.vsock.ns_mode = global"
  echo local >/proc/sys/net/vsock/child_ns_mode
  run() {
    timeout 30 unshare -n ./hvuv doctor "$@"
  }
  expect 0 "net.vsock.ns_mode = local"
fi

echo "--- hvuv doctor"
run
exit "$code"
