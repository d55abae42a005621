# What the laboratories share whose host is a script: a folder, processes, how a failure
# has to read, and a list of cases. They end only processes that have the folder's name in
# their arguments.
# shellcheck shell=sh

# fail WORDS...
fail() {
  echo "FAILED: $*"
  exit 1
}

# await SECONDS COMMAND...: until it succeeds; 1 if it does not in that time
await() {
  tenths=$(($1 * 10))
  shift
  until "$@"; do
    tenths=$((tenths - 1))
    [ $tenths -gt 0 ] || return 1
    sleep 0.1
  done
}

# --- The folder --------------------------------------------------------------

# lab_open PROGRAM...: makes LAB, a temporary folder for machines, one in each folder of
# it, and what their processes say, and puts the PROGRAMs into PATH. Its name is short: a
# Unix socket's path has 107 bytes. It goes at the end, with the processes whose ids are
# in LAB/*/*.pid.
lab_open() {
  LAB=$(mktemp -d /tmp/hv.XXXXXX)
  trap lab_close EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  mkdir "$LAB/bin"
  for program in "$@"; do
    ln -s "$program" "$LAB/bin/${program##*/}"
  done
  PATH=$LAB/bin:$PATH
  export LAB PATH
}

lab_close() {
  for file in "$LAB"/*/*.pid; do
    (end "$file") || true
  done
  rm -rf "$LAB"
}

# lab_tail LINES FILE...: the last lines of each that has any
lab_tail() {
  lines=$1
  shift
  for file in "$@"; do
    if [ -s "$file" ]; then
      echo "--- ${file#"$LAB"/}"
      tail -n "$lines" "$file" | cut -c 1-400
    fi
  done
}

# --- Processes ---------------------------------------------------------------

# alive FILE: whether the process whose id is in it runs, and is one of this lab's
alive() {
  pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] &&
    grep -q '^State:[[:space:]]*[^ZX]' "/proc/$pid/status" 2>/dev/null &&
    { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "$LAB"
}

# send SIGNAL FILE
send() {
  ! alive "$2" || kill "-$1" "$(cat "$2")"
}

is_dead() {
  ! alive "$1"
}

# end FILE
end() {
  send KILL "$1"
  await 5 is_dead "$1" || fail "$1 does not die"
  rm -f "$1"
}

# serve FILE COMMAND...: starts a server here, and waits until it listens; its id is in
# FILE.pid, its words are in FILE
serve() {
  words=$1
  shift
  end "$words.pid" # of a case that failed
  : >"$words" # what the last one said is not this one's
  "$@" >"$words" 2>&1 </dev/null &
  echo $! >"$words.pid"
  await 10 grep -q '^\(Listening\|Forwarding\)' "$words" || {
    cat "$words"
    fail "no server: $*"
  }
}

# --- What came of it ---------------------------------------------------------

# fails_with NAME WORDS COMMAND...: it has to fail with that error, and to explain it in
# those words
fails_with() {
  error=$1 words=$2
  shift 2
  code=0
  said=$(timeout 30 "$@" 2>&1 </dev/null) || code=$?
  says "$error" "$words"
}

# says NAME WORDS: whether $said and $code are that failure, explained so
says() {
  echo "$said"
  [ "$code" -eq 1 ] || fail "exit code $code"
  case $said in
    *"($1)"*"$2"*) ;;
    *) fail "wanted $1 and the words: $2" ;;
  esac
}

# --- A list of cases ---------------------------------------------------------

# run_cases LIST RESULTS FOLDER: runs each case of a list, a line NAME SECONDS SCRIPT
# FUNCTION, in a shell of its own that has FOLDER/lab.sh, and writes to RESULTS what
# vm/guest/run.sh would. What the function `logs` prints goes with a failure.
run_cases() {
  results=$2 scripts=$3 ran=0 failed=0
  : >"$results"
  while read -r name seconds script function <&3; do
    case $name in
      '' | '#'*) continue ;;
    esac
    code=0
    begin=$(date +%s)
    timeout -k 3 "$seconds" sh -c '. "$1/lab.sh"; . "$1/$2"; "$3"' sh \
      "$scripts" "$script" "$function" >"$LAB/said" 2>&1 </dev/null || code=$?
    {
      echo "=case $name"
      cat "$LAB/said"
      echo "$(($(date +%s) - begin)) s"
      case $code in
        0 | 77) ;;
        *) logs ;;
      esac
    } | sed '2,$s/^/|/' >>"$results"
    echo "=exit $name $code" >>"$results"
    ran=$((ran + 1))
    case $code in
      0 | 77) ;;
      *) failed=$((failed + 1)) ;;
    esac
  done 3<"$1"
  echo "=end" >>"$results"
  echo "$ran cases ran, $failed failed"
}
