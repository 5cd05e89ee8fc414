# Sourced by the scripts beside it: every command that the product's documents quote, in their order, run as a reader would.
set -euo pipefail
# expect CODE COMMAND…: the command ends with this exit code.
expect() {
  local wanted=$1 code=0
  shift
  "$@" >"$OUT" 2>"$ERR" || code=$?
  if [ "$code" != "$wanted" ]; then
    echo "exit code $code instead of $wanted: $*" >&2
    cat "$OUT" "$ERR" >&2
    exit 1
  fi
}
ok() { expect 0 "$@"; }
# said TEXT: the last command said it, on stdout or stderr.
said() { grep -qF -- "$1" "$OUT" "$ERR" || { echo "nobody said: $1" >&2; cat "$OUT" "$ERR" >&2; exit 1; }; }
# field PATH: a member of the last command's JSON.
field() { python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for name in sys.argv[2].split("."): value = value[int(name)] if isinstance(value, list) else value[name]
print(value)' "$OUT" "$1"; }
# Commands that come with later issues: they are not there, and say so.
pending() { expect 2 rekor "$@"; }
OUT=$(mktemp) ERR=$(mktemp)
INVOICES='{"type":"object","properties":{"customer":{"type":"string"},"amount":{"type":"number"},"status":{"type":"string","enum":["draft","issued","paid"]}},"required":["customer","amount"]}'
