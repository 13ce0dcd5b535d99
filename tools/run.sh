#!/usr/bin/env bash
# run.sh [STATE]: the whole product on this machine, with a pretend Instagram. `make run` calls it.
# Variables: PORT (4000) and SANDBOX_PORT (4001); ONCE=1 stops after the smoke checks instead of waiting for Ctrl-C;
# BIN, where sssd and ssctl are.
set -euo pipefail
cd "$(dirname "$0")/.."
state=${1:-state}
port=${PORT:-4000}
sandbox_port=${SANDBOX_PORT:-4001}
bin=${BIN:-build/release/bin}
base=http://127.0.0.1:$port
sandbox=http://127.0.0.1:$sandbox_port
config=$state/sssd.toml
ctl=("$bin/ssctl" --config "$config")
pids=()

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n%s\n' "$*"; }

stop() {
  trap - EXIT INT TERM
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill -TERM "${pids[i]}" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  [ ${#pids[@]} -eq 0 ] || say "stopped; everything is kept in $state/"
}
trap stop EXIT
trap 'stop; exit 130' INT TERM

die() { echo "error: $*" >&2; exit 1; }

# start NAME COMMAND…: in the background, log in the state folder; returns when it says "ready"
start() {
  local name=$1 log=$state/$1.log; shift
  mkfifo "$state/.$name.ready" 2>/dev/null || true
  "$@" >"$state/.$name.ready" 2>>"$log" &
  pids+=($!)
  local line=
  if ! read -r -t 60 line <"$state/.$name.ready" || [[ $line != ready* ]]; then
    tail -n 15 "$log" >&2
    die "$name did not start; its whole log: $log"
  fi
  # keep the reading end open, so that a later line does not end the program
  exec {keep}<>"$state/.$name.ready"
}

# api METHOD PATH [JSON]: one call as the first user; prints the answer
api() {
  local method=$1 path=$2 body=${3:-}
  curl -sS --fail-with-body -X "$method" "$base$path" -H "Authorization: Bearer $token" \
    ${body:+-H 'Content-Type: application/json' --data "$body"}
}
play() { curl -sS --fail-with-body -X POST "$sandbox/__sandbox/$1" -H 'Content-Type: application/json' --data "$2" >/dev/null; }

# until_true SECONDS COMMAND…: repeats until it succeeds
until_true() {
  local end=$((SECONDS + $1)); shift
  until "$@"; do [ $SECONDS -lt $end ] || return 1; sleep 0.1; done
}

for needed in curl jq; do command -v $needed >/dev/null || die "$needed is missing: make packages"; done
for busy in "$port" "$sandbox_port"; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$busy") 2>/dev/null; then die "port $busy is in use; try PORT=4100 SANDBOX_PORT=4101 make run"; fi
done

[ -f "$config" ] || "$bin/ssctl" init "$state" --listen "127.0.0.1:$port" --sandbox "$sandbox" --quiet >/dev/null
"${ctl[@]}" --quiet migrate up >/dev/null

email=maria@loja.example
if [ ! -f "$state/password" ]; then
  (umask 077; "${ctl[@]}" --json user add "$email" --name "Maria" --workspace "Loja da Maria" | jq -r .password >"$state/password.new")
  mv "$state/password.new" "$state/password"
fi
password=$(cat "$state/password")

subscribed=(); [ -f "$state/.shown" ] && subscribed=(--subscribed)
start sandbox "${ctl[@]}" sandbox --port "$sandbox_port" "${subscribed[@]}"
start sssd "$bin/sssd" --config "$config"
token=$(curl -sS --fail-with-body "$base/api/v1/auth/login" -H 'Content-Type: application/json' \
  --data "$(jq -n --arg e "$email" --arg p "$password" '{email: $e, password: $p}')" | jq -r .access_token)

show_the_main_job() {
  say "Connecting the shop's Instagram account"
  local cookies=$state/.cookies
  local url
  url=$(curl -sS --fail-with-body -c "$cookies" -X POST "$base/api/v1/accounts/connect" -H "Authorization: Bearer $token" | jq -r .authorize_url)
  curl -sS --fail-with-body -b "$cookies" -L "$url" | jq -r '"  connected: @" + .username'
  rm -f "$cookies"

  say "Customers write (signed webhooks)"
  mapfile -t customers < <(curl -sS "$sandbox/__sandbox/state" | jq -r '.customers[].id')
  play write "$(jq -n --arg c "${customers[0]}" '{customer: $c, text: "Oi! Ainda tem o vestido azul?"}')"
  play write "$(jq -n --arg c "${customers[1]}" '{customer: $c, text: "Bom dia, vocês entregam em Recife?"}')"
  play write "$(jq -n --arg c "${customers[2]}" '{customer: $c, attachments: [{type: "image"}]}')"
  inbox() { [ "$(api GET /api/v1/conversations | jq '.items | length')" -ge 3 ]; }
  until_true 20 inbox || die "the messages did not arrive; see $state/sssd.log"
  api GET /api/v1/conversations | jq -r '.items[] | "  " + (if .contact.name == "" then .contact.external_id else .contact.name end) + ": " + .preview'

  say "Answering one"
  local conversation message post media
  conversation=$(api GET /api/v1/conversations | jq '.items[-1].id')
  message=$(api POST /api/v1/messages "{\"conversation\": $conversation, \"text\": \"Tem sim! Posso separar para você?\"}" | jq .id)
  sent() { api GET "/api/v1/messages/$message" | jq -e '.delivery == "sent" or .delivery == "read"' >/dev/null; }
  until_true 20 sent || die "the answer was not sent; see $state/sssd.log"
  api GET "/api/v1/messages/$message" | jq -r '"  " + .delivery + ": " + .text'

  say "Publishing a scheduled post"
  curl -sS "$sandbox/cdn/vitrine.jpg" -o "$state/.vitrine.jpg"
  media=$(curl -sS --fail-with-body -X POST "$base/api/v1/media?name=vitrine.jpg" -H "Authorization: Bearer $token" \
    -H 'Content-Type: image/jpeg' --data-binary @"$state/.vitrine.jpg" | jq .id)
  rm -f "$state/.vitrine.jpg"
  local account
  account=$(api GET /api/v1/accounts | jq '.items[0].id')
  post=$(api POST /api/v1/posts/schedule "{\"account\": $account, \"media\": $media, \"caption\": \"Novidade na vitrine! #loja\", \"at\": \"$(date -u -d '+2 seconds' +%Y-%m-%dT%H:%M:%SZ)\"}" | jq .id)
  published() { api GET "/api/v1/posts/$post" | jq -e '.state == "published" and .permalink != ""' >/dev/null; }
  until_true 60 published || die "the post was not published; see $state/sssd.log"
  api GET "/api/v1/posts/$post" | jq -r '"  " + .state + ": " + .permalink'
  touch "$state/.shown"
}
[ -f "$state/.shown" ] || show_the_main_job

say "Smoke checks"
smoke=0
SMOKE_PASSWORD=$password "${ctl[@]}" smoke --url "$base" --email "$email" --log "$state/sssd.log" || smoke=$?

say "Social Selling runs at $base"
cat <<END
  API and its documentation  $base/api/docs
  log in with                $email   $password
  pretend Instagram          $sandbox/__sandbox/state
  logs and data              $state/
END
[ -n "${ONCE:-}" ] && exit $smoke
say "Ctrl-C stops it"
wait -n "${pids[@]}" || true
die "a process ended by itself; see $state/*.log"
