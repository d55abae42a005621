# The verb node of ./dev, which sources this: Node's binding, built, tested, packed and
# installed. All that is made lies in build/node, and is used again the next time.
# shellcheck shell=sh

node_here=bindings/node
node_work=$PWD/build/node

# The Nodes that npm has as packages, with which this has been tried. The module is built
# with the headers of the oldest, and the same file is loaded by all.
node_versions='20 20.20.2
22 22.23.5
24 24.22.3'

# node_verb [here | MAJOR]... | asan [FILE...] | bench [here | MAJOR] [ARGUMENTS]
node_verb() {
  case ${1:-} in
    asan)
      shift
      node_asan "$@"
      ;;
    bench)
      shift
      node_bench "$@"
      ;;
    *) node_tests "$@" ;;
  esac
}

# --- Node, and its headers ---------------------------------------------------

# set_node here|MAJOR: $node is its program, $node_include the folder of its headers,
# $node_version what it calls itself. What is not on this machine comes from npm, which
# has Node's binary and headers as a package. Fails if no registry is reached.
set_node() {
  node_wanted=$1
  # Debian 12 has Node 18, which is good for running npm.
  [ "$1" != here ] || [ "$(major "$(command -v node)")" -ge 20 ] || node_wanted=20
  if [ "$node_wanted" = here ]; then
    node=$(command -v node)
    node_include=$(headers_beside "$node") || node_include=
  else
    exact=$(echo "$node_versions" | sed -n "s/^$node_wanted //p")
    [ -n "$exact" ] || die "no such Node: $1. There are: $(echo "$node_versions" |
      sed 's/ .*//' | tr '\n' ' ')and here"
    fetch_node "$exact" || return
    node=$node_work/$exact/node_modules/node-$(node_platform)/bin/node
    node_include=$(headers_beside "$node")
  fi
  node_version=$("$node" -p process.versions.node)
  if [ -z "$node_include" ]; then
    fetch_node "$node_version" || return
    node_include=$node_work/$node_version/node_modules/node-$(node_platform)/include/node
  fi
}

node_platform() {
  case $(uname -m) in
    x86_64) echo linux-x64 ;;
    aarch64) echo linux-arm64 ;;
    *) die "npm has no Node for $(uname -m); ./dev node here takes this system's" ;;
  esac
}

# major PROGRAM
major() {
  "$1" -p 'process.versions.node.split(".")[0]'
}

# headers_beside PROGRAM: the folder of its headers
headers_beside() {
  folder=$(dirname "$(dirname "$(realpath "$1")")")/include/node
  [ -f "$folder/node_api.h" ] && [ -f "$folder/uv.h" ] &&
    grep -q "define NODE_MAJOR_VERSION $(major "$1")\$" "$folder/node_version.h" &&
    echo "$folder"
}

# fetch_node VERSION
fetch_node() {
  [ ! -x "$node_work/$1/node_modules/node-$(node_platform)/bin/node" ] || return 0
  say "Fetching Node $1 from npm"
  mkdir -p "$node_work/$1"
  npm install --prefix "$node_work/$1" --no-save --no-audit --no-fund --ignore-scripts \
    "node-$(node_platform)@$1" >"$node_work/fetch.log" 2>&1 </dev/null
}

need_node() {
  need compiler cmake ninja npm node
  mkdir -p "$node_work"
}

# want_node here|MAJOR: the same, and without it nothing goes on
want_node() {
  need_node
  set_node "$1" || {
    cat "$node_work/fetch.log" >&2
    die "Node could not be had from npm"
  }
}

# --- Building ----------------------------------------------------------------

# node_build FOLDER [CMAKE OPTIONS]: $module is what has been built
node_build() {
  folder=$node_work/$1
  shift
  mkdir -p "$folder"
  say "Building $node_here with the headers of Node $node_version"
  quietly "$folder/configure.log" cmake -G Ninja -S $node_here -B "$folder" \
    -DHVUV_NODE_INCLUDE="$node_include" -DHVUV_WERROR="${HVUV_WERROR:-OFF}" "$@"
  quietly "$folder/build.log" cmake --build "$folder"
  grep -F ' warning: ' "$folder/build.log" || true
  module=$folder/hvuv.node
}

# node_modules: what tests and types are tried with, as package-lock.json pins it
node_modules() {
  modules=$node_work/modules
  mkdir -p "$modules"
  if ! cmp -s $node_here/package-lock.json "$modules/package-lock.json"; then
    say "Installing what people use with it: npm ci"
    cp $node_here/package.json $node_here/package-lock.json $node_here/.npmrc "$modules"
    (cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund) \
      >"$node_work/npm.log" 2>&1 </dev/null || {
      say "npm's registry is not reached; tests that need it are skipped"
      rm -f "$modules/package-lock.json"
    }
  fi
}

# node_for_laboratory: lets its cases run programs of Node, if one is here
node_for_laboratory() {
  if is_there node && is_there npm && set_node here; then
    need_node
    node_build .
    export HVUV_NODE="$node" HVUV_NODE_MODULE="$module"
  fi
}

# --- Testing -----------------------------------------------------------------

