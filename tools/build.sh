#!/usr/bin/env bash
# build.sh PRESET [TARGET…]: configures when needed and builds; quiet when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1; shift
[ -f "build/$preset/build.ninja" ] || cmake --preset "$preset" >"/tmp/ss-configure.$$.log" 2>&1 ||
  { cat "/tmp/ss-configure.$$.log" >&2; exit 1; }
rm -f "/tmp/ss-configure.$$.log"
targets=()
for target in "$@"; do targets+=(--target "$target"); done
cmake --build "build/$preset" "${targets[@]}"
