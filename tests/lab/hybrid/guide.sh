# The commands of docs/microvm.md that the other cases do not run.
# shellcheck shell=sh

M=$LAB/a

commands_of_the_guide() {
  # shellcheck disable=SC2016 # the guest's PATH
  path='PATH=/guest:$PATH; '
  guest 1 10 "$path $(guide guest-serves) >/tmp/hvuv.log 2>&1 &"
  await 10 is_served hybrid://"$M"/vm.sock:5100 || fail "the guest does not serve"
  sh -c "$(guide host-calls)" || fail "host to guest"
  serve "$M/server" sh -c "exec $(guide host-serves)"
  guest 1 30 "$path $(guide guest-calls)" || fail "guest to host"
  ls -l "$M" | sed -n 's/^\(s[^ ]*\) .* /\1 /p'
  end "$M/server.pid"
}

# is_served ADDRESS: whether somebody listens there
is_served() {
  hvcat -z "$1" 2>/dev/null
}
