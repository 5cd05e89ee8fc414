#!/usr/bin/env bash
# Two versions of arrow are two unrelated RecordBatch types: Cargo.lock must hold one of each.
set -euo pipefail
for name in arrow parquet datafusion object_store; do
  count=$(grep -c "^name = \"$name\"$" Cargo.lock || true)
  [ "$count" = 1 ] || { echo "Cargo.lock holds $count versions of $name; exactly one is allowed" >&2; exit 1; }
done
