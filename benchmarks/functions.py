#!/usr/bin/env python3
"""What common functions cost per row, beside ClickHouse (chdb) on the same values.

usage: functions.py --rekor PATH [--rows 1000000] [--rounds 5] [PATTERN]

Each line is the fastest of some rounds of `SELECT max(f(...))` over one collection, in nanoseconds per row without the time of
reading the columns, and the ratio of the whole query to ClickHouse's on a table with typed columns, on as many threads as there
are cores. Then the same for aggregates of a hundred groups, `SELECT {n} % 100, f(...) GROUP BY 1`, where nothing is subtracted."""
import argparse, json, os, random, shutil, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "jsonbench"))
from run import Server

COLUMNS = {"s": "String", "n": "Int64", "f": "Float64", "u": "String", "d": "String"}
# {s} a text of a few words, {n} an integer, {f} a float, {u} a URL, {d} a time as text, {t} a DateTime made of {n}
T = "fromUnixTimestamp64Milli({n})"
CALLS = [
    ("{s}", "max({s})"), ("{n}", "max({n})"), ("{f}", "max({f})"), ("{u}", "max({u})"), ("{d}", "max({d})"),
    ("{s}", "max(length({s}))"), ("{s}", "max(lengthUTF8({s}))"), ("{s}", "max(lower({s}))"), ("{s}", "max(upper({s}))"),
    ("{s}", "max(substring({s}, 2, 5))"), ("{s}", "max(left({s}, 3))"), ("{s}", "max(concat({s}, '-', {s}))"), ("{s}", "max(trim({s}))"),
    ("{s}", "max(reverse({s}))"), ("{s}", "max(position({s}, 'or'))"), ("{s}", "countIf({s} LIKE '%or%')"), ("{s}", "countIf({s} ILIKE '%OR%')"),
    ("{s}", "countIf(match({s}, 'o[rn]'))"), ("{s}", "countIf(startsWith({s}, 'w'))"), ("{s}", "countIf(endsWith({s}, 'w'))"),
    ("{s}", "max(replaceAll({s}, 'o', '0'))"), ("{s}", "max(length(splitByChar(' ', {s})))"), ("{s}", "max(extract({s}, '[0-9]+'))"),
    ("{s}", "countIf(empty({s}))"), ("{s}", "max(cityHash64({s}))"), ("{s}", "max(multiIf({s} < 'c', 1, {s} < 'p', 2, 3))"),
    ("{n}", "max(toString({n}))"), ("{n}", "max({n} % 7)"), ("{n}", "max(intDiv({n}, 7))"), ("{n}", "max({n} * 2 + 1)"), ("{n}", "max(abs({n}))"),
    ("{n}", "max(if({n} > 5, {n}, 0))"), ("{n}", "max(toFloat64({n}))"), ("{n}", "max(toInt32({n} % 1000))"), ("{n}", "max(greatest({n}, 7))"),
    ("{n}", "max(bitAnd({n}, 255))"), ("{n}", "countIf({n} IN (1, 2, 3))"), ("{n}", "max(coalesce(nullIf({n}, 3), 0))"),
    ("{f}", "max(round({f}, 2))"), ("{f}", "max(floor({f}))"), ("{f}", "max(sqrt({f}))"), ("{f}", "max(log({f} + 1))"), ("{f}", "max({f} / 3)"),
    ("{f}", "max(toInt64({f}))"), ("{f}", "max(toString({f}))"),
    ("{n}", f"max({T})"), ("{n}", f"max(toDate({T}))"), ("{n}", f"max(toStartOfHour({T}))"), ("{n}", f"max(toStartOfDay({T}))"),
    ("{n}", f"max(toStartOfWeek({T}))"), ("{n}", f"max(toStartOfMonth({T}))"), ("{n}", f"max(toStartOfInterval({T}, INTERVAL 15 MINUTE))"),
    ("{n}", f"max(toHour({T}))"), ("{n}", f"max(toYYYYMM({T}))"), ("{n}", f"max(dateDiff('day', {T}, toDateTime64('2026-01-01 00:00:00', 3)))"),
    ("{n}", f"max(formatDateTime({T}, '%Y-%m-%d'))"), ("{n}", f"max(toUnixTimestamp({T}))"), ("{n}", f"max({T} + INTERVAL 1 DAY)"),
    ("{d}", "max(toDateTime({d}))"), ("{d}", "max(parseDateTimeBestEffort({d}))"), ("{d}", "max(toDate(substring({d}, 1, 10)))"),
    ("{f}", "max({f} * {n})"), ("{n}", "max({n} % ({n} % 10 + 1))"), ("{n}", "max(toDateTime(intDiv({n}, 1000)))"),
    ("{n}", f"max(toString(toDateTime({T})))"), ("{n}", "max(cityHash64({n}))"), ("{d}", "max(toDateTime64({d}, 3))"),
    ("{u}", "max(domain({u}))"), ("{u}", "max(path({u}))"), ("{u}", "max(extractURLParameter({u}, 'q'))"),
]
GROUPED = [
    "count()", "sum({n})", "avg({f})", "min({s})", "max({f} / 3)", "sum({n} * 2)", "countIf({n} % 3 = 0)", "sumIf({f}, {n} % 3 = 0)", "any({s})",
    "uniqExact({n} % 1000)", "uniqExact({s})", "uniq({n})", "quantile(0.9)({f})", "quantiles(0.5, 0.99)({n})", "quantileExact({n})", "median({f})",
    "argMax({s}, {n})", "groupArray(10)({n})", "groupUniqArray({n} % 10)", "topK(5)({n} % 50)", "stddevPop({f})", "corr({f}, {n})",
]
WORDS = "alpha word north corner window yellow paper or stone river".split()


