#!/usr/bin/env bash
# install.sh LIST…: installs the Debian packages of the lists that are missing; does nothing when none is.
set -euo pipefail
mapfile -t wanted < <(cat "$@" | sed 's/#.*//; s/[[:space:]]//g' | grep -v '^$')
missing=()
for package in "${wanted[@]}"; do
  # "a|b": the first that this Debian offers
  if [[ $package == *"|"* ]]; then
    IFS='|' read -r first second <<<"$package"
    if dpkg-query -W -f='${Status}' "$first" 2>/dev/null | grep -q 'ok installed' ||
       dpkg-query -W -f='${Status}' "$second" 2>/dev/null | grep -q 'ok installed'; then continue; fi
    missing+=("$package")
  else
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "error: these packages are missing and neither root nor sudo is at hand: ${missing[*]}" >&2; exit 77; }
  sudo=(sudo)
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -q >/dev/null
names=()
for package in "${missing[@]}"; do
  if [[ $package == *"|"* ]]; then
    IFS='|' read -r first second <<<"$package"
    if apt-cache show "$first" >/dev/null 2>&1; then names+=("$first"); else names+=("$second"); fi
  else
    names+=("$package")
  fi
done
# The tests start servers of their own: Debian's must not start by themselves on a developer's machine.
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "${names[@]}" >/tmp/ss-install.$$.log 2>&1 ||
  { tail -n 20 /tmp/ss-install.$$.log >&2; echo "error: apt-get failed; the whole log: /tmp/ss-install.$$.log" >&2; exit 69; }
rm -f /tmp/ss-install.$$.log
