#!/bin/sh
# workflow.sh SOURCE: whether what .github/workflows/ci.yml names is there: verbs of ./dev,
# presets, options and targets of CMake, features of vcpkg.json and labels of tests; and
# whether what it takes from elsewhere is pinned.
# shellcheck disable=SC2086 # lists are words
set -eu
cd "$1"
workflow=.github/workflows/ci.yml
status=0
text=$(sed 's/[[:blank:]]*# .*//; s/^#.*//' $workflow)

complain() {
  echo "$workflow: $*"
  status=1
}

# found PATTERN: each word that it matches
found() {
  printf '%s\n' "$text" | grep -oE -e "$1" | sort -u
}

# has WORD LIST...
has() {
  word=$1
  shift
  printf '%s\n' "$@" | tr ' ' '\n' | grep -qxFe "$word"
}

verbs=$(./dev help | sed -n 's|^\./dev \([a-z-]*\).*|\1|p')
named=$(found '\./dev [a-z][a-z-]*' | sed 's|.* ||')
named="$named $(found 'verb: \[[a-z, -]*\]' | sed 's/.*\[//; s/[],]//g')"
for verb in $named; do
  has "$verb" $verbs || complain "./dev has no verb $verb"
done

presets=$(sed -n 's/.*"name": "\([a-z0-9-]*\)".*/\1/p' CMakePresets.json)
for preset in $(found '--preset [a-z][a-z0-9-]*' | sed 's/.* //'); do
  has "$preset" $presets || complain "there is no preset $preset"
done

for option in $(found '-DHVUV_[A-Z_]*' | sed 's/-D//'); do
  grep -qE "(option|set)\($option " CMakeLists.txt || complain "CMake has no option $option"
done

for target in $(found '--target [a-z_]*' | sed 's/.* //'); do
  grep -qwe "$target" examples/CMakeLists.txt tools/CMakeLists.txt CMakeLists.txt ||
    complain "there is no target $target"
done

labels=$(sed -n '/[Ll]abels: *unit/,/^# adds/p' tests/functions.cmake | sed 's/[#,.]//g')
for label in $(found '-LE? "[^"]*"' | sed 's/.*"\(.*\)"/\1/' | tr -d '^$()' | tr '|' ' '); do
  has "$label" $labels || complain "no test has the label $label"
done

for feature in $(found 'MANIFEST_FEATURES=[a-z;]*' | sed 's/.*=//' | tr ';' ' '); do
  grep -q "^ *\"$feature\": {" vcpkg.json || complain "vcpkg.json has no feature $feature"
done

grep -qE '"builtin-baseline": "[0-9a-f]{40}"' vcpkg.json ||
  complain "vcpkg.json pins no builtin-baseline"
for action in $(found 'uses: [^ ]*' | sed 's/.* //'); do
  printf '%s\n' "$action" | grep -qE '@(v[0-9]+|[0-9a-f]{40})$' ||
    complain "$action is not pinned"
done
exit $status