def best(rounds, run):
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rekor", required=True)
    p.add_argument("--rows", type=int, default=1_000_000)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("pattern", nargs="?", default="")
    a = p.parse_args()
    import chdb.session
    scratch = tempfile.mkdtemp(prefix="rekor-bench-")
    server = Server(a.rekor, os.path.join(scratch, "data"))
    clickhouse = chdb.session.Session(os.path.join(scratch, "clickhouse"))
    rng = random.Random(1)
    try:
        server.request("POST", "/v1/databases", {"id": "bench", "name": "Benchmark"})
        server.request("POST", "/v1/databases/bench/previews", {"name": "setup"})
        server.request("PUT", "/v1/bench--setup/collections/rows", {"json_schema": {"type": "object"}})
        server.request("POST", "/v1/databases/bench/promote", {"from": "bench--setup"})
        path = os.path.join(scratch, "rows.ndjson")
        with open(path, "w") as out:
            for _ in range(a.rows):
                n = rng.randrange(1_600_000_000_000, 1_760_000_000_000)
                s = " ".join(rng.choice(WORDS) for _ in range(3)) + str(rng.randrange(1000))
                d = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(n // 1000))
                u = f"https://www.example{n % 50}.com/{rng.choice(WORDS)}?q={n % 1000}"
                out.write(json.dumps({"s": s, "n": n, "f": rng.random() * 1000, "u": u, "d": d}) + "\n")
        server.cli("documents", "import", "rows", path)
        server.cli("admin", "compact")
        types = ", ".join(f"{name} {ty}" for name, ty in COLUMNS.items())
        clickhouse.query("SET session_timezone = 'UTC'")
        clickhouse.query("CREATE DATABASE b ENGINE = Atomic")
        clickhouse.query(f"CREATE TABLE b.rows ({types}) ENGINE = MergeTree ORDER BY tuple()")
        clickhouse.query(f"INSERT INTO b.rows SELECT {', '.join(COLUMNS)} FROM file('{path}', JSONEachRow, '{types}')")
        ours = {name: f"data.{name}.:{ty}" for name, ty in COLUMNS.items()}
        theirs = {name: name for name in COLUMNS}
        base = {}
        for column, call in CALLS:
            if call != f"max({column})" and a.pattern not in call:
                continue
            query = lambda names: call.format(**names)
            sql = f"SELECT {query(ours)} AS x FROM documents WHERE collection = 'rows' AND deleted = false"
            try:
                mine = best(a.rounds, lambda: server.sql(sql))
            except SystemExit as error:
                print(f"{call:60} {error}")
                continue
            other = best(a.rounds, lambda: clickhouse.query(f"SELECT {query(theirs)} AS x FROM b.rows"))
            if call == f"max({column})":
                base[column] = mine, other
                print(f"{call:60} read: {mine * 1e9 / a.rows:8.1f} ns   ClickHouse {other * 1e9 / a.rows:8.1f} ns")
                continue
            ns = max(mine - base[column][0], 0) * 1e9 / a.rows
            print(f"{call:60} {ns:8.1f} ns   whole query {mine * 1e3:7.1f} ms, ClickHouse {other * 1e3:7.1f} ms, ratio {mine / other:5.2f}")
        for call in GROUPED:
            if a.pattern not in call:
                continue
            query = lambda names, table: f"SELECT {names['n']} % 100 AS k, {call.format(**names)} AS x FROM {table} GROUP BY k ORDER BY k"
            sql = query(ours, "documents WHERE collection = 'rows' AND deleted = false")
            try:
                mine = best(a.rounds, lambda: server.sql(sql))
            except SystemExit as error:
                print(f"{call:60} {error}")
                continue
            other = best(a.rounds, lambda: clickhouse.query(query(theirs, "b.rows")))
            print(f"GROUP BY: {call:50} {mine * 1e9 / a.rows:8.1f} ns   whole query {mine * 1e3:7.1f} ms, ClickHouse {other * 1e3:7.1f} ms, ratio {mine / other:5.2f}", flush=True)
    finally:
        server.kill()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
