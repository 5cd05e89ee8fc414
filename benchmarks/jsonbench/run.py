#!/usr/bin/env python3
"""JSONBench: Rekor over HTTP against ClickHouse (chdb), on the same machine, data and run.

usage: run.py [--rows 1000000] [--rounds 9] [--rekor PATH] [--data ROOT] [--json FILE]

Imports the generated documents with one command, compacts, asks the five queries before and after a restart, compares the
answers with ClickHouse's, and prints milliseconds and ratios. Needs only python3; chdb is installed into a virtual environment of its own."""
import argparse, http.client, json, math, os, shutil, signal, socket, statistics, subprocess, sys, tempfile, time, venv

HERE = os.path.dirname(os.path.abspath(__file__))
OWNER = "rks_benchmark_owner_credential"
WIDE_PATHS = 1_000


def arguments():
    a = argparse.ArgumentParser()
    a.add_argument("--rows", type=int, default=1_000_000)
    a.add_argument("--rounds", type=int, default=9)
    a.add_argument("--rekor", default="rekor")
    a.add_argument("--data", default="")
    a.add_argument("--json", default="")
    return a.parse_args()


def cache(name):
    root = os.environ.get("REKOR_BENCH_CACHE", os.path.expanduser("~/.cache/rekor-bench"))
    os.makedirs(root, exist_ok=True)
    return os.path.join(root, name)


def documents(rows):
    """The NDJSON file, generated once."""
    path = cache(f"bluesky-{rows}.ndjson")
    if not os.path.exists(path):
        with open(path + ".tmp", "w") as out:
            subprocess.run([sys.executable, f"{HERE}/gen_bluesky.py", str(rows)], stdout=out, check=True)
        os.rename(path + ".tmp", path)
    return path


def clickhouse(path, rounds):
    python = cache("chdb") + "/bin/python"
    if not os.path.exists(python):
        venv.create(cache("chdb"), with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "chdb"], check=True)
    out = subprocess.run([python, f"{HERE}/clickhouse.py", path, "--rounds", str(rounds)], stdout=subprocess.PIPE, check=True)
    return json.loads(out.stdout)


