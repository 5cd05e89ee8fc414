#!/usr/bin/env bash
# Throws requests made from /openapi.json at a server of its own: at least 20,000, all checks.
# usage: fuzz-api.sh REKOR [EXAMPLES-PER-OPERATION]     needs python3; schemathesis goes to a virtual environment of its own
set -euo pipefail
rekor=$(realpath "$1") examples=${2:-400}
here=$(cd "$(dirname "$0")/fuzz-api" && pwd)
venv="${REKOR_BENCH_CACHE:-$HOME/.cache/rekor-bench}/schemathesis"
if [ ! -x "$venv/bin/schemathesis" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q schemathesis
fi
root=$(mktemp -d)
export REKOR_OWNER_TOKEN=rks_fuzz_api_owner_token
"$rekor" serve --dev --data "$root/data" --listen 127.0.0.1:0 2> "$root/server.log" &
server=$!
trap 'kill $server 2> /dev/null || true; wait $server || true; rm -rf "$root"' EXIT
for _ in $(seq 100); do
  url=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$root/server.log")
  [ -n "$url" ] && break
  sleep 0.1
done
call() {
  curl -sf -X "$1" "$url/v1$2" -H "Authorization: Bearer $REKOR_OWNER_TOKEN" -H 'Content-Type: application/json' -d "$3" > /dev/null
}
for database in shop 0; do
  call POST /databases "{\"id\":\"$database\"}"
  call POST "/databases/$database/previews" '{"name":"p"}'
  call PUT "/$database--p/collections/items" '{"json_schema":{"type":"object"}}'
  call POST "/databases/$database/promote" "{\"from\":\"$database--p\"}"
  for n in 1 2 3; do
    call POST "/$database/documents/items" "{\"id\":\"$n\",\"external_id\":\"e$n\",\"data\":{\"n\":$n}}"
  done
done
cd "$root"
SCHEMATHESIS_HOOKS="$here/hooks.py" "$venv/bin/schemathesis" --config-file "$here/schemathesis.toml" run "$url/openapi.json" \
  -H "Authorization: Bearer $REKOR_OWNER_TOKEN" -c all -n "$examples" --phases examples,coverage,fuzzing --continue-on-failure --warnings off
if grep -i 'panicked' "$root/server.log"; then
  echo "the server panicked" >&2
  exit 1
fi
