#!/usr/bin/env bash
# Says in one line what to install when something is missing.
set -euo pipefail
debian() { command -v apt-get >/dev/null 2>&1; }
missing() { echo "missing $1: type  $2" >&2; exit 1; }
command -v cargo >/dev/null 2>&1 || missing "Rust (1.95 or newer)" "curl https://sh.rustup.rs -sSf | sh"
command -v cc >/dev/null 2>&1 || missing "a C compiler" "$(debian && echo 'sudo apt-get install -y build-essential' || echo 'xcode-select --install')"
command -v python3 >/dev/null 2>&1 || missing "Python 3" "$(debian && echo 'sudo apt-get install -y python3' || echo 'brew install python3')"
