#!/usr/bin/env bash
# The tour of the README on a fresh server: examples/demo.sh REKOR_BINARY [s3]
# With s3 the data is on a private S3 server that scripts/s3/up.sh starts.
set -euo pipefail
cd "$(dirname "$0")/.."
BINARY=$1
DATA=$PWD/demo-data
FILES=$(mktemp -d)
if [ "${2:-}" != s3 ]; then rm -rf "$DATA"; fi
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export REKOR_OWNER_TOKEN="rks_$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
export REKOR_TOKEN=$REKOR_OWNER_TOKEN REKOR_API_URL=http://127.0.0.1:$PORT
unset REKOR_DATABASE REKOR_WORKSPACE

rekor() { "$BINARY" "$@"; }
# Shows a command as it would be typed, then runs it.
show() {
  local text=""
  for word in "$@"; do
    case $word in *[\ \'\"\{\[\(\*]*) text+=" '${word//\'/\'\\\'\'}'" ;; *) text+=" $word" ;; esac
  done
  printf '\n$ rekor%s\n' "$text"
  rekor "$@"
}
# The same for a command that must fail.
refused() { if show "$@" 2>&1; then echo "this should have been refused" >&2; exit 1; fi }

ROOT=("$DATA")
if [ "${2:-}" = s3 ]; then
  scripts/s3/up.sh "$FILES/s3"
  set -a
  # shellcheck disable=SC1091
  . "$FILES/s3/env"
  set +a
  ROOT=(s3://rekor-test/demo --wal "$FILES/wal")
fi
"$BINARY" serve --dev --data "${ROOT[@]}" --listen "127.0.0.1:$PORT" 2>"$FILES/serve.log" &
SERVER=$!
finish() {
  kill "$SERVER" 2>/dev/null || true
  if [ -e "$FILES/s3/pid" ]; then scripts/s3/down.sh "$FILES/s3"; fi
  rm -rf "$FILES"
}
trap finish EXIT
for _ in $(seq 200); do rekor status >/dev/null 2>&1 && break; sleep 0.05; done
rekor status >/dev/null || { cat "$FILES/serve.log" >&2; exit 1; }
python3 examples/invoices/generate.py "$FILES" 20000

echo "== A database, a preview for its schema, and a human who promotes it"
show databases create shop --name Shop --tags client:acme,demo
show databases create-preview shop --name first
for name in customers invoices payments; do
  show collections upsert $name --database shop--first --name "${name^}" --schema @examples/invoices/schemas/$name.json >"$FILES/out"
  head -2 "$FILES/out"
done
show databases promote shop --from shop--first --dry-run --output json | head -12
show databases promote shop --from shop--first | head -5

export REKOR_DATABASE=shop
echo; echo "== Documents: 20,000 invoices, then 2,000 of them again with another status, by external id"
show documents import customers "$FILES/customers.ndjson" --external-id-path customer_id
show documents import invoices "$FILES/invoices.ndjson" --external-id-path invoice_number
show documents import payments "$FILES/payments.ndjson" --external-id-path payment_number
show documents import invoices "$FILES/invoices-changed.ndjson" --external-id-path invoice_number
echo; echo "== One atomic batch: 900 relationships and 100 deletes"
show batch --operations "@$FILES/batch.json" >"$FILES/out"; head -2 "$FILES/out"; tail -2 "$FILES/out"

echo; echo "== Everything in Parquet files"
show admin compact

echo; echo "== SQL, in ClickHouse's dialect"
WHERE="database_id = {database_id:String} AND collection = 'invoices' AND deleted = false"
show sql "SELECT data.invoice_number.:String as num, data.status.:String as status FROM documents WHERE $WHERE ORDER BY num LIMIT 5"
show sql "SELECT data.status.:String as status, count() as cnt FROM documents WHERE $WHERE GROUP BY status ORDER BY cnt DESC"
show sql "SELECT data.invoice_number.:String as num, arraySum(CAST(data.line_items[].amount, 'Array(Float64)')) as total FROM documents WHERE $WHERE ORDER BY total DESC, num LIMIT 5"
show sql "SELECT item.description.:String as item, sum(CAST(item.amount, 'Float64')) as revenue FROM documents ARRAY JOIN data.line_items[] as item WHERE $WHERE GROUP BY item ORDER BY revenue DESC"
show sql "WITH inv AS (SELECT id, data.invoice_number.:String as num, arraySum(CAST(data.line_items[].amount, 'Array(Float64)')) as total FROM documents WHERE $WHERE), pay AS (SELECT target_id, sum(CAST(data.allocated, 'Float64')) as paid FROM relationships WHERE database_id = {database_id:String} AND rel_type = 'payment_for' AND deleted = false GROUP BY target_id) SELECT inv.num, inv.total, coalesce(pay.paid, 0) as paid, round(inv.total - coalesce(pay.paid, 0), 2) as balance FROM inv LEFT JOIN pay ON pay.target_id = inv.id ORDER BY paid DESC, num LIMIT 5"
show sql "SELECT * FROM documents WHERE $WHERE AND data.status.:String = {status:String} ORDER BY id LIMIT 1" --param status=overdue --output json
show sql "SELECT operation, entity_type, count() AS n FROM operations_log GROUP BY operation, entity_type ORDER BY n DESC"

echo; echo "== A filter, for programs that do not write SQL"
show query invoices --filter '{"field":"data.amount","op":"gt","value":1000}' --sort '[{"field":"data.amount","direction":"desc"}]' --fields data.invoice_number,data.amount --limit 3

echo; echo "== A change of a schema is looked at before it is made, also against the stored documents"
rekor databases create-preview shop --name narrow >/dev/null
python3 - examples/invoices/schemas/invoices.json >"$FILES/narrow.json" <<'EDIT'
import json, sys
schema = json.load(open(sys.argv[1]))
schema["properties"]["amount"]["type"] = "integer"
print(json.dumps(schema))
EDIT
rekor collections upsert invoices --database shop--narrow --schema @"$FILES/narrow.json" >/dev/null
show databases promote shop --from shop--narrow --dry-run

echo; echo "== Traversal"
ID=$(rekor sql "SELECT target_id FROM relationships ORDER BY id LIMIT 1" --output json | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"][0]["target_id"])')
show query-relationships invoices "$ID" --type payment_for --direction incoming

echo; echo "== What is wrong is said, and nothing is stored"
refused documents upsert invoices --data '{"invoice_number":"INV-1","customer":"C-1","amount":-5,"status":"sent"}'
refused sql "SELECT data.status FORM documents"
refused sql "SELECT cuont() FROM documents"
refused collections upsert invoices --name Changed

kill -TERM "$SERVER"; wait "$SERVER"
if [ "${2:-}" = s3 ]; then
  echo; echo "The data was in the bucket of a server that ends now."
else
  echo; echo "The data is in ./demo-data. Serve it again with:"
  echo "  REKOR_OWNER_TOKEN=rks_<your choice of 20 characters or more> $BINARY serve --dev --data ./demo-data"
fi