# node_run NAME FILE...: the tests in these files, by the Node that is set; their counts
# are added to $node_work/counts
node_run() {
  tap=$node_work/$1.tap
  shift
  HVUV_NODE_MODULE=$module NODE_PATH=$node_work/modules/node_modules \
    "$node" --test --test-timeout=120000 --test-concurrency=2 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$tap" "$@" </dev/null || true
  awk '
    /^# (pass|fail|cancelled|skipped|todo) [0-9]+$/ { n[$2] = $3; seen++ }
    END {
      print n["pass"] + 0, n["fail"] + n["cancelled"] + (seen < 5), n["skipped"] + n["todo"]
    }' "$tap" >>"$node_work/counts"
}

# node_step WORDS COMMAND...: one more that passes or fails
node_step() {
  say "$1"
  shift
  # A function that fails in a condition goes on, so it runs in a shell of its own.
  code=0
  (set -e && "$@") >"$node_work/step.log" 2>&1 </dev/null || code=$?
  case $code in
    0) echo 1 0 0 ;;
    *) echo 0 1 0 ;;
  esac >>"$node_work/counts"
  [ $code -eq 0 ] || cat "$node_work/step.log"
}

node_end() {
  awk '
    { passed += $1; failed += $2; skipped += $3 }
    END {
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
      exit failed > 0
    }' "$node_work/counts"
}

# node_tests [here | MAJOR]...: the module is built with the headers of the first
node_tests() {
  [ $# -gt 0 ] || set -- here
  want_node "$1"
  : >"$node_work/counts"
  node_build .
  node_modules

  for which in "$@"; do
    if ! set_node "$which"; then
      say "Skipped: Node $which could not be had from npm"
      echo 0 0 1 >>"$node_work/counts"
      continue
    fi
    say "Testing with Node $node_version"
    node_run "$which" $node_here/test/*.test.js
    node_step "Installing the package in an empty folder, for Node $node_version" \
      node_install prebuilt
  done
  set_node "$1"
  node_step "Installing it where it has to be built first" node_install built
  node_end
}

# node_pack FOLDER: the staged package as a tarball in that folder
node_pack() {
  rm -rf "$1"
  mkdir -p "$1"
  (cd "$node_work/stage" && npm pack --pack-destination "$1")
}

# node_install prebuilt|built: packs, installs the tarball in an empty folder without a
# network, and runs the README's first program
node_install() {
  sh $node_here/stage.sh "$module" "$node_work/stage"
  if [ "$1" = prebuilt ]; then
    node_pack "$node_work/package"
    cp "$node_work"/package/*.tgz "$node_work"
  else # as on a system that its module was not built for
    : >"$node_work/stage/hvuv.node"
    node_pack "$node_work/package"
  fi
  rm -rf "$node_work/empty"
  mkdir -p "$node_work/empty"
  cd "$node_work/empty"
  PATH=$(dirname "$node"):$PATH HVUV_NODE_INCLUDE=$node_include \
    npm install --offline --no-audit --no-fund --foreground-scripts ../package/hvuv-*.tgz
  awk '/^```js$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' \
    node_modules/hvuv/README.md >first.js
  HVUV_LOCAL_DIR=$(mktemp -d) timeout 20 "$node" first.js >said
  grep -q '^Hello from the host!$' said
}

# --- Under AddressSanitizer --------------------------------------------------

# node_asan [FILE...]: a fault of the module ends the test that meets it; leaks are looked
# up in the reports, since Node itself leaves memory behind at its exit. Without the types:
# it takes minutes to list what the compiler leaves.
node_asan() {
  want_node here
  need sanitizers
  : >"$node_work/counts"
  node_build asan -DCMAKE_BUILD_TYPE=Debug '-DHVUV_SANITIZE=address;undefined'
  node_modules
  rm -f "$node_work"/asan.report.*
  # shellcheck disable=SC2046 # paths without blanks
  [ $# -gt 0 ] || set -- $(printf '%s\n' $node_here/test/*.test.js | grep -v /use-types)

  runtimes="$(cc -print-file-name=libasan.so) $(cc -print-file-name=libubsan.so)"
  say "Testing with Node $node_version under AddressSanitizer"
  (
    export LD_PRELOAD="$runtimes"
    export ASAN_OPTIONS="detect_leaks=1:log_path=$node_work/asan.report:exitcode=99"
    export LSAN_OPTIONS=exitcode=0:report_objects=0
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    node_run asan "$@"
  )
  node_step "Looking for the module in the reports" node_reports
  node_end
}

# What the module itself has allocated: V8 keeps memory at an exit that was taken within the
# module's callbacks, too.
node_reports() {
  cat "$node_work"/asan.report.* 2>/dev/null | awk '
    /^(Direct|Indirect) leak/ { text = ""; inside = 1 }
    /ERROR: AddressSanitizer|runtime error/ { text = ""; inside = ours = 1 }
    inside { text = text $0 "\n" }
    inside && /^ *#[1-4] / && /hvnode__|hvuv__|hvuv_[a-z]|hvuv[.]node/ { ours = 1 }
    /^$/ {
      if (ours) { printf "%s\n", text; bad = 1 }
      inside = ours = 0
    }
    END { exit bad || ours }'
}

# --- The benchmark -----------------------------------------------------------

# node_bench [here | MAJOR] [ARGUMENTS]
node_bench() {
  which=here
  case ${1:-} in
    here | [0-9][0-9])
      which=$1
      shift
      ;;
  esac
  want_node "$which"
  node_build release -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS=-DNDEBUG
  HVUV_NODE_MODULE=$module "$node" $node_here/bench/bench.js "$@"
}
