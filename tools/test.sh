#!/usr/bin/env bash
# test.sh: builds and runs everything that is checked; ends with one line "N passed, N failed".
# Variables: ONLY=release or ONLY=asan runs one half; JOBS (2) tests at once.
set -uo pipefail
cd "$(dirname "$0")/.."
jobs=${JOBS:-$(nproc)}
passed=0 failed=0 failures=()
unset SS_TEST_ACCEPT  # set, even to nothing, it would accept every answer

step() { printf '\n== %s (%s)\n' "$1" "$(date +%T)"; }

# half PRESET "TARGET…" [ctest options…]: builds targets of a preset and runs tests, adding to the counts
half() {
  local preset=$1 targets=$2 report=build/$1/report.xml; shift 2
  step "build $preset"
  # shellcheck disable=SC2086
  if ! tools/build.sh "$preset" $targets >"build/$preset.log" 2>&1; then
    grep -E 'error|Error|FAILED' "build/$preset.log" | head -n 20
    tail -n 20 "build/$preset.log"
    failed=$((failed + 1)); failures+=("$preset: the build")
    return
  fi
  step "test $preset"
  rm -f "$report"
  ctest --test-dir "build/$preset" --output-on-failure -j "$jobs" --output-junit "$PWD/$report" "$@" >"build/$preset-tests.log" 2>&1
  grep -vE '^ *Start +[0-9]+:| Passed +[0-9.]+ sec$|^ *[0-9]+/[0-9]+ Test .* Passed ' "build/$preset-tests.log" | tail -n 200
  local counts bad skipped
  counts=$(sed -nE 's/.* tests="([0-9]+)".*/\1/p;s/^[[:space:]]*tests="([0-9]+)".*/\1/p' "$report" 2>/dev/null | head -1)
  bad=$(grep -cE '<testcase [^>]*status="fail"' "$report" 2>/dev/null)
  skipped=$(grep -cE '<testcase [^>]*status="(notrun|disabled)"' "$report" 2>/dev/null)
  if [ -z "$counts" ] || [ "$counts" -eq 0 ]; then
    failed=$((failed + 1)); failures+=("$preset: no test ran")
    return
  fi
  passed=$((passed + counts - bad - skipped)); failed=$((failed + bad))
  [ "$skipped" -eq 0 ] || printf '%s: %s skipped\n' "$preset" "$skipped"
  while read -r name; do failures+=("$preset: $name"); done < <(sed -nE 's/.*<testcase name="([^"]*)"[^>]*status="fail".*/\1/p' "$report")
}

mkdir -p build
# The sanitizers end a test at the first report; their small signal stack would not hold a crash report's trace.
export ASAN_OPTIONS=detect_leaks=1:halt_on_error=1:abort_on_error=0:exitcode=99:use_sigaltstack=0
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# What is shipped: the real daemon under attack, killed, and driven through the API.
[ "${ONLY:-release}" = release ] && half release 'sssd ssctl ss_front_door ss_integration ss_faulty_disk' -L 'attack|integration'
# Everything again under the address and undefined-behaviour sanitizers, with every module's own tests.
# What kills or breaks many daemons one after the other has run above.
[ "${ONLY:-asan}" = asan ] && half asan all -LE attack -E 'SeededFault|IdempotencyKey\.killed_at_any_moment|Storage/Kill\.'

if [ ${#failures[@]} -gt 0 ]; then
  printf '\nfailed:\n'
  printf '  %s\n' "${failures[@]}"
fi
printf '\n%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
