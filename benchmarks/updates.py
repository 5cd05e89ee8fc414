#!/usr/bin/env python3
"""Changes a tenth of a million documents at random and scans: what deletion vectors cost, and that answers equal a model.

usage: updates.py --rekor PATH [--rows 1000000] [--updates 100000] [--rounds 7]

Prints the plan of the scan: no sort, no window, no join, and how many dead rows the Parquet scan leaves out."""
import argparse, json, os, random, shutil, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "jsonbench"))
from run import Server

QUERY = "SELECT data.g.:Int64 AS g, count() AS n, sum(data.v.:Int64) AS v FROM documents WHERE collection = 'rows' AND deleted = false GROUP BY g ORDER BY g"


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--rekor", required=True)
    a.add_argument("--rows", type=int, default=1_000_000)
    a.add_argument("--updates", type=int, default=100_000)
    a.add_argument("--rounds", type=int, default=7)
    a = a.parse_args()
    scratch = tempfile.mkdtemp(prefix="rekor-bench-")
    server = Server(a.rekor, os.path.join(scratch, "data"))
    rng = random.Random(1)
    model = {}
    try:
        server.request("POST", "/v1/databases", {"id": "bench", "name": "Benchmark"})
        server.request("POST", "/v1/databases/bench/previews", {"name": "setup"})
        server.request("PUT", "/v1/bench--setup/collections/rows", {"json_schema": {"type": "object"}})
        server.request("POST", "/v1/databases/bench/promote", {"from": "bench--setup"})

        def load(name, keys, change):
            path = os.path.join(scratch, name)
            with open(path, "w") as out:
                for key in keys:
                    model[key] = (change + rng.randrange(20), rng.randrange(1000))
                    g, v = model[key]
                    out.write(f'{{"key":"k{key}","g":{g},"v":{v},"text":"document {key} of group {g}"}}\n')
            began = time.time()
            server.cli("documents", "import", "rows", path, "--external-id-path", "key")
            return time.time() - began

        def scan():
            best = min(timed(server) for _ in range(a.rounds))
            rows = {row["g"]: (row["n"], row["v"]) for row in server.sql(QUERY)["data"]}
            wanted = {}
            for g, v in model.values():
                n, total = wanted.get(g, (0, 0))
                wanted[g] = (n + 1, total + v)
            return best, rows == wanted

        print(f"import of {a.rows} documents by external id   {load('rows.ndjson', range(a.rows), 0):.1f} s")
        server.cli("admin", "compact")
        before, right = scan()
        print(f"scan before                                   {before:.1f} ms, equals the model: {right}")
        print(f"{a.updates} random updates                     {load('changes.ndjson', rng.sample(range(a.rows), a.updates), 100):.1f} s")
        unflushed, right = scan()
        print(f"scan with the updates in memory               {unflushed:.1f} ms ({unflushed / before:.2f} x), equals the model: {right}")
        server.cli("admin", "flush")
        after, still = scan()
        print(f"scan with deletion vectors                    {after:.1f} ms ({after / before:.2f} x), equals the model: {still}")
        plan = "\n".join(row["plan"] for row in server.sql("EXPLAIN ANALYZE " + QUERY.split(" ORDER BY")[0])["data"])
        print(plan)
        server.cli("admin", "compact")
        merged, again = scan()
        print(f"scan after compaction                         {merged:.1f} ms ({merged / before:.2f} x), equals the model: {again}")
        print("peak memory", server.memory_mib("VmHWM"), "MiB")
        bad = [word for word in ("Sort", "Window", "Join") if word in plan]
        sys.exit(0 if right and still and again and not bad else f"wrong: {right} {still} {again} {bad}")
    finally:
        server.kill()
        shutil.rmtree(scratch, ignore_errors=True)


def timed(server):
    began = time.perf_counter()
    server.sql(QUERY)
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    main()
