# The newest document: databases and documents.
. "$(dirname "$0")/prelude.sh"
ok rekor --version
ok rekor databases list
ok rekor databases create my-ws --name "My Database" --tags client:acme,billing
ok rekor databases create-preview my-ws --name "first"
said my-ws--first
# Schemas change in previews only: the quick start, which forgets that, is refused in production and works in the preview.
expect 4 rekor collections upsert invoices --database my-ws --name "Invoices" --schema "$INVOICES"
said create-preview
ok rekor collections upsert invoices --database my-ws--first --name "Invoices" --schema "$INVOICES"
ok rekor collections upsert customers --database my-ws--first --name "Customers" --schema '{"type":"object"}'
ok rekor documents upsert invoices --database my-ws--first --data '{"customer":"Test","amount":1}'
ok rekor sql "SELECT * FROM documents WHERE database_id = {database_id:String} AND collection = 'invoices' AND deleted = false" --database my-ws--first
ok rekor databases promote my-ws --from my-ws--first --dry-run
ok rekor databases promote my-ws --from my-ws--first
ok rekor documents upsert invoices --database my-ws --data '{"customer":"Acme Corp","amount":5000,"status":"draft"}' --output json
test "$(field version)" = 1
ok rekor documents upsert invoices --database my-ws --data '{"customer":"Acme Corp","amount":5000}' --external-id inv_123 --external-source billing --output json
FIRST=$(field id)
ok rekor documents upsert invoices --database my-ws --data '{"customer":"Acme Corp","amount":5000}' --external-id inv_123 --external-source billing --output json
test "$(field id)" = "$FIRST" && test "$(field version)" = 2
ok rekor sql "SELECT data.invoice_number.:String as num, data.status.:String as status, arraySum(CAST(data.line_items[].amount, 'Array(Float64)')) as total FROM documents WHERE database_id = {database_id:String} AND collection = 'invoices' AND deleted = false ORDER BY total DESC" --database my-ws
ok rekor documents upsert invoices --database my-ws --id rec_abc --data '{"customer":"A","amount":1,"status":"issued"}'
ok rekor relationships upsert --database my-ws --source invoices/rec_abc --target customers/rec_xyz --type belongs_to --output json
LINK=$(field id)
ok rekor query-relationships invoices rec_abc --database my-ws --type belongs_to --direction outgoing
said rec_xyz
# The full command reference.
ok rekor databases list --tag client:acme
said my-ws
ok rekor databases get my-ws
ok rekor databases tag my-ws --tags client:acme
ok rekor databases create gone --name Gone --description "to be deleted"
ok rekor databases delete gone -y
ok rekor collections list --database my-ws
ok rekor collections get invoices --database my-ws
ok rekor collections upsert scratch --database my-ws--first --name Scratch --schema '{"type":"object"}'
ok rekor collections delete scratch --database my-ws--first -y
ok rekor documents get invoices rec_abc --database my-ws --output json
test "$(field data.customer)" = A
ok rekor sql "SELECT data.status.:String as status, count() as cnt FROM documents WHERE database_id = {database_id:String} AND collection = 'invoices' AND deleted = false GROUP BY status" --database my-ws
ok rekor sql "SELECT item.description.:String as item, sum(CAST(item.amount, 'Float64')) as revenue FROM documents ARRAY JOIN data.line_items[] as item WHERE database_id = {database_id:String} AND collection = 'invoices' AND deleted = false GROUP BY item ORDER BY revenue DESC" --database my-ws
ok rekor sql "WITH inv AS (SELECT id, data.invoice_number.:String as num, arraySum(CAST(data.line_items[].amount, 'Array(Float64)')) as total FROM documents WHERE database_id = {database_id:String} AND collection = 'invoices' AND deleted = false), pay AS (SELECT target_id, sum(CAST(data.allocated, 'Float64')) as paid FROM relationships WHERE database_id = {database_id:String} AND rel_type = 'payment_for' AND deleted = false GROUP BY target_id) SELECT inv.num, inv.total, coalesce(pay.paid, 0) as paid, inv.total - coalesce(pay.paid, 0) as balance FROM inv LEFT JOIN pay ON pay.target_id = inv.id ORDER BY balance DESC" --database my-ws
ok rekor sql "SELECT * FROM documents WHERE database_id = {database_id:String} AND data.status.:String = {status:String} AND deleted = false" --database my-ws --param status=issued
said rec_abc
ok rekor relationships get "$LINK" --database my-ws
ok rekor relationships delete "$LINK" --database my-ws
ok rekor batch --database my-ws --operations '[
{"type":"upsert_document","collection":"invoices","data":{"customer":"A","amount":100}},
{"type":"upsert_document","collection":"invoices","data":{"customer":"B","amount":200}},
{"type":"upsert_relationship","rel_type":"related_to","source_collection":"invoices","source_id":"id1","target_collection":"invoices","target_id":"id2"}
]'
expect 1 rekor batch --database my-ws --operations '[{"type":"upsert_document","collection":"invoices","data":{"customer":"A"}}]'
ok rekor documents delete invoices rec_abc --database my-ws
expect 1 rekor documents get invoices rec_abc --database my-ws
# Providers.
OPENAI='[{"type":"function","function":{"name":"create_invoice","parameters":{"type":"object","properties":{"customer":{"type":"string"},"amount":{"type":"number"}},"required":["customer"]}}}]'
ok rekor providers import openai --database my-ws--first --tools "$OPENAI"
ok rekor providers import anthropic --database my-ws--first --tools '[{"name":"create_invoice","input_schema":{"type":"object","properties":{"customer":{"type":"string"}}}}]'
ok rekor providers import mcp --database my-ws--first --tools '[{"name":"create_invoice","inputSchema":{"type":"object","properties":{"customer":{"type":"string"}}}}]'
FILES=$(mktemp -d)
echo "$OPENAI" >"$FILES/tools.json"
ok rekor providers import openai --database my-ws--first --tools "@$FILES/tools.json"
ok rekor providers export openai --database my-ws
ok rekor providers export anthropic --database my-ws --collections invoices,customers
ok rekor providers export mcp --database my-ws --output "$FILES/out.json"
grep -q inputSchema "$FILES/out.json"
ok rekor providers import-call openai invoices --database my-ws --data '{"arguments":{"customer":"Acme","amount":5000}}' --external-id call_abc123 --external-source openai
ok rekor providers import-call anthropic invoices --database my-ws --data '{"input":{"customer":"Acme","amount":5000}}'
# Tokens.
ok rekor tokens create --name "my-key" --grants '[{"scope":{"databases":["*"]},"permissions":["*"]}]'
ok rekor tokens create --name "client-a-reader" --grants '[{"scope":{"databases":["client-a"],"environments":["production"]},"permissions":["read:documents","read:collections"]}]'
ok rekor tokens create --name "temp-key" --grants '[{"scope":{"databases":["*"]},"permissions":["*"]}]' --expires-at 2036-12-31T23:59:59Z --output json
TOKEN=$(field token) ID=$(field id)
ok env REKOR_TOKEN="$TOKEN" rekor whoami
# An agent cannot promote, whatever its grants.
expect 7 env REKOR_TOKEN="$TOKEN" rekor databases promote my-ws --from my-ws--first
ok rekor tokens list
said temp-key
ok rekor tokens revoke "$ID"
expect 4 env REKOR_TOKEN="$TOKEN" rekor whoami
# Account and diagnostics.
ok rekor whoami
ok rekor status
expect 2 rekor update
# Environments.
ok rekor databases create my-database --name "My Database"
ok rekor databases create-preview my-database --name "add-invoices"
ok rekor collections upsert invoices --database my-database--add-invoices --schema '{"type":"object","properties":{"amount":{"type":"number"}}}'
ok rekor databases promote my-database --from my-database--add-invoices
# The MCP Factory.
ok rekor collections upsert payments --database my-ws--first --schema '{"type":"object"}'
expect 4 rekor endpoints upsert invoicing-agent --database my-ws --name "Invoicing Agent" --tool "invoices:get,list"
ok rekor endpoints upsert invoicing-agent --database my-ws--first --name "Invoicing Agent" --tool "invoices:get,list" --tool "payments:create,get,list" --relationship "invoice_payment:list" --batch "invoices:create,update" --batch "payments:create" --batch "invoice_payment:create" --sql-query
ok rekor endpoints url invoicing-agent
said /e/invoicing-agent/mcp
ok rekor endpoints list --database my-ws--first
said invoicing-agent
said "(1 row)"
# What programs and shells ask for.
ok rekor databases list --jq '.data[] | select(.id == "my-ws--first") | .environment'
test "$(cat "$OUT")" = preview
ok rekor databases list --json=id,environment
test "$(field 0.environment)" = production
ok env REKOR_COMPLETE=bash _CLAP_COMPLETE_INDEX=3 _CLAP_COMPLETE_COMP_TYPE=9 _CLAP_COMPLETE_SPACE=true rekor -- rekor databases get my-ws--f
test "$(cat "$OUT")" = my-ws--first
ok rekor collections describe invoices --database my-ws
said "rows)"
ok rekor endpoints get invoicing-agent --database my-ws--first --resolved --output json
said list_invoices
ok rekor endpoints get invoicing-agent --database my-ws--first --cost
said create_payment
ok rekor endpoints upsert invoicing-agent --database my-ws--first --config '{
"name": "Invoicing Agent",
"tools": [
{
"collection": "invoices",
"operations": ["get", "list"],
"name_override": "search_invoices",
"description_override": "Search invoices by customer, status, or date range"
},
{
"collection": "payments",
"operations": ["create", "get", "list"],
"description_override": "Manage payment documents for invoices"
}
],
"relationships": [
{
"rel_type": "invoice_payment",
"operations": ["create", "list"],
"name_override": "assign_payment",
"description_override": "Link a payment to an invoice"
}
],
"sql_query": true
}'
ok rekor endpoints get invoicing-agent --database my-ws--first --resolved --output json
test "$(field resolved.tools.1.name) $(field resolved.tools.5.name)" = "search_invoices assign_payment"
ok rekor endpoints delete invoicing-agent --database my-ws--first -y
# Pending: hooks, triggers.
pending hooks create --database my-ws --name n --collection invoices
pending triggers create --database my-ws --name n --collection invoices --url https://example.com --events '["create"]'
