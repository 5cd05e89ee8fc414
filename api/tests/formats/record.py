#!/usr/bin/env python3
"""Records the bytes that ClickHouse prints: each line of `cases.sql` in each format, into `cases.jsonl`.

Usage: record.py; needs the Python package chdb. Times and counts of JSON's statistics are left out: they are of one run.
"""

import json
import pathlib
import re

from chdb import session

HERE = pathlib.Path(__file__).parent
FORMATS = (
    "JSON JSONCompact JSONEachRow JSONCompactEachRow CSV CSVWithNames CSVWithNamesAndTypes TSV TSVWithNames "
    "TSVWithNamesAndTypes TSVRaw Pretty PrettyCompact Vertical Markdown Values Null"
).split()


def main():
    server = session.Session()
    server.query("SET session_timezone = 'UTC'")
    with (HERE / "cases.jsonl").open("w") as out:
        for sql in (HERE / "cases.sql").read_text().splitlines():
            for name in FORMATS:
                data = server.query(sql, name).bytes()
                text = re.sub(r'\t"statistics":\n\t\{.*\}\n\}\n$', "", data.decode(), flags=re.S)
                out.write(json.dumps({"sql": sql, "format": name, "text": text}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
