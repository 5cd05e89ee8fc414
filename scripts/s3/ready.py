#!/usr/bin/env python3
"""ready.py ENDPOINT AK SK BUCKET... [--timeout S]: stdlib only. Creates the buckets and returns once a signed
conditional PUT + GET + DELETE works in the first one. Exit 0 ready, 1 not."""
import sys, hashlib, hmac, datetime, urllib.request, urllib.error, time
def call(ep, ak, sk, method, path, body=b'', extra={}, region='us-east-1'):
    now = datetime.datetime.now(datetime.timezone.utc); ts = now.strftime('%Y%m%dT%H%M%SZ'); d = ts[:8]
    host = ep.split('://')[1]; ph = hashlib.sha256(body).hexdigest()
    hs = {'host': host, 'x-amz-content-sha256': ph, 'x-amz-date': ts}; names = ';'.join(sorted(hs))
    cr = '\n'.join([method, path, '', *('%s:%s' % (k, hs[k]) for k in sorted(hs)), '', names, ph])
    scope = '%s/%s/s3/aws4_request' % (d, region); k = ('AWS4' + sk).encode()
    for x in (d, region, 's3', 'aws4_request'): k = hmac.new(k, x.encode(), hashlib.sha256).digest()
    sig = hmac.new(k, '\n'.join(['AWS4-HMAC-SHA256', ts, scope, hashlib.sha256(cr.encode()).hexdigest()]).encode(), hashlib.sha256).hexdigest()
    hs['Authorization'] = 'AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s' % (ak, scope, names, sig)
    rq = urllib.request.Request(ep + path, data=body if method == 'PUT' else None, method=method, headers={**hs, **extra})
    op = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with op.open(rq, timeout=5) as r: return r.status, r.read()
    except urllib.error.HTTPError as e: return e.code, e.read()
    except OSError as e: return 0, str(e).encode()
if __name__ == '__main__':
    a = sys.argv[1:]; tmo = 60.0
    if '--timeout' in a: i = a.index('--timeout'); tmo = float(a[i + 1]); del a[i:i + 2]
    ep, ak, sk, *bs = a; end = time.time() + tmo; last = None; k = '/%s/.ready-%d' % (bs[0], time.time_ns())
    while time.time() < end:
        last = [call(ep, ak, sk, 'PUT', '/' + b) for b in bs]
        if all(s in (200, 409) for s, _ in last):
            last = call(ep, ak, sk, 'PUT', k, b'ready', {'If-None-Match': '*'})
            if last[0] in (200, 412):
                last = call(ep, ak, sk, 'GET', k)
                if last == (200, b'ready'): call(ep, ak, sk, 'DELETE', k); sys.exit(0)
        time.sleep(0.05)
    print('not ready:', last, file=sys.stderr); sys.exit(1)