class Server:
    """A server of the release binary on a port of its own."""

    def __init__(self, rekor, root):
        self.rekor, self.root = rekor, root
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        began = time.time()
        command = [self.rekor, "serve", "--dev", "--data", self.root, "--listen", f"127.0.0.1:{self.port}"]
        self.process = subprocess.Popen(command, env={**os.environ, "REKOR_OWNER_TOKEN": OWNER, "REKOR_LOG": "warn"}, stderr=subprocess.DEVNULL)
        while True:
            try:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
                self.request("GET", "/health/ready")
                break
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("the server did not start")
                time.sleep(0.01)
        self.start_s = time.time() - began

    def stop(self):
        began = time.time()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.stop_s = time.time() - began

    def kill(self):
        self.process.kill()
        self.process.wait()

    def request(self, method, path, body=None, media="application/json"):
        headers = {"authorization": f"Bearer {OWNER}", "content-type": media}
        self.connection.request(method, path, body if body is None or isinstance(body, (str, bytes)) else json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {text[:500]!r}")
        return text

    def sql(self, query):
        return json.loads(self.request("POST", "/v1/bench/sql", {"query": query}))

    def memory_mib(self, what):
        with open(f"/proc/{self.process.pid}/status") as status:
            lines = dict(line.split(":", 1) for line in status)
        return int(lines[what].split()[0]) // 1024

    def cli(self, *command):
        env = {**os.environ, "REKOR_API_URL": f"http://127.0.0.1:{self.port}", "REKOR_TOKEN": OWNER, "REKOR_DATABASE": "bench"}
        done = subprocess.run([self.rekor, *command], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            sys.exit(f"rekor {' '.join(command)}: {done.stderr.decode()}")
        return done.stdout.decode()


def set_up(server):
    server.request("POST", "/v1/databases", {"id": "bench", "name": "Benchmark"})
    server.request("POST", "/v1/databases/bench/previews", {"name": "setup"})
    with open(f"{HERE}/schema.json") as schema:
        body = {"name": "Bluesky", "json_schema": json.load(schema)}
    server.request("PUT", "/v1/bench--setup/collections/bluesky", body)
    server.request("PUT", "/v1/bench--setup/collections/wide", {"name": "A thousand paths"})
    server.request("POST", "/v1/databases/bench/promote", {"from": "bench--setup"})


def rows_of(answer):
    return [list(row.values()) for row in answer["data"]]


def comparable(rows):
    return [[str(value).replace(".000000", "").rstrip("0") if isinstance(value, str) and value[:2] == "20" else str(value) for value in row] for row in rows]


def ask(server, queries, rounds):
    """Answers, milliseconds of each round, and milliseconds of it before the first row could be read."""
    answers, times, planning = [], [], []
    for query in queries:
        answers.append(rows_of(server.sql(query)))
        times.append([])
        planning.append([])
        for _ in range(rounds):
            began = time.perf_counter()
            answer = server.sql(query)
            times[-1].append((time.perf_counter() - began) * 1e3)
            planning[-1].append(answer["meta"]["planning_ms"])
    return answers, times, planning


def wide(server):
    """Bytes that a query on one path of a thousand reads, and the bytes of the files."""
    documents = 5_000
    member = lambda row, path: (row * WIDE_PATHS + path) * 2_654_435_761 % 1_000_003
    document = lambda row: {f"g{path:02}": {f"p{i:02}": member(row, path * 25 + i) for i in range(25)} for path in range(WIDE_PATHS // 25)}
    lines = "\n".join(json.dumps(document(row)) for row in range(documents))
    server.request("POST", "/v1/bench/import/wide", lines, "application/x-ndjson")
    server.request("POST", "/v1/admin/flush")
    query = "SELECT sum(data.g20.p03.:Int64) FROM documents WHERE collection = 'wide' AND deleted = false"
    reading = server.sql("EXPLAIN ANALYZE " + query)["data"][0]["plan"].splitlines()
    return server.sql(query)["meta"]["bytes_scanned"], next(line for line in reading if line.startswith("documents of wide"))


def same(queries, ours, theirs):
    """Equal, where ties of the last ORDER BY may stand in any order."""
    wrong = []
    for number, (query, a, b) in enumerate(zip(queries, ours, theirs), 1):
        a, b = comparable(a), comparable(b)
        if (a if "LIMIT" in query else sorted(a)) != (b if "LIMIT" in query else sorted(b)):
            wrong.append((number, a[:3], b[:3]))
    return wrong


def main():
    a = arguments()
    path = documents(a.rows)
    with open(f"{HERE}/jsonbench.sql") as file:
        queries = [query.strip() for query in file.read().split(";") if query.strip()]
    scratch = tempfile.mkdtemp(prefix="rekor-bench-")
    root = a.data or scratch
    server = Server(a.rekor, root)
    result = {"rows": a.rows}
    try:
        set_up(server)
        began = time.time()
        server.cli("documents", "import", "bluesky", path)
        result["import_s"] = round(time.time() - began, 2)
        result["docs_per_s"] = round(a.rows / result["import_s"])
        result["peak_rss_after_import_mib"] = server.memory_mib("VmHWM")
        began = time.time()
        stats = json.loads(server.cli("admin", "compact", "--output", "json"))
        result["compact_s"] = round(time.time() - began, 2)
        result["files"], result["file_mib"] = stats["file_count"], stats["file_bytes"] >> 20
        result["peak_rss_after_compact_mib"] = server.memory_mib("VmHWM")
        first, _, _ = ask(server, queries, 1)
        server.kill()
        server.start()
        result["restart_after_kill_s"] = round(server.start_s, 2)
        answers, times, planning = ask(server, queries, a.rounds)
        result["peak_rss_after_restart_and_queries_mib"] = server.memory_mib("VmHWM")
        result["wide_bytes_read"], result["wide_reading"] = wide(server)
        server.stop()
        theirs = clickhouse(path, a.rounds)
        wrong = same(queries, first, theirs["answers"]) + same(queries, answers, theirs["answers"])
        result["answers"] = "equal to ClickHouse's, before and after the restart" if not wrong else f"WRONG: {wrong}"
        ours = [min(ms) for ms in times]
        peer = [min(ms) for ms in theirs["ms_typed"]]
        result["planning_ms"] = [round(min(ms), 2) for ms in planning]
        result["planning_below_5_ms"] = max(result["planning_ms"]) < 5
        result["ms"], result["clickhouse_ms"] = [round(ms, 1) for ms in ours], peer
        result["ratio"] = [round(x / y, 2) for x, y in zip(ours, peer)]
        result["ratio_geometric_mean"] = round(math.exp(statistics.fmean(math.log(x / y) for x, y in zip(ours, peer))), 2)
        result["clickhouse_mib"] = {name: int(size) >> 20 for name, size in theirs["bytes"].items()}
    finally:
        if server.process.poll() is None:
            server.kill()
        shutil.rmtree(scratch, ignore_errors=True)
    for name, value in result.items():
        print(f"{name:42} {value}")
    if a.json:
        with open(a.json, "w") as out:
            json.dump(result, out, indent=2)
    sys.exit(1 if "WRONG" in result["answers"] else 0)


if __name__ == "__main__":
    main()
