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
TRIES = 10


def answer_once(server, sql):
    try:
        text = str(server.query(sql, "JSONCompact"))
    except Exception as error:  # chdb raises RuntimeError with ClickHouse's text
        names = re.findall(r"\(([A-Z][A-Z0-9_]+)\)", str(error))
        return {"sql": sql, "error": names[-1] if names else str(error)}
    out = json.loads(text)
    columns = [[column["name"], column["type"]] for column in out["meta"]]
    return {"sql": sql, "columns": columns, "rows": out["data"]}


def answer(server, sql):
    """Asks until two answers agree: chdb now and then hands over the bytes of another answer."""
    last = None
    for _ in range(TRIES):
        try:
            now = answer_once(server, sql)
        except ValueError:
            continue
        if now == last:
            return now
        last = now
    raise SystemExit(f"no two answers to {sql} agree")


def main():
    families = sys.argv[1:] or sorted(path.stem for path in HERE.glob("*.sql"))
    server = session.Session()
    server.query("SET session_timezone = 'UTC'")
    for family in families:
        lines = (HERE / f"{family}.sql").read_text().splitlines()
        statements = [line for line in lines if line.strip() and not line.startswith("--")]
        with (HERE / f"{family}.jsonl").open("w") as out:
            for sql in statements:
                out.write(json.dumps(answer(server, sql), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
