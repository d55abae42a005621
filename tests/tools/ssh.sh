#!/bin/sh
# ssh.sh FOLDER: OpenSSH through hvcat, as its ProxyCommand and with
# ProxyUseFdpass, to an sshd that hvcat starts for each caller. FOLDER has the
# tools.
set -eu
skip() {
  echo "skipped: $*"
  exit 77
}

sshd=$(command -v sshd || echo /usr/sbin/sshd)
[ -x "$sshd" ] || skip "no sshd here; ./dev test-extras installs one"
command -v ssh >/dev/null && command -v scp >/dev/null ||
  skip "no ssh here; ./dev test-extras installs it"
if [ "$(id -u)" -eq 0 ] && [ ! -d /run/sshd ]; then
  mkdir -p /run/sshd # sshd wants it of root
fi

hvcat=$1/hvcat
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
export HVUV_LOCAL_DIR="$work/local"

ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$work/id"
cat >"$work/sshd_config" <<END
HostKey $work/host_key
AuthorizedKeysFile $work/id.pub
PidFile none
StrictModes no
PasswordAuthentication no
Subsystem sftp internal-sftp
END

"$hvcat" -v -l -k -e "$sshd -i -f $work/sshd_config" local://any/22 2>"$work/log" &
server=$!
n=0
until grep -q 'listening on' "$work/log"; do
  n=$((n + 1))
  [ "$n" -lt 600 ] || exit 1
  sleep 0.05
done

# with COMMAND OPTIONS...: by way of hvcat
with() {
  program=$1
  shift
  timeout 120 "$program" -F none -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o LogLevel=ERROR \
    -o ConnectTimeout=60 -i "$work/id" "$@"
}
proxy="-o ProxyCommand=$hvcat local://loopback/22"
fdpass="-o ProxyCommand=$hvcat --fdpass local://loopback/22"

head -c 20000000 /dev/urandom >"$work/big"
[ "$(with ssh "$proxy" vm 'cat | wc -c' <"$work/big")" -eq 20000000 ]
echo "  ssh, 20 MB to the other side"
code=0
said=$(with ssh "$fdpass" -o ProxyUseFdpass=yes vm 'echo passed; exit 3') || code=$?
[ "$said" = passed ] && [ "$code" -eq 3 ]
echo "  ssh with the socket passed to it: no process is left between"
with scp -q "$proxy" "$work/big" "vm:$work/up"
cmp "$work/big" "$work/up"
echo "  scp, 20 MB up"
with scp -q "$fdpass" -o ProxyUseFdpass=yes "vm:$work/up" "$work/down"
cmp "$work/big" "$work/down"
echo "  scp, 20 MB down, with the socket passed"
echo "ssh and scp work through hvcat"
