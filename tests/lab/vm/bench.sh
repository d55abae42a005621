#!/bin/sh
# bench.sh BENCH FOLDER KERNEL [OPTIONS]: runs `BENCH guest -k vsock OPTIONS` in a
# guest whose clock counts instructions, shows what it says, and puts its figures
# into FOLDER/vm-bench.tsv. Ends with "N passed, N failed, N skipped", of which
# each is a server under a scenario. A guest that takes longer than
# HVUV_VM_BENCH_SECONDS (600) is ended. HVUV_VM_BENCH_SEED (1) is where the guest's
# random numbers come from.
set -eu
bench=$1 folder=$2 kernel=$3
shift 3
here=$(dirname "$0")
guest=$folder/guest
seconds=${HVUV_VM_BENCH_SECONDS:-600}

for option in "$@"; do
  case $option in
    '' | *[!A-Za-z0-9_,.-]*)
      echo "bench.sh: $option: an option has letters, digits and any of _,.-" >&2
      exit 2
      ;;
  esac
done

mkdir -p "$guest"
sh "$here/kernel.sh" "$kernel"

# --- What the guest gets -----------------------------------------------------

# Its clock limits the case's time, which is no limit to ours; boot.sh has that.
echo "bench 100000 sh bench.sh -k vsock $*" >"$folder/cases"

# Servers that others wrote, where they are; the benchmark names those that are not.
others=
beside=$(dirname "$bench")
for name in bench_go bench_rust; do
  [ ! -x "$beside/$name" ] || others="$others $beside/$name=/guest/$name"
done
socat=$(command -v socat || true)
[ -z "$socat" ] || others="$others $socat=/bin/socat"

# shellcheck disable=SC2086 # others are words
sh "$here/image.sh" "$folder/image" "$kernel" vsock_loopback \
  "$folder/cases" "$here/guest/run.sh" "$here/guest/bench.sh" \
  "$bench=/guest/bench" $others

# --- Its run -----------------------------------------------------------------

# shown lines of what the guest says have been printed; the case's own have a |.
shown=0
show() {
  lines=$(wc -l <"$guest/results")
  if [ "$lines" -gt "$shown" ]; then
    sed -n "$((shown + 1)),${lines}p" "$guest/results" | awk -F '\t' '
      !/^[|]/ { next }
      { sub(/^[|]/, "") }
      $1 == "rows" || $2 == "scenario" { next }
      $1 == "row" { printf "  %-10s %-15s %s\n", $2, $3, $5; fflush(); next }
      { print }'
    shown=$lines
  fi
}

# With -seed, all that is random in the guest is the same at each boot, and with
# that clock so is its date: so are then all instructions. Each byte that a
# processor with erms copies would be an instruction here; without, it is eight
# bytes.
: >"$guest/results"
sh "$here/boot.sh" "$guest" "$kernel/vmlinuz" "$folder/image" "$seconds" \
  -icount shift=0,sleep=off -seed "${HVUV_VM_BENCH_SEED:-1}" \
  -rtc base=2000-01-01,clock=vm -cpu max,-erms,-fsrm \
  -append "console=ttyS0 quiet panic=-1 oops=panic nokaslr norandmaps" \
  >"$folder/boot" 2>&1 </dev/null &
boot=$!
trap 'kill "$boot" 2>/dev/null || true; wait' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

begin=$(date +%s)
echo "Booting the guest; then each server and its instructions per message:"
while kill -0 "$boot" 2>/dev/null; do
  sleep 1
  show
done
code=0
wait "$boot" || code=$?
trap - EXIT
show
if [ "$code" -ne 0 ]; then
  cat "$folder/boot"
  echo "A slow machine may need more than $seconds s: HVUV_VM_BENCH_SECONDS says how"
  echo "many; fewer servers (-w NAME,...) or fewer scenarios need less."
fi

# --- Its figures -------------------------------------------------------------

sed -n "s/^|row$(printf '\t')//p" "$guest/results" >"$folder/vm-bench.tsv"
echo
echo "Took $(($(date +%s) - begin)) s. Written: $folder/vm-bench.tsv"

# Rows that were announced and did not come have failed, and so has a guest that
# announced none or did not end well. Skipped is who was left out.
awk -F '\t' '
  /^[|]row\t/ && $2 != "scenario" { if ($5 != "failed") passed++ }
  /^[|] *left out: / { skipped++ }
  /^[|]rows\t/ { announced += $2 }
  /^=exit bench 0$/ { well = 1 }
  END {
    failed = announced - passed
    if (failed == 0 && !well) failed = 1
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0
  }' "$guest/results"
