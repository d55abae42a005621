#!/bin/sh
# run.sh SOURCE FOLDER SIMULATIONS [STEPS [FIRST [LAST]]]: plants each fault of the
# list in a copy of the tree, alone, and says which simulation finds it and after how
# many steps, of at most so many each (default 1000000). FIRST and LAST choose some
# by their numbers. Ends with how many were found.
set -eu
source=$1 folder=$2 simulations=$3 steps=${4:-1000000} first=${5:-1} last=${6:-9999}
list=$source/tests/sim/mutants/list
tree=$folder/tree
log=$folder/log

mkdir -p "$tree"
copy() {
  cp -Rp "$source/$1" "$tree/" # times too, so that little is built again
}
rm -rf "$tree/src" "$tree/include" "$tree/tests" "$tree/third_party"
for part in CMakeLists.txt src include tests third_party; do
  copy $part
done

cmake -S "$tree" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
  -DHVUV_BUILD_TESTS=ON -DHVUV_BUILD_EXAMPLES=OFF -DHVUV_BUILD_TOOLS=OFF >"$log" 2>&1 || {
  cat "$log"
  exit 2
}

# build: the simulations, from the tree as it is
build() {
  # shellcheck disable=SC2086 # names are words
  cmake --build "$folder/build" --target $simulations >"$log" 2>&1
}
build || {
  tail -n 20 "$log"
  exit 2
}

# look: "by NAME after STEPS: PROMISE" for the first simulation that fails
look() {
  for name in $simulations; do
    if ! "$folder/build/tests/sim/$name" steps "$steps" 1 brief >"$folder/$name.log" 2>&1; then
      sed -nE "s/^($name): seed [0-9]+ breaks a promise, after ([0-9]+) steps in all: (.*)/\1 \2 \3/p" \
        "$folder/$name.log" | {
        read -r by after promise
        printf 'found by %s after %s steps: %s' "$by" "$after" "$promise"
      }
      return
    fi
  done
  printf 'NOT FOUND'
}

number=0 found=0 planted=0
# The list is read by another descriptor, for programs to have no input.
while IFS='^' read -r file what plant <&3; do
  case $file in
    '#'* | '') continue ;;
  esac
  number=$((number + 1))
  [ "$number" -ge "$first" ] && [ "$number" -le "$last" ] || continue
  file=$(echo "$file" | tr -d ' ')
  planted=$((planted + 1))
  sed "${plant# }" "$source/$file" >"$tree/$file"
  if cmp -s "$source/$file" "$tree/$file"; then
    verdict='NOT PLANTED: nothing changed'
  elif ! build; then
    verdict='NOT PLANTED: it does not compile'
  else
    verdict=$(look </dev/null)
  fi
  case $verdict in
    found*) found=$((found + 1)) ;;
  esac
  printf '%2d %-28s %s\n   %s\n' "$number" "$file" "${what# }" "$verdict"
  cp "$source/$file" "$tree/$file"
done 3<"$list"

echo "$found of $planted planted faults were found"
[ "$found" -eq "$planted" ]
