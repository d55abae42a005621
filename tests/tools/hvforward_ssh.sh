#!/bin/sh
# hvforward_ssh.sh FOLDER: OpenSSH by two hvforwards, as on a host and in a guest, to
# an sshd that the second starts for each call; FOLDER has the tools.
set -eu
. "$(dirname "$0")/lib.sh"

sshd=$(command -v sshd || echo /usr/sbin/sshd)
[ -x "$sshd" ] || skip "no sshd here; ./dev test-extras installs one"
command -v ssh >/dev/null && command -v scp >/dev/null ||
  skip "no ssh here; ./dev test-extras installs it"
if [ "$(id -u)" -eq 0 ] && [ ! -d /run/sshd ]; then
  mkdir -p /run/sshd # sshd wants it of root
fi

ssh-keygen -q -t ed25519 -N '' -f host_key
ssh-keygen -q -t ed25519 -N '' -f id
cat >sshd_config <<END
HostKey $work/host_key
AuthorizedKeysFile $work/id.pub
PidFile none
StrictModes no
PasswordAuthentication no
Subsystem sftp internal-sftp
END

# with COMMAND OPTIONS...
with() {
  program=$1
  shift
  timeout 120 "$program" -F none -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o IdentitiesOnly=yes -o LogLevel=ERROR \
    -o ConnectTimeout=60 -i "$work/id" "$@"
}

forward guest local://any/22 "exec:$sshd -i -f '$work/sshd_config'"
guest=$forward
forward host tcp://127.0.0.1:0 local://loopback/22
host=$forward
port=$(port host)
at="-o Port=$port"

head -c 20000000 /dev/urandom >big
[ "$(with ssh "$at" 127.0.0.1 'cat | wc -c' <big)" -eq 20000000 ] || fail "bytes are lost"
say "ssh, 20 MB to the other side"
code=0
said=$(with ssh "$at" 127.0.0.1 'echo passed; exit 3') || code=$?
[ "$said" = passed ] && [ "$code" -eq 3 ] || fail "code $code, and: $said"
with scp -q "$at" big "127.0.0.1:$work/up"
cmp big up || fail "not the same bytes"
say "scp, 20 MB up"
with scp -q "$at" "127.0.0.1:$work/up" down
cmp big down || fail "not the same bytes"
say "scp, 20 MB down"

forward echo "unix:$work/echo" exec:cat
with ssh "$at" -N -L "$work/tunnel:$work/echo" 127.0.0.1 &
ssh=$!
pids="$pids $ssh"
n=0
until [ -S tunnel ]; do
  n=$((n + 1))
  [ "$n" -lt 600 ] || fail "ssh -L does not listen"
  sleep 0.05
done
forward way local://any/9 "unix:$work/tunnel"
$hvcat local://loopback/9 <big >back
cmp big back || fail "not the same bytes"
say "ssh -L, 20 MB through it and back"
kill "$ssh"
wait "$ssh" || true
ended "$host"
ended "$guest"
echo "ssh and scp work through hvforward"
