#!/usr/bin/env bash
# twice.sh BIN: what `make run` shows, on free ports: the first time the whole main job, the second time everything is
# still there. Fifteen smoke lines each time, none failed, and nothing runs afterwards.
set -euo pipefail
bin=$1
cd "$(dirname "$0")/../.."
state=$(mktemp -d /tmp/ss-run-XXXXXX)
trap 'rm -rf "$state"' EXIT
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
run() { BIN=$bin PORT=$port SANDBOX_PORT=$sandbox ONCE=1 tools/run.sh "$state/here" >"$state/out.$1" 2>&1 || { cat "$state/out.$1"; exit 1; }; }
port=$(free) sandbox=$(free)
[ "$port" != "$sandbox" ] || sandbox=$(free)
run first
grep -q 'connected: @' "$state/out.first"
grep -q 'published: https://' "$state/out.first"
begin=$(date +%s%N)
run second
milliseconds=$((($(date +%s%N) - begin) / 1000000))
for n in first second; do
  lines=$(grep -cE '^(ok|skip|FAIL)' "$state/out.$n")
  [ "$lines" -eq 15 ] || { cat "$state/out.$n"; echo "$n: $lines smoke lines"; exit 1; }
  ! grep -q '^FAIL' "$state/out.$n" || { cat "$state/out.$n"; exit 1; }
done
! grep -q 'connected: @' "$state/out.second" || { echo "the second run began anew"; exit 1; }
! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "sssd still runs"; exit 1; }
# All the messages of the first run are there: three, the answer, and those of two smoke runs.
echo "the second run took $milliseconds ms"
