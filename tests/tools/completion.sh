#!/bin/bash
# completion.sh FOLDER FILES...: what bash completes of each tool's options is what
# its --help lists. FOLDER has the tools.
set -eu
folder=$1
shift

options() {
  grep -oE '^  +(-[A-Za-z0-9], )?--[a-z-]+|^  -[A-Za-z0-9]' | grep -oE -- '-[-A-Za-z0-9]+' |
    sort -u
}

# complete_words WORD...: what is offered for the last one
complete_words() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  "_$1" 2>/dev/null || true
  printf '%s\n' "${COMPREPLY[@]}"
}

for file in "$@"; do
  tool=$(basename "$file" .bash)
  # shellcheck disable=SC1090
  source "$file"
  complete -p "$tool" >/dev/null
  verbs=$("$folder/$tool" --help | sed -n "s/^\(usage:\|      \) hvuv \([a-z]*\)\( .*\|\)$/\2/p" | sort -u)
  if [ "$tool" = hvuv ]; then
    [ "$(complete_words hvuv '' | grep -v '^-' | sort -u)" = "$verbs" ] || {
      echo "$tool: verbs are $verbs, offered are $(complete_words hvuv '')"
      exit 1
    }
    for verb in $verbs; do
      diff <("$folder/$tool" "$verb" --help | options) \
        <(complete_words hvuv "$verb" - | sort -u)
    done
  else
    diff <("$folder/$tool" --help | options) <(complete_words "$tool" - | sort -u)
    complete_words "$tool" '' | grep -q '^vsock://$'
  fi
done
echo "what is completed is what --help lists"
