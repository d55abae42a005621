#!/bin/sh
# mentions.sh SOURCE: whether everything exists that documents and comments mention:
#
# - each hvuv_ and HVUV_ name: in the code of include/, src/ and bindings/ or in a CMake file; in
#   a document below tests/, in that folder's files as well
# - each verb of ./dev, and each preset
# - each path of this tree, and each relative link with its heading
#
# and, the other way round, whether the README mentions each option of CMake.
#
# Documents are all *.md but the changelog, which is history; comments are those of
# include/ and src/. Files of other projects that they name are listed in `foreign`.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$1"
status=0
facts=$(mktemp)
text=$(mktemp)
trap 'rm -f "$facts" "$text"' EXIT

words() {
  grep -oE '\<(hvuv|HVUV)_[A-Za-z0-9_]+' | sort -u
}

files() {
  find . \( -name .git -o -path ./build -o -name node_modules \) -prune -o -type f -print | sed 's|^\./||' | sort
}

cmake_files() {
  files | grep -E '(^|/)CMakeLists\.txt$|\.cmake$|\.in$|^CMakePresets\.json$'
}

c_files() {
  files | grep -E '^(include|src)/.*\.[ch]$'
}

documents() {
  files | grep -E '\.md$' | grep -v '^CHANGELOG\.md$'
}

files | sed 's/^/file /' >"$facts"
{
  c_files | xargs awk -v want=code -f "$here/split.awk"
  cmake_files | xargs sed 's/^[ \t]*#.*//'
  files | grep -E '^bindings/.*\.js$' | xargs sed 's|^ *//.*||'
} | words | sed 's/^/name /' >>"$facts"
documents | sed -n 's|^\(tests/.*\)/[^/]*$|\1|p' | while read -r folder; do
  find "$folder" -type f ! -name '*.md' -exec cat {} + | words |
    sed "s|^|inside $folder |"
done >>"$facts"
./dev help | sed -n 's|^\./dev \([a-z-]*\).*|verb \1|p' >>"$facts"
echo "verb help" >>"$facts"
sed -n 's/.*"name": "\([a-z0-9-]*\)".*/preset \1/p' CMakePresets.json >>"$facts"
sed -n 's/^[^#].*/foreign &/p' "$here/foreign" >>"$facts"

{
  documents | xargs awk '{ print FILENAME ":" FNR ":" $0 }'
  c_files | xargs awk -v want=comments -f "$here/split.awk"
} >"$text"
if ! awk -f "$here/mentions.awk" "$facts" "$text"; then
  echo "(What is not this project's is listed in tests/docs/foreign.)"
  status=1
fi

options() {
  sed -nE 's/^ *(option\(|set\((HVUV_[A-Z_]+) .*CACHE).*/&/p' CMakeLists.txt \
    tests/CMakeLists.txt tests/functions.cmake third_party/dependencies.cmake |
    sed -E 's/^ *(option|set)\(([A-Z_]+).*/\2/'
}

for option in $(options); do
  if ! grep -q "^| \`$option\` |" README.md; then
    echo "README.md: no row for the option $option"
    status=1
  fi
done
exit $status
