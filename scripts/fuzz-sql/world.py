"""What queries are about: the documents of the dialect cases, and tables of every type made of constants."""

import json
import pathlib

from tree import Columns, Node

OPS = pathlib.Path(__file__).parents[2] / "api/tests/dialect/ops.ndjson"
DATABASE = "acme"

# Values of columns, one array for each; lengths differ so that rows combine them differently.
# name: (abstract type, ClickHouse type, values)
TYPED = {
    "i8": ("int", "Int8", "-128, -1, 0, 1, 7, 127, 13"),
    "u8": ("int", "UInt8", "0, 1, 2, 3, 200, 255"),
    "i32": ("int", "Int32", "-2147483648, -7, 0, 3, 12, 12, 100, 2147483647"),
    "i64": ("int", "Int64", "-9223372036854775808, -3, 0, 2, 5, 42, 1000000007, 9223372036854775807, 9"),
    "u64": ("int", "UInt64", "0, 1, 5, 18446744073709551615, 10, 77"),
    "sm": ("int", "Int64", "1, 2, 3, 1, 2, -1, 0"),
    "ns": ("int", "Nullable(Int64)", "1, NULL, 3, -4, NULL, 1, 20, 0"),
    "nu": ("int", "Nullable(UInt8)", "NULL, 1, 2, 250, NULL"),
    "f": ("float", "Float64", "0, -1.5, 2.5, 3.25, 100.125, -0.001, 1e10"),
    "nf": ("float", "Nullable(Float64)", "NULL, 0.5, -2.25, 10, NULL, 7.75"),
    "sf": ("float", "Float32", "0.5, 1, -3.25, 1024, 0"),
    "xf": ("float", "Float64", "inf, 1, -inf, 0, -1, 1e300, 2"),
    "dec": ("dec", "Decimal(18, 4)", "'1.25', '-0.5', '100.0001', '0', '99999.9999'"),
    "nd": ("dec", "Nullable(Decimal(9, 2))", "'1.25', NULL, '-7.5', '0'"),
    "s": ("str", "String", "'', 'a', 'abc', 'Hello World', 'b', 'zürich', '日本', 'A', ' x '"),
    "w": ("str", "String", "'red', 'green', 'blue', 'red', 'gold'"),
    "nstr": ("str", "Nullable(String)", "NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'"),
    "num": ("str", "String", "'0', '42', '-7', '3.5', 'abc', '', '1e3'"),
    "url": ("str", "String", "'https://www.example.com:8080/a/b?x=1&y=2#frag', 'http://x.org', 'not a url', 'ftp://u@h.net/p?q', ''"),
    "js": ("str", "String", "'{\"a\":1,\"b\":[1,2,{\"c\":\"x\"}],\"d\":null}', '[1,2,3]', '{\"a\":\"s\",\"b\":{\"c\":1.5}}', '', 'oops', '{}'"),
    "d": ("date", "Date", "'2025-01-15', '1971-01-01', '2024-02-29', '2025-12-31', '2000-01-01', '2025-03-30'"),
    "ndt": ("date", "Nullable(Date)", "'2025-01-15', NULL, '2024-02-29', '2023-05-05'"),
    "d32": ("date", "Date32", "'1975-12-31', '2025-06-01', '1999-01-02', '2099-01-01'"),
    "tm": ("dt", "DateTime", "'2025-01-15 10:20:30', '1971-01-01 00:00:00', '2024-02-29 23:59:59', '2025-03-30 01:30:00', '2030-07-04 12:00:01'"),
    "nt": ("dt", "Nullable(DateTime)", "'2025-01-15 10:20:30', NULL, '2025-01-16 00:00:00'"),
    "q": ("dt64", "DateTime64(3)", "'2025-01-15 10:20:30.123', '1971-01-01 00:00:00.000', '1989-12-31 23:59:59.999', '2024-12-31 23:59:59.500'"),
    "q6": ("dt64", "DateTime64(6)", "'2025-01-15 10:20:30.123456', '2001-09-09 01:46:40.000001'"),
    "b": ("bool", "Bool", "true, false, true, true"),
    "nb": ("bool", "Nullable(Bool)", "true, NULL, false"),
    "uu": ("uuid", "UUID", "'61f0c404-5cb3-11e7-907b-a6006ad3dba0', '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff'"),
    "en": ("enum", "Enum8('a' = 1, 'b' = 2, 'zz' = -3)", "'a', 'b', 'zz', 'a'"),
    "fs": ("fstr", "FixedString(3)", "'abc', 'a', 'xyz', ''"),
    "ai": ("ai", "Array(Int64)", "[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]"),
    "au": ("ai", "Array(UInt8)", "[1, 2], [255, 0, 3], []"),
    "an": ("an", "Array(Nullable(Int64))", "[1, NULL, 3], [], [NULL], [2, 2]"),
    "asx": ("as", "Array(String)", "['a', 'b'], [], ['x', '', 'abc', 'x'], ['red', 'green']"),
    "ans": ("ans", "Array(Nullable(String))", "['a', NULL], [], ['x', 'a'], [NULL]"),
    "af": ("af", "Array(Float64)", "[1.5, -2], [], [0.25, 0.5, 100], [3]"),
    "ad": ("ad", "Array(Date)", "['2025-01-01', '2024-02-29'], [], ['2023-05-05']"),
    "aa": ("aa", "Array(Array(Int64))", "[[1, 2], [3]], [], [[]], [[4, 5, 6], [], [7]]"),
    "mi": ("mi", "Map(String, Int64)", "map('a', 1, 'b', 2), map(), map('red', 5), map('b', -1, 'a', 10)"),
    "mst": ("ms", "Map(String, String)", "map('k', 'v'), map(), map('a', 'x', 'b', '')"),
    "pr": ("tup", "Tuple(Int64, String)", "(1, 'a'), (2, 'b'), (1, 'b'), (-5, '')"),
    "pn": ("ptup", "Tuple(Nullable(Int64), String)", "(1, 'a'), (NULL, 'b'), (3, '')"),
}
ROWS = 24


