"""The two sides: Rekor over HTTP, and ClickHouse in this process (PyPI package chdb)."""

import http.client
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

import world

TOKEN = "rks_fuzz_sql_owner_token"

# All settings of the oracle that are not ClickHouse's defaults.
SETTINGS = {
    "session_timezone": "'UTC'",  # Rekor has no other
    "max_threads": 1,  # the order of rows without ORDER BY stays the same
    "input_format_try_infer_dates": 0,  # a JSON string stays a String
    "input_format_try_infer_datetimes": 0,
    "optimize_arithmetic_operations_in_aggregate_functions": 0,  # `min(x + 3)` of no rows would be 3
    "max_execution_time": 10,  # as in Rekor
    "max_memory_usage": 2_000_000_000,
}


class Answer:
    """Rows, types of columns and totals, or the name of an error and its text; `status` is that of HTTP."""

    def __init__(self, rows=None, types=None, totals=None, error=None, text=None, status=200):
        self.rows, self.types, self.totals = rows, types, totals
        self.error, self.text, self.status = error, text, status
        self.cut = False


class ClickHouse:
    """ClickHouse with the data set's rows."""

    def __init__(self, rows):
        from chdb import session

        self.session = session.Session()
        for name, value in SETTINGS.items():
            self.session.query(f"SET {name} = {value}")
        common = "id String, data JSON, deleted Bool"
        self.session.query("CREATE DATABASE IF NOT EXISTS fuzz")
        self.session.query("USE fuzz")
        tables = {
            "documents": f"{common}, database_id String, collection String, external_id Nullable(String), external_source Nullable(String)",
            "relationships": f"{common}, database_id String, rel_type String, source_collection String, source_id String, target_collection String, target_id String",
        }
        for table, columns in tables.items():
            self.session.query(f"CREATE TABLE {table} ({columns}) ENGINE = MergeTree ORDER BY tuple()")
            names = [c.strip().split(" ")[0] for c in columns.split(",")]
            lines = []
            for (kind, _), row in rows.items():
                if kind == table:
                    row = dict(row, database_id=world.DATABASE)
                    lines.append(json.dumps({name: row[name] for name in names}, ensure_ascii=False))
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
                file.write("\n".join(lines))
                file.flush()
                self.session.query(f"INSERT INTO {table} SELECT * FROM file('{file.name}', JSONEachRow, '{columns}')")

    def ask(self, sql):
        try:
            out = json.loads(str(self.session.query(sql, "JSONCompact")))
        except json.JSONDecodeError as error:
            return Answer(error="UNREADABLE", text=str(error))
        except Exception as error:  # chdb raises RuntimeError with ClickHouse's text
            # What a failed query has written comes out before the next answer.
            try:
                self.session.query("SELECT 1", "JSONCompact")
            except Exception:
                pass
            text = str(error)
            names = re.findall(r"\(([A-Z][A-Z0-9_]+)\)", text)
            return Answer(error=names[-1] if names else "UNNAMED", text=text)
        return Answer(out["data"], [c["type"] for c in out["meta"]], out.get("totals"))


class Rekor:
    """A connection to a server."""

    def __init__(self, port):
        self.port, self.connection = port, None

    def post(self, path, body, method="POST"):
        for attempt in (1, 2, 3):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                self.connection.request(method, f"/v1{path}", json.dumps(body), {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
                response = self.connection.getresponse()
                return response.status, json.loads(response.read() or b"null")
            except (OSError, http.client.HTTPException) as error:
                self.connection = None
                if attempt == 3:
                    return 599, {"error": {"code": "connection", "message": repr(error)}}
                time.sleep(0.05)

    def ask(self, sql):
        status, body = self.post(f"/{world.DATABASE}/sql", {"query": sql})
        if status != 200:
            error = body["error"]
            names = [d["clickhouse"] for d in error.get("details") or [] if "clickhouse" in d]
            return Answer(error=names[0] if names else error["code"].upper(), text=error["message"], status=status)
        meta = body["meta"]
        answer = Answer([list(row.values()) for row in body["data"]], [c["type"] for c in meta["columns"]], meta.get("totals"))
        if any(len(row) != len(answer.types) for row in answer.rows):
            answer.cut = True  # two columns of one name: not all values are there
        if answer.totals is not None:
            answer.totals = list(answer.totals.values())
        answer.cut |= meta["has_more"]
        return answer


class Server:
    """A server of our own with the data set: half of it in files, half in memory."""

    def __init__(self, binary):
        self.root = tempfile.TemporaryDirectory(prefix="rekor-fuzz-sql-")
        self.log = pathlib.Path(self.root.name, "server.log")
        command = [binary, "serve", "--dev", "--data", f"{self.root.name}/data", "--listen", "127.0.0.1:0"]
        self.process = subprocess.Popen(command, stderr=self.log.open("w"), env=dict(os.environ, REKOR_OWNER_TOKEN=TOKEN))
        self.port = self.wait()
        self.load()

    def wait(self):
        for _ in range(200):
            found = re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.log.read_text())
            if found:
                return int(found.group(1))
            time.sleep(0.1)
        raise SystemExit(f"the server does not start: {self.log.read_text()}")

    def load(self):
        server = Rekor(self.port)

        def call(path, body, method="POST"):
            status, answer = server.post(path, body, method)
            if status >= 300:
                raise SystemExit(f"{path}: {status} {answer}")

        ops = [json.loads(line) for line in world.OPS.open()]
        ops = [op for op in ops if op["database"] == world.DATABASE]
        base = world.DATABASE
        call("/databases", {"id": base})
        call(f"/databases/{base}/previews", {"name": "p"})
        for op in ops:
            if op["type"] == "upsert_collection":
                call(f"/{base}--p/collections/{op['id']}", {"name": op["name"], "json_schema": op["schema"]}, "PUT")
        call(f"/databases/{base}/promote", {"from": f"{base}--p"})
        rest = [{k: v for k, v in op.items() if k not in ("database", "ts")} for op in ops if op["type"] != "upsert_collection"]
        half = len(rest) // 2
        for part in (rest[:half], rest[half:]):
            for at in range(0, len(part), 500):
                call(f"/{base}/batch", {"operations": part[at:at + 500]})
            if part is not rest and at < half and part[0] is rest[0]:
                call("/admin/flush", {})

    def panicked(self):
        text = self.log.read_text()
        return [line for line in text.splitlines() if "panicked" in line]

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.root.cleanup()
