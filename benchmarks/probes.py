#!/usr/bin/env python3
"""How long a promotion's dry run looks at millions of documents: by statistics, by one typed column, by every document.

usage: probes.py --rekor PATH [--rows 10000000] [--rounds 3]

Each line is one change of a schema, the way its probe took, how many rows fail, and the fastest of some dry runs."""
import argparse, json, os, random, shutil, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "jsonbench"))
from run import Server

OLD = {"type": "object", "properties": {"key": {"type": "string"}, "n": {"type": "number"}, "status": {"type": "string"}}}


def changed(**properties):
    return {"type": "object", "properties": {**OLD["properties"], **properties}}


CHANGES = [
    ("a property that no row has", changed(never={"type": "string", "maxLength": 3})),
    ("a minimum", changed(n={"type": "number", "minimum": -1})),
    ("an enum", changed(status={"type": "string", "enum": ["open", "paid", "void"]})),
    ("a number becomes an integer", changed(n={"type": "integer"})),
    ("a pattern (every document)", changed(key={"type": "string", "pattern": "^k[0-9]+$"})),
]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--rekor", required=True)
    a.add_argument("--rows", type=int, default=10_000_000)
    a.add_argument("--rounds", type=int, default=3)
    a = a.parse_args()
    scratch = tempfile.mkdtemp(prefix="rekor-bench-")
    server = Server(a.rekor, os.path.join(scratch, "data"))
    rng = random.Random(1)
    try:
        server.request("POST", "/v1/databases", {"id": "bench", "name": "Benchmark"})
        server.request("POST", "/v1/databases/bench/previews", {"name": "next"})
        server.request("PUT", "/v1/bench--next/collections/rows", {"json_schema": OLD})
        server.request("POST", "/v1/databases/bench/promote", {"from": "bench--next"})
        path = os.path.join(scratch, "rows.ndjson")
        with open(path, "w") as out:
            for key in range(a.rows):
                n = key / 4 if key % 2_500_000 == 1 else float(rng.randrange(10**6)) if key % 2 else rng.randrange(10**6)
                out.write(f'{{"key":"k{key}","n":{n},"status":"{rng.choice(("open", "paid", "void"))}"}}\n')
        began = time.time()
        server.cli("documents", "import", "rows", path)
        os.remove(path)
        server.cli("admin", "compact")
        print(f"{a.rows} documents imported and compacted in {time.time() - began:.0f} s")
        for name, schema in CHANGES:
            server.request("PUT", "/v1/bench--next/collections/rows", {"json_schema": schema})
            best, issue = 1e9, {}
            for _ in range(1 if "every document" in name else a.rounds):
                began = time.time()
                run = json.loads(server.request("POST", "/v1/databases/bench/promote", {"from": "bench--next", "dry_run": True}))
                best = min(best, time.time() - began)
                issues = run["changes"]["collections"][0]["issues"]
                issue = next((i for i in issues if i.get("probed")), {})
            rate = f", {issue['rows_per_second']} rows/s" if issue.get("rows_per_second") else ""
            print(f"{name:32} {issue.get('probed', 'no probe'):10} {issue.get('rows_failing', '-')} of {issue.get('rows_checked', '-')} fail   {best:.2f} s{rate}")
    finally:
        server.kill()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
