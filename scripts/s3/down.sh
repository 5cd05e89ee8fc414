#!/usr/bin/env bash
# down.sh DIR: ends the server that up.sh started, and its data.
set -uo pipefail
kill -9 "$(cat "$1/pid")" 2>/dev/null
rm -rf "$1"
