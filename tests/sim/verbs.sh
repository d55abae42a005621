# The verb sim of ./dev, which sources this: random simulations against models
# (CONTRIBUTING.md), under AddressSanitizer.
# shellcheck shell=sh

sim_here=tests/sim
sim_names='sim_stream sim_conn sim_pair'

# sim [SECONDS [FIRST_SEED]] | sim seed SEED | sim mutants
sim() {
  need_tests
  if [ "${1:-}" = mutants ]; then
    shift
    sim_mutants "$@"
    return
  fi
  need sanitizers
  configure asan
  # shellcheck disable=SC2086 # names are words
  compile asan $sim_names
  case ${1:-} in
    seed) sim_each seed "${2:?"sim seed needs a number"}" ;;
    # Without a seed, each run has some of its own.
    *) sim_each for "${1:-60}" "${2:-$(date +%s)}" ;;
  esac
}

# sim_each ARGUMENTS...: each simulation, also after one has failed
sim_each() {
  passed=0
  failed=0
  for name in $sim_names; do
    say "Simulating: $name $*"
    if ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 \
      "build/asan/tests/sim/$name" "$@"; then
      passed=$((passed + 1))
    else
      failed=$((failed + 1))
    fi
  done
  echo "$passed passed, $failed failed, 0 skipped"
  [ "$failed" -eq 0 ]
}

# sim_mutants [STEPS [FIRST LAST]]
sim_mutants() {
  say "Planting faults; the table is $sim_here/mutants/list"
  sh $sim_here/mutants/run.sh "$PWD" "$PWD/build/mutants" "$sim_names" "$@"
}
