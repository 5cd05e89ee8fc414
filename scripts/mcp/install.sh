#!/usr/bin/env bash
# Installs the MCP clients of the tests once, and says where: Python's `mcp` and `fastmcp`, the TypeScript SDKs, the inspector, the
# official conformance suite, a tokenizer, a driver of browsers, and a node that runs them. Exits with 3 where npm or Python's venv is
# missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
stamp=$(cat "$here/requirements.txt" "$here/package-lock.json" | cksum | cut -d' ' -f1)
clients=${REKOR_MCP_CLIENTS:-$HOME/.cache/rekor-mcp-clients}-$stamp
mkdir -p "$(dirname "$clients")"
# Tests run at the same time; one of them installs, the others wait.
if command -v flock >/dev/null; then
  exec 9>"$clients.lock"
  flock 9
fi
if [ ! -e "$clients/ready" ]; then
  command -v npm >/dev/null || { echo "npm is missing: type  sudo apt-get install -y npm" >&2; exit 3; }
  rm -rf "$clients"
  mkdir -p "$clients"
  python3 -m venv "$clients/venv" || { echo "python3-venv is missing: type  sudo apt-get install -y python3-venv" >&2; exit 3; }
  "$clients/venv/bin/pip" install -q -r "$here/requirements.txt" >&2
  cp "$here/package.json" "$here/package-lock.json" "$clients"
  (cd "$clients" && npm ci --silent --no-audit --no-fund >&2)
  touch "$clients/ready"
fi
cp "$here"/*.mjs "$clients"
echo "$clients"
