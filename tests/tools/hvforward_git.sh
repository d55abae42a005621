#!/bin/sh
# hvforward_git.sh FOLDER: git clones and pushes from a command that hvforward starts
# for each call, as inetd does; FOLDER has the tools.
set -eu
. "$(dirname "$0")/lib.sh"

command -v git >/dev/null || skip "no git here"
git daemon --help >/dev/null 2>&1 || [ -x "$(git --exec-path)/git-daemon" ] ||
  skip "this git has no daemon"

export HOME="$work" GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=e GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=e
git init -q --bare repository.git
git init -q one
cd one
head -c 3000000 /dev/urandom >big
git add big
git commit -q -m first
git push -q ../repository.git HEAD:refs/heads/main
cd ..
git -C repository.git symbolic-ref HEAD refs/heads/main

forward git tcp://127.0.0.1:0 "exec:git daemon --inetd --export-all --enable=receive-pack \
  --base-path='$work' '$work'"
url=git://127.0.0.1:$(port git)/repository.git
timeout 120 git clone -q "$url" two
cmp one/big two/big || fail "not the same bytes"
say "git clone, 3 MB"
cd two
head -c 1000000 /dev/urandom >other
git add other
git commit -q -m second
timeout 120 git push -q origin HEAD:refs/heads/main
cd ..
[ "$(git -C repository.git log --oneline main | wc -l)" -eq 2 ] || fail "no push"
say "git push, 1 MB"
ended "$forward"
echo "git works through hvforward"
