#!/usr/bin/env python3
"""Records what ClickHouse answers: each line of `<family>.sql` is a statement, `<family>.jsonl` gets its answer.

Usage: record.py [family …]; needs the Python package chdb.
"""

import json
import pathlib
import re
import sys

from chdb import session

HERE = pathlib.Path(__file__).parent


def connect():
    server = session.Session()
    server.query("SET session_timezone = 'UTC'")
    return server


def answer(server, sql):
    try:
        out = json.loads(str(server.query(sql, "JSONCompact")))
    except Exception as error:  # chdb raises RuntimeError with ClickHouse's text
        names = re.findall(r"\(([A-Z][A-Z0-9_]+)\)", str(error))
        return {"sql": sql, "error": names[-1] if names else str(error)}
    # LowCardinality is how ClickHouse stores a column; Rekor's types do without.
    plain = re.compile(r"LowCardinality\(((?:[^()]|\([^()]*\))*)\)")
    columns = [[column["name"], plain.sub(r"\1", column["type"])] for column in out["meta"]]
    return {"sql": sql, "columns": columns, "rows": out["data"]}


def main():
    families = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.sql"))
    server = connect()
    for family in families:
        lines = (HERE / f"{family}.sql").read_text().splitlines()
        statements = [line for line in lines if line.strip() and not line.startswith("--")]
        with (HERE / f"{family}.jsonl").open("w") as out:
            for sql in statements:
                case = answer(server, sql)
                out.write(json.dumps(case, ensure_ascii=False) + "\n")
                if "error" in case:
                    # What a failed query leaves in a session comes out before the next answer.
                    server.close()
                    server = connect()


if __name__ == "__main__":
    main()
