# The older document: workspaces and records, with the filter language.
. "$(dirname "$0")/prelude.sh"
ok rekor workspaces list
ok rekor workspaces create my-workspace --name "My Workspace"
ok rekor workspaces create old-ws --name "Old" --description "the same in older words"
ok rekor workspaces create-preview old-ws --name first
expect 4 rekor collections upsert invoices --workspace old-ws --name "Invoices" --schema "$INVOICES"
ok rekor collections upsert invoices --workspace old-ws--first --name "Invoices" --schema "$INVOICES"
ok rekor collections upsert customers --workspace old-ws--first --schema '{"type":"object"}'
ok rekor workspaces promote old-ws --from old-ws--first
ok rekor records upsert invoices --workspace old-ws --data '{"customer":"Acme Corp","amount":5000,"status":"draft"}'
ok rekor records upsert invoices --workspace old-ws --data '{"customer":"Acme Corp","amount":5000}' --external-id inv_123 --external-source billing
ok rekor query invoices --workspace old-ws --filter '{"field":"data.status","op":"eq","value":"draft"}' --sort '{"field":"data.amount","order":"desc"}' --limit 10 --output json
test "$(field meta.total)" = 1
ok rekor relationships upsert --workspace old-ws --source invoices/rec_abc --target customers/rec_xyz --type belongs_to --output json
LINK=$(field id)
ok rekor query-relationships invoices rec_abc --workspace old-ws --type belongs_to --direction outgoing
ok rekor workspaces get old-ws
ok rekor collections list --workspace old-ws
ok rekor collections get invoices --workspace old-ws
ok rekor records upsert invoices --workspace old-ws --id rec_abc --data '{"customer":"A","amount":7000,"status":"issued","year":"2026"}'
ok rekor records get invoices rec_abc --workspace old-ws --output json
ok rekor query invoices --workspace old-ws --filter '{"and": [
{"field": "data.status", "op": "eq", "value": "issued"},
{"field": "data.amount", "op": "gt", "value": 5000}
]}' --fields data.customer --offset 0 --output json
test "$(field data.0.data.customer)" = A
ok rekor query invoices --workspace old-ws --aggregate --aggregations '[{"fn":"sum","field":"data.amount","alias":"total"},{"fn":"count","alias":"count"}]' --group-by data.status --filter '{"field":"data.year","op":"eq","value":"2026"}' --sort '[{"field":"total","direction":"desc"}]' --output json
test "$(field data.0.total)" = 7000 && test "$(field data.0.count)" = 1
ok rekor records query invoices --workspace old-ws --source billing --limit 10 --output json
test "$(field meta.total)" = 1
ok rekor relationships get "$LINK" --workspace old-ws
ok rekor relationships delete "$LINK" --workspace old-ws
ok rekor batch --workspace old-ws --operations '[
{"type":"upsert_record","collection":"invoices","data":{"customer":"A","amount":100}},
{"type":"upsert_record","collection":"invoices","data":{"customer":"B","amount":200}},
{"type":"upsert_relationship","rel_type":"related_to","source_collection":"invoices","source_id":"id1","target_collection":"invoices","target_id":"id2"}
]'
ok env REKOR_WORKSPACE=old-ws rekor records delete invoices rec_abc
ok rekor collections delete customers --workspace old-ws--first -y
ok rekor workspaces create-preview my-workspace --name "add-invoices"
ok rekor collections upsert invoices --workspace my-workspace--add-invoices --schema '{"type":"object","properties":{"amount":{"type":"number"}}}'
ok rekor workspaces promote my-workspace --from my-workspace--add-invoices --dry-run
ok rekor workspaces promote my-workspace --from my-workspace--add-invoices
# The web site.
ok rekor workspaces create client-a --name "Client A" --tags "client:acme,region:us"
ok rekor workspaces list --tag "client:acme"
said client-a
ok rekor workspaces create-preview client-a --name preview
for COLLECTION in incidents deployments orders line_items notes; do
  ok rekor collections upsert $COLLECTION --workspace client-a--preview --schema '{"type":"object","properties":{"title":{"type":"string"}}}'
done
ok rekor workspaces promote client-a --from client-a--preview
export REKOR_WORKSPACE=client-a
ok rekor records upsert incidents --external-id INC-2847 --source pagerduty --data '{"title":"API spike","severity":"p1"}' --output json
test "$(field external_id)" = INC-2847 && test "$(field version)" = 1
ok rekor relationships upsert --type caused_by --source incidents/rec_1 --target deployments/rec_2
ok rekor batch --operations '[
{"type":"upsert_record","collection":"orders",
"data":{"customer":"Acme","total":5000}},
{"type":"upsert_record","collection":"line_items",
"data":{"product":"Widget","qty":10}},
{"type":"upsert_relationship",
"rel_type":"contains",
"source_collection":"orders","source_id":"ord_1",
"target_collection":"line_items","target_id":"li_1"}
]'
ok rekor records upsert notes --data '{"title":"Follow up on invoice"}'
ok rekor tokens create --name "client-a-agent" --grants '[{
"scope": {"workspaces": ["client-a"], "environments": ["production"]},
"permissions": ["read:records", "write:records"]
}]' --output json
AGENT=$(field token)
ok rekor tokens create --name "dashboard-reader" --grants '[{
"scope": {"workspaces": ["*"]},
"permissions": ["read:records", "read:collections"]
}]'
# REST as the site shows it: a body and no content type.
ok env curl -sf "$REKOR_API_URL/v1/client-a/records/incidents" -H "Authorization: Bearer $AGENT" -d '{"data":{"title":"Alert from monitoring"}}'
test "$(field data.title)" = "Alert from monitoring"
expect 22 curl -sf "$REKOR_API_URL/v1/old-ws/records/invoices" -H "Authorization: Bearer $AGENT"
# The MCP Factory of the site, in a preview.
ok rekor endpoints url invoicing-agent
said /e/invoicing-agent/mcp
# Pending: attachments, hooks, triggers.
pending attachments list incidents rec_abc
pending hooks list
pending triggers list
