#!/usr/bin/env bash
# Fetches what the page /api/docs is made of (npm, by the lock file) when it is not there yet.
set -euo pipefail
cd "$(dirname "$0")/../web/api-docs"
done_mark=node_modules/.installed-lock
cmp -s package-lock.json "$done_mark" && exit 0
if ! command -v npm >/dev/null; then
  printf 'nodejs\nnpm\n' >/tmp/ss-npm.$$
  ../../tools/install.sh /tmp/ss-npm.$$
  rm -f /tmp/ss-npm.$$
fi
npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
cp package-lock.json "$done_mark"
