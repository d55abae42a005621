#!/bin/sh
# windows.sh FOLDER SCRIPT: hvuv doctor, services, vms and explain as Windows programs,
# run by SCRIPT (tests/lab/wine/run.sh), where there is no Hyper-V and maybe no Unix
# socket. FOLDER has the tools.
set -eu
hvuv=$1/hvuv.exe
emulator=$2
LC_ALL=C.UTF-8
export LC_ALL
port=$((1100000000 + $$))
id=$(printf '%08x-facb-11e6-bd58-64006a7986d3' "$port")
name="$(printf '\303\211cho') no. $$"
tab=$(printf '\t')

# expect CODE WORDS ARGUMENTS...: all WORDS, divided by |, are in what hvuv says
expect() {
  expected=$1 words=$2
  shift 2
  code=0
  said=$(sh "$emulator" "$hvuv" "$@" 2>&1 </dev/null) || code=$?
  said=$(echo "$said" | tr -d '\r' | tr '\n' ' ' | tr -s ' ')
  if [ "$code" -ne "$expected" ]; then
    echo "hvuv $*: exit code $code: $said"
    exit 1
  fi
  while [ -n "$words" ]; do
    word=${words%%|*}
    case $words in *'|'*) words=${words#*|} ;; *) words= ;; esac
    case $said in
      *"$word"*) ;;
      *)
        echo "hvuv $*: no '$word' in: $said"
        exit 1
        ;;
    esac
  done
}

trap 'sh "$emulator" "$hvuv" services unregister "$port" "$name" >/dev/null 2>&1 || true' EXIT

# What turning Hyper-V on does.
sh "$emulator" reg add 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Virtualization\GuestCommunicationServices' \
  /f /reg:64 >/dev/null 2>&1

expect 0 "note system|Windows|rights|There are no AF_HYPERV sockets here|Turn on Hyper-V|Hyper-V The service vmms|registry|Nothing is bad" \
  doctor
expect 1 "bad sockets|bad connect|EAFNOSUPPORT" doctor hyperv://loopback/5000
expect 1 "bad bind|EAFNOSUPPORT" doctor -l hyperv://any/5000

expect 0 "$id$tab$port$tab$name" services register "$port" "$name"
expect 0 "$id$tab$port$tab$name" services
expect 0 "$id$tab$port$tab$name" services lookup "$port"
expect 1 "hvuv services: register failed on $port|EEXIST|under another name" \
  services register "$port" Another
expect 2 "SERVICE: \"nonsense\" is no GUID" services register nonsense Echo
expect 0 "$id" services unregister "$port" "$name"
expect 1 "ENOENT|No such service is registered" services lookup "$port"

expect 0 "nobody listens in|Get-VM" vms
expect 1 "hvuv vms: find failed on debian|ENOTSUP" vms debian
expect 1 "hvuv vms: find failed on wsl|ENOENT|a WSL with a distribution" vms wsl
expect 1 "hvuv ping: lookup failed on vm:wsl/5000|ENOENT|a WSL with a distribution" \
  ping vm:wsl/5000
expect 1 "hvuv doctor: lookup failed on vm:debian/5000|ENOTSUP" doctor vm:debian/5000
expect 2 "vm:NAME/SERVICE" ping vm:wsl
expect 0 "usage: hvuv services" help services
expect 0 "" explain -s connect ECONNREFUSED hyperv://loopback/5000
expect 2 "there is no such verb" explane
echo "hvuv says on Windows what it should"