class Source:
    """A table in FROM: SQL, alias, columns as (abstract type, text), texts that are unique for each row."""

    def __init__(self, node, alias, columns, unique, where=None):
        self.node, self.alias, self.columns = node, alias, columns
        self.unique, self.where = unique, where


def typed(rng, alias, rows=None, prefix=""):
    """A table of every type, made of constants, so that a query on it needs no data."""
    rows = rows or rng.choice([1, 3, 7, ROWS, ROWS, ROWS])
    shift = rng.randrange(4)
    names = sorted(TYPED)
    columns = [(prefix + "n", "number")]
    known = [("int", prefix + "n")]
    for name in names:
        kind, ty, values = TYPED[name]
        array = "CAST([{}], 'Array({})')".format(values, ty.replace("'", "\\'"))
        columns.append((prefix + name, f"{array}[(number + {shift}) % {count(values)} + 1]"))
        known.append((kind, prefix + name))
    node = Columns(columns, f"FROM numbers({rows})")
    return Source(node, alias, known, [prefix + "n"])


def count(values):
    """How many values a list has at its top."""
    depth, quoted, n, at = 0, False, 1, 0
    while at < len(values):
        c = values[at]
        if c == "'":
            quoted = not quoted
        elif not quoted:
            depth += (c in "([{") - (c in ")]}")
            n += c == "," and depth == 0
        at += 1
    return n


def replay():
    """The final rows of the data set: {(table, collection, id): row}, deleted ones as such."""
    rows = {}
    for line in OPS.open():
        op = json.loads(line)
        if op["database"] != DATABASE:
            continue
        table = "documents" if op["type"].endswith("document") else "relationships"
        if op["type"].startswith("upsert_") and "data" in op:
            row = {k: op.get(k) for k in ("id", "collection", "external_id", "external_source", "rel_type",
                                         "source_collection", "source_id", "target_collection", "target_id", "data")}
            rows[table, op["id"]] = dict(row, deleted=False)
        elif op["type"].startswith("delete_"):
            rows[table, op["id"]]["deleted"] = True
    return rows


