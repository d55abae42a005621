# docs/linux.md: its blocks of commands that are marked `guest`, in the guest.
# shellcheck shell=sh

case_linux_page() {
  page=$here/../../../docs/linux.md
  ! grep -nE '^```sh *$' "$page" || fail "a block of commands is marked: sh guest, or sh read"
  # Each is a shell of its own, as somebody pastes them.
  awk -v work="$work" '
    /^```sh guest$/ { inside = 1; file = sprintf("%s/block.%02d", work, ++n); next }
    /^```/ { inside = 0 }
    inside { print >file }' "$page"
  ls block.* >/dev/null 2>&1 || fail "there is no block"
  for block in block.*; do
    {
      echo 'PATH=/opt/hvuv:$PATH; cd /tmp; set -e'
      cat "$block"
    } >"$block.sh"
    # shellcheck disable=SC2086
    timeout 60 ssh $ssh_options -S "$(control_path)" root@guest sh <"$block.sh" >"$block.out" \
      2>&1 || {
      cat "$block" "$block.out"
      fail "this block of docs/linux.md"
    }
  done
  grep -q '^my CID is 3$' block.*.out || fail "the guest's CID"
  grep -q 'net.core.somaxconn = ' block.*.out || fail "the backlog's limit"
  say "$(ls block.*.out | wc -l) blocks of commands"
  # What its units start.
  # shellcheck disable=SC2086
  said=$(timeout 60 ssh $ssh_options -o "ProxyCommand=$HVCAT $vm:2200" root@guest hostname \
    </dev/null)
  [ "$said" = guest ] || fail "sshd of the unit said: $said"
  on_guest 'systemctl stop ssh-vsock.socket'
  say "its ssh-vsock.socket answers"
}
