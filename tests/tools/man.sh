#!/bin/sh
# man.sh FOLDER PAGES: each tool's --help and its manual page have the same options,
# and groff has nothing to say of the page. FOLDER has the tools, PAGES the pages.
set -eu
folder=$1 pages=$2
command -v man >/dev/null || {
  echo "skipped: no man here (Debian's man-db)"
  exit 77
}
[ -d "$pages" ] || {
  echo "skipped: no pages were made, for want of scdoc"
  exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# options: the words that look like one, a line each
options() {
  # Of a text that was formatted, without bold by overstriking.
  col -b | grep -oE '(^|[[:space:][(,|/"])--?[A-Za-z0-9][A-Za-z0-9-]*' |
    grep -oE '[-][-A-Za-z0-9]+' | grep -E '^(-[A-Za-z0-9]|--[a-z].*)$' | sort -u
}

for page in "$pages"/*.[0-9]; do
  name=${page##*/}
  warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 \
    man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
  if [ -n "$warnings" ]; then
    echo "$name: $warnings"
    failed=1
  fi
  case $name in *.1) ;; *) continue ;; esac
  LC_ALL=C.UTF-8 MANWIDTH=80 man -P cat -l "$page" 2>/dev/null |
    sed '/^EXAMPLES/,/^SEE ALSO/d' | options >"$work/man"
  tool=$folder/${name%.1}
  "$tool" --help >"$work/text"
  # The verbs of a tool have options of their own.
  for verb in $(sed -n 's/^\(usage:\|      \) hvuv \([a-z]*\)\( .*\|\)$/\2/p' "$work/text" | sort -u); do
    "$tool" "$verb" --help >>"$work/text"
  done
  options <"$work/text" >"$work/help"
  if ! diff "$work/help" "$work/man" >"$work/diff"; then
    echo "$name: options in --help only (<), in the page only (>):"
    grep '^[<>]' "$work/diff"
    failed=1
  fi
done
[ "$failed" -eq 0 ] && echo "pages and --help agree"