KINDS = {bool: ("bool", "Bool"), int: ("int", "Int64"), float: ("float", "Float64"), str: ("str", "String")}


class Documents:
    """The paths of every collection, with the types that their values have."""

    def __init__(self, rows):
        self.paths = {}
        for (table, _), row in rows.items():
            if table == "documents":
                self.note(self.paths.setdefault(row["collection"], {}), "data", row["data"])
        self.collections = sorted(self.paths)

    def note(self, paths, way, value):
        if isinstance(value, dict):
            for key, item in value.items():
                self.note(paths, f"{way}.{key}" if key.isidentifier() else f"{way}.`{key}`", item)
        elif isinstance(value, list):
            if any(isinstance(item, dict) for item in value):
                paths.setdefault(way, set()).add("objects")
                for item in value:
                    if isinstance(item, dict):
                        for key, inner in item.items():
                            if type(inner) in KINDS and key.isidentifier():
                                paths.setdefault(f"{way}[].{key}", set()).add(type(inner))
            else:
                kinds = {type(item) for item in value}
                paths.setdefault(way, set()).add(("array", kinds.pop()) if len(kinds) == 1 else "mixed")
        elif value is not None:
            paths.setdefault(way, set()).add(type(value))

    def source(self, rng, alias, qualify=False):
        """Documents of one collection, with some of its paths in various readings."""
        collection = rng.choice(self.collections)
        paths = self.paths[collection]
        dot = f"{alias}." if qualify else ""
        known = [("str", f"{dot}id"), ("str", f"{dot}external_id")]
        for way in rng.sample(sorted(paths), min(len(paths), rng.randint(5, 12))):
            for kind, text in readings(rng, way, paths[way]):
                known.append((kind, dot + text if not text.startswith(("CAST(", "to")) else text.replace("data.", dot + "data.", 1)))
        where = f"{dot}collection = '{collection}'"
        if rng.random() < 0.85:
            where += f" AND {rng.choice([f'{dot}deleted = false', f'NOT {dot}deleted'])}"
        return Source(Node("source", "documents"), alias, known, [f"{dot}id"], where)


def readings(rng, way, types):
    """The ways to read a path as (abstract type, text)."""
    out = []
    if "[]." in way:
        for ty in types & set(KINDS):
            kind, name = KINDS[ty]
            array = {"int": "an", "str": "ans"}.get(kind)
            if array:
                out.append((array, f"{way}.:{name}"))
            if kind in ("int", "float") and types <= {int, float}:
                out.append(("af", f"CAST({way}, 'Array(Float64)')"))
        return out
    for ty in types:
        if ty in KINDS:
            kind, name = KINDS[ty]
            out.append((kind, f"{way}.:{name}"))
            if len(types) == 1 and rng.random() < 0.4:
                out.append((kind, f"CAST({way}, '{rng.choice(['Nullable({})', '{}']).format(name)}')"))
        elif isinstance(ty, tuple) and ty[1] in KINDS:
            kind, name = KINDS[ty[1]]
            array = {"int": "an", "str": "ans"}.get(kind)
            if array:
                out.append((array, f"{way}.:`Array(Nullable({name}))`"))
            if kind == "str":
                out.append(("as", f"CAST({way}, 'Array(String)')"))
        elif ty == "objects":
            out.append(("objects", f"{way}[]"))
    if types <= {int, float} and types:
        out.append(("float", f"CAST({way}, 'Nullable(Float64)')"))
        out.append(("float", f"CAST({way}, 'Float64')"))
    out.append(("dyn", way))
    out.append(("str", f"toString({way})"))
    return out
