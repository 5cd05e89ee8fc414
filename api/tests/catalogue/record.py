#!/usr/bin/env python3
"""Records ClickHouse's own list of functions into `names.jsonl`: name, whether it aggregates, whether it is known in any case, and
what it is another name of.

Usage: record.py; needs the Python package chdb.
"""

import json
import pathlib

from chdb import session

SQL = "SELECT name, is_aggregate, case_insensitive, alias_to FROM system.functions ORDER BY name"


def main():
    rows = str(session.Session().query(SQL, "JSONCompactEachRow")).splitlines()
    with (pathlib.Path(__file__).parent / "names.jsonl").open("w") as out:
        for name, aggregate, any_case, alias_of in map(json.loads, rows):
            line = {"name": name, "aggregate": bool(aggregate), "any_case": bool(any_case), "alias_of": alias_of}
            out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
