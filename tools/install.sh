#!/usr/bin/env bash
# install.sh LIST…: installs the Debian packages of the lists that are missing; does nothing when none is.
# A line "a|b" is a where this Debian offers it, else b.
set -euo pipefail
mapfile -t wanted < <(cat "$@" | sed 's/#.*//; s/[[:space:]]//g' | grep -v '^$')

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
# (apt-cache show also knows names that nothing offers)
offered() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }
missing_of() {
  local package first second
  for package in "${wanted[@]}"; do
    IFS='|' read -r first second <<<"$package"
    if [ -n "$second" ] && ! installed "$first" && ! offered "$first"; then first=$second; fi
    installed "$first" || echo "$first"
  done
}
mapfile -t missing < <(missing_of)
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "error: these packages are missing and neither root nor sudo is at hand: ${missing[*]}" >&2; exit 77; }
  sudo=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -q >/dev/null
mapfile -t missing < <(missing_of)  # now that the lists are there
echo "installing: ${missing[*]}"
# The tests start servers of their own: Debian's must not start by themselves on a developer's machine.
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "${missing[@]}" >/tmp/ss-install.$$.log 2>&1 ||
  { tail -n 20 /tmp/ss-install.$$.log >&2; echo "error: apt-get failed; the whole log: /tmp/ss-install.$$.log" >&2; exit 69; }
rm -f /tmp/ss-install.$$.log
