"""Random queries. One random number generator makes one query; the same seed makes the same query."""

import random
import re

import functions
import world
from tree import List, Node, contains

TOKEN = re.compile(r"\{([a-z?][^{}]*)\}")
ARRAYS = {"ai": "int", "an": "int", "af": "float", "as": "str", "ans": "str", "ad": "date", "aa": "ai"}
# Calls of columns that may come to a constant.
FOLDED = re.compile(r"\b(if|multiIf|coalesce|ifNull|nullIf|AND|OR|xor|CASE|NULL)\b|\?|\* 0|IS ")
# Kinds that ORDER BY, GROUP BY and DISTINCT take.
KEYS = ["int", "str", "float", "dec", "date", "dt", "dt64", "bool", "uuid", "enum", "ai", "as", "tup", "fstr"]
SIMPLE = ["int", "int", "str", "str", "float", "date", "dt", "bool", "dec", "cond", "dt64"]
OUTPUTS = SIMPLE + ["ai", "as", "mi", "ms", "tup", "an", "af", "ans", "ad", "aa", "uuid", "enum", "fstr"]
GROUPS = {
    "num": ["int", "int", "float", "dec"],
    "time": ["date", "date", "dt", "dt64"],
    "dtt": ["dt", "dt", "dt64"],
    "?": OUTPUTS,
}
LITERALS = {
    "int": "0 1 2 3 -1 -7 10 255 256 1000 -128 65536 toInt64(5) CAST(NULL,'Nullable(Int64)') toUInt8(3)".split(),
    "float": "0.5 1.5 -2.25 0. 1e3 100.001 -0.1 toFloat32(0.25)".split(),
    "dec": ["toDecimal64('1.5', 2)", "toDecimal32('-0.25', 3)", "toDecimal64(3, 1)"],
    "str": ["'a'", "'abc'", "''", "'Hello'", "'x y'", "'é'", "'42'", "CAST(NULL, 'Nullable(String)')"],
    "date": ["toDate('2025-01-15')", "toDate('2024-02-29')", "toDate('1999-12-31')", "toDate32('1980-06-01')"],
    "dt": ["toDateTime('2025-01-15 10:20:30')", "toDateTime('2024-12-31 23:59:59')", "toDateTime(100000000)"],
    "dt64": ["toDateTime64('2025-01-15 10:20:30.5', 3)", "toDateTime64('2000-01-01 00:00:00.001', 3)"],
    "bool": ["true", "false"],
    "cond": ["1", "0", "true", "1 = 1", "NULL", "1 > 2"],
    "uuid": ["toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')"],
    "enum": ["CAST('a', 'Enum8(\\'a\\' = 1, \\'b\\' = 2, \\'zz\\' = -3)')"],
    "fstr": ["toFixedString('ab', 3)"],
    "ai": ["[1, 2, 3]", "[]", "[5]", "[-1, 300]"],
    "an": ["[1, NULL]", "[NULL, NULL]"],
    "af": ["[1.5, 2]", "[0.1]"],
    "as": ["['a', 'b']", "['']", "['x', 'abc', 'x']"],
    "ans": ["['a', NULL]"],
    "ad": ["[toDate('2025-01-15')]"],
    "aa": ["[[1, 2], []]", "[[3]]"],
    "mi": ["map('a', 1)", "map('a', 1, 'b', 2)"],
    "ms": ["map('k', 'v')"],
    "tup": ["(1, 'a')", "(2, '')"],
    "ptup": ["(1, CAST(NULL, 'Nullable(String)'))", "(2, 'b')"],
    "dyn": ["CAST(1, 'Dynamic')", "CAST('a', 'Dynamic')", "CAST(NULL, 'Dynamic')"],
    "objects": ["[]::Array(JSON)"],
}
CONSTANTS = {
    "k": "0 1 2 3 4 5".split(),
    "k3": "0 1 2 3".split(),
    "k1": "1 5 10".split(),
    "k9": "0 1 2 3 5 8".split(),
    "pk": "1 2 3".split(),
    "nz": "1 2 3 7 -2 10".split(),
    "dnz": ["toDecimal64('0.5', 2)", "toDecimal64(3, 1)"],
    "idx": "1 2 3 -1 -2 5".split(),
    "int0": ["0", "toInt64(-1)"],
    "cs": ["'a'", "'b'", "'abc'", "''", "'red'", "'x'", "'lo'", "'é'"],
    "cs3": ["'a'", "'abc'", "''"],
    "csep": ["','", "''", "' - '"],
    "csep2": ["', '", "'b'", "'--'"],
    "cch": ["','", "'a'", "' '", "'/'"],
    "cre": ["'[a-z]+'", "'b'", "'^a'", "'(l+)o'", "'\\\\d+'", "'\\\\s'", "'(?i)A'", "'.'"],
    "cre2": ["'[a-z]+'", "'^a'", "'(l+)o'", "'\\\\d+'", "'.'"],
    "crep": ["'<\\\\0>'", "''", "'x'"],
    "clike": ["'a%'", "'%l%'", "'_'", "'%'", "''", "'A_c'", "'%\\\\_%'"],
    "cdate": ["'2025-01-15'", "'2024-02-29'", "'1999-12-31'"],
    "cdt": ["'2025-01-15 10:20:30'", "'2024-02-29 00:00:00'"],
    "cunit": ["'day'", "'month'", "'year'", "'hour'", "'week'", "'minute'", "'second'", "'quarter'"],
    "cname": ["'month'", "'weekday'", "'day'", "'year'"],
    "cint": ["1 DAY", "1 MONTH", "1 WEEK", "1 YEAR", "3 DAY", "2 MONTH", "15 MINUTE", "6 HOUR", "1 QUARTER"],
    "cfmt": ["'%Y-%m-%d'", "'%H:%i:%S'", "'%b %d'", "'%j'", "'%Y%m%d %T'", "'%W %a'", "'%e'", "'%y-%c'", "'%V %u'", "'%M %D'"],
    "cnum": ["'1.5'", "'-2'", "'100.125'"],
    "cbool": ["'true'", "'false'", "'1'"],
    "cenum": ["'a'", "'b'", "'zz'"],
}


class Expressions:
    """Expressions over columns that are in sight."""

    def __init__(self, rng, columns, unique=("1",)):
        self.rng, self.columns, self.unique = rng, list(columns), unique
        self.locals, self.subqueries = [], None
        self.fresh = self.extra = 0

    def of(self, kind, depth, table=None):
        """An expression of a kind, at most `depth` calls deep."""
        rng = self.rng
        if kind in GROUPS:
            kind = rng.choice(GROUPS[kind])
        if kind == "sm":
            return self.small(depth)
        if kind == "smf":
            return Node("float", rng.choice(["{}", "({} + 0.5)", "({} / 4)"]).replace("{}", self.small(depth).text()))
        if kind == "ni":
            return Node("int", rng.choice(["CAST(NULL, 'Nullable(Int64)')", "1", "toNullable(2)"])) if rng.random() < 0.4 else self.of("int", depth)
        if kind in ("u", "w"):
            return Node("unique", self.unique[0] if len(self.unique) == 1 else f"({', '.join(self.unique)})") if kind == "u" else Node("str", f"toString({self.small(0).text()})")
        if kind in CONSTANTS:
            return Node("constant", rng.choice(CONSTANTS[kind]))
        if table is None and (depth <= 0 or rng.random() < 0.25):
            return self.leaf(kind)
        if table is None and self.subqueries and kind in ("int", "cond", "str", "float") and rng.random() < 0.04:
            made = self.subqueries(kind, self)
            if made:
                return made
        table = table or functions.SCALAR
        if kind == "cond" and table is functions.SCALAR and rng.random() < 0.15 and any(k == "dyn" for k, _ in self.columns):
            return self.filled("cond", rng.choice(table["fromdyn"]), depth - 1)
        templates = table.get(kind) or functions.SCALAR[kind]
        template = rng.choice(templates)
        while "{u}" in template and not self.unique:
            template = rng.choice(templates)
        return self.filled(kind, template, depth - 1)

    def filled(self, kind, template, depth):
        """A template with an expression for each of its tokens."""
        parts, at, meant = [], 0, None
        for token in TOKEN.finditer(template):
            parts.append(template[at:token.start()])
            at, name = token.end(), token.group(1)
            if name == "any":
                meant = meant or self.rng.choice(KEYS)
                parts.append(self.wrapped(self.of(meant, depth)))
            elif "->" in name:
                parts.append(self.function(name, depth))
            else:
                parts.append(self.wrapped(self.of(name, depth)))
        parts.append(template[at:])
        return Node(kind, *[part for part in parts if part != ""])

    @staticmethod
    def wrapped(node):
        """An operand: in parentheses unless it is a name, a literal or a call."""
        text = node.text()
        if node.kind == "constant" or re.fullmatch(r"[\w.`\[\]:']+|-?[\d.]+|'[^']*'", text) or re.fullmatch(r"\w+\([^()]*\)", text):
            return node
        return Node(node.kind, "(", node, ")")

    def function(self, spec, depth):
        """`x=int:x->cond`: the parameters with their kinds, how they are written, the kind of the body."""
        declared, body = spec.split(":", 1)
        names, renamed = [], {}
        for item in declared.split(","):
            name, kind = item.split("=")
            self.fresh += 1
            renamed[name] = f"{name}{self.fresh}"
            names.append((kind, renamed[name]))
        if body.startswith("acc, "):
            head, body = f"({', '.join(n for _, n in names)})", body[5:].split("->")[1]
        else:
            head, body = body.split("->", 1)
            head = re.sub(r"\w+", lambda m: renamed.get(m.group(), m.group()), head)
        self.locals.append(names)
        if body.startswith("("):  # (k, int): a pair whose first stays
            kind = body[1:-1].split(", ")[1]
            inner = Node("pair", "(", names[0][1], ", ", self.of(kind, depth), ")")
        else:
            inner = self.of(body, depth)
        self.locals.pop()
        return Node("lambda", head, " -> ", inner)

    def small(self, depth):
        """A small integer."""
        names = [name for kind, name in self.columns if name.endswith(("sm", "n", "u8")) and kind == "int" and "." not in name.replace("t0.", "").replace("t1.", "")]
        local = [name for scope in self.locals for kind, name in scope if kind == "int"]
        pool = names + (local if self.rng.random() < 0.3 else [])
        if not pool or self.rng.random() < 0.3:
            return Node("int", self.rng.choice("0 1 2 3 -1 5 10 -3".split()))
        return Node("int", self.rng.choice(["{}", "{} % 5", "{}"]).replace("{}", self.rng.choice(pool)).replace("%", "%"), ) if depth <= 0 else self.bracketed(self.rng.choice(pool))

    def bracketed(self, name):
        return Node("int", self.rng.choice([name, f"({name} % 7)", f"({name} + 1)", f"toInt32({name})", f"toUInt8({name})"]))

    def leaf(self, kind):
        """A column or a literal."""
        local = [name for scope in self.locals for k, name in scope if k == kind]
        if local and self.rng.random() < 0.6:
            return Node(kind, self.rng.choice(local))
        known = [name for k, name in self.columns if k == kind]
        if known and self.rng.random() < 0.85:
            return Node(kind, self.rng.choice(known))
        if not known and self.rng.random() < 0.7 and self.extra < 3:
            self.extra += 1
            made = self.filled(kind, self.rng.choice(functions.SCALAR[kind]), 0)
            self.extra -= 1
            return made
        if kind in ARRAYS and ARRAYS[kind] in LITERALS and self.rng.random() < 0.2 and kind != "aa":
            return Node(kind, "[", self.leaf(ARRAYS[kind]), "]")
        return Node(kind, self.rng.choice(LITERALS[kind]))


class Query(Node):
    """A query with what a comparison has to know: whether its order is total, and the kinds of its columns."""

    __slots__ = ("ordered", "kinds")

    @staticmethod
    def copy(node, parts):
        twin = Node.copy(node, parts)
        twin.ordered, twin.kinds = node.ordered, node.kinds
        return twin


def query(*parts, ordered=False, kinds=()):
    made = Query("query", *[part for part in parts if part is not None])
    made.ordered, made.kinds = ordered, list(kinds)
    return made


class Grammar:
    """Makes queries."""

    def __init__(self, documents, data=0.35):
        self.documents, self.data = documents, data

    def make(self, seed):
        self.rng = random.Random(seed)
        self.names = 0
        form = self.rng.choices(
            ["project", "aggregate", "window", "join", "unfold", "sets", "nested", "distinct", "limit_by", "constants", "using", "asof", "fill", "stars"],
            [26, 22, 10, 12, 7, 6, 8, 4, 3, 6, 3, 2, 2, 2],
        )[0]
        return getattr(self, form)()

    def name(self, stem):
        self.names += 1
        return f"{stem}{self.names}"

    # Tables

    def source(self, alias="src", qualify=False, rows=None):
        """A table; qualified columns when several tables are in sight."""
        if self.rng.random() < self.data:
            return self.documents.source(self.rng, alias, qualify)
        made = world.typed(self.rng, alias, rows)
        if qualify:
            made.columns = [(kind, f"{alias}.{name}") for kind, name in made.columns]
            made.unique = [f"{alias}.{name}" for name in made.unique]
        return made

    def expressions(self, source):
        made = Expressions(self.rng, source.columns, source.unique)
        made.subqueries = self.subquery
        return made

    def subquery(self, kind, around):
        """A scalar subquery, IN or EXISTS over a table of its own."""
        inner = world.typed(self.rng, "", rows=self.rng.choice([3, 7]), prefix="i_")
        one = Expressions(self.rng, inner.columns, inner.unique)
        if kind != "cond":
            value = one.of(kind, 1, functions.AGGREGATE)
            return Node(kind, "(SELECT ", value, " FROM ", inner.node, ")")
        where = Node("where", " WHERE ", one.of("cond", 1), optional=True)
        form = self.rng.choice(["in", "in", "not in", "exists", "correlated"])
        if form == "correlated":
            columns = [name for kind, name in around.columns if kind == "int"]
            if columns:
                negated = self.rng.choice(["", "NOT "])
                return Node("cond", f"{negated}EXISTS (SELECT 1 FROM ", inner.node, f" WHERE i_n = {self.rng.choice(columns)})")
        if form in ("exists", "correlated"):
            return Node("cond", "EXISTS (SELECT 1 FROM ", inner.node, where, ")")
        of = self.rng.choice(["int", "str", "date", "float"])
        return Node("cond", around.wrapped(around.of(of, 1)), f" {form.upper()} (SELECT ", one.of(of, 1), " FROM ", inner.node, where, ")")

    def where(self, source, e, chance=0.6):
        """WHERE with the table's own condition and a random one."""
        own = source.where
        if self.rng.random() < chance:
            condition = Node("extra", " AND " if own else "", Expressions.wrapped(e.of("cond", 2)), optional=True)
            word = "PREWHERE" if own and self.rng.random() < 0.05 else "WHERE"
            return Node("where", f" {word} ", own or "", condition, optional=not own)
        return Node("where", f" WHERE {own}") if own else None

    def items(self, e, kinds, depth=2, table=None):
        """SELECT items with aliases; a later one may use an earlier one's alias."""
        items, named = [], []
        for kind in kinds:
            expr = e.of(kind, depth, table)
            alias = self.name("c")
            items.append(Node("item", expr, f" AS {alias}"))
            named.append((kind, alias))
        return items, named

    def keys(self, e, kinds, columns=False):
        """Items to group by, none of them a constant; only columns, where rows of totals show the keys' defaults.

        ClickHouse folds some constant keys and conditions and not others.
        """
        items, named = self.items(e, kinds, 1)
        for at, (kind, alias) in enumerate(named):
            known = [name for of, name in e.columns if of == kind]
            for _ in range(20):
                text = items[at].text()
                if any(contains(text, name) for _, name in e.columns) and not columns and not FOLDED.search(text):
                    break
                made = e.of(kind, 1)
                items[at] = Node("item", self.rng.choice(known) if columns and known else made, f" AS {alias}")
                if columns and known:
                    break
        return items, named

    # Forms

    def constants(self):
        """Expressions without a table."""
        e = Expressions(self.rng, [])
        kinds = [self.rng.choice(OUTPUTS) for _ in range(self.rng.randint(1, 3))]
        items, named = self.items(e, kinds, 3)
        return query("SELECT ", List(items), ordered=True, kinds=kinds)

    def project(self, source=None):
        source = source or self.source()
        e = self.expressions(source)
        kinds = [self.rng.choice(OUTPUTS + (["dyn", "dyn"] if source.where else [])) for _ in range(self.rng.randint(1, 3))]
        items, named = self.items(e, kinds, self.rng.choice([1, 2, 2, 3]))
        if self.rng.random() < 0.3:
            e.columns += named
            more, _ = self.items(e, [self.rng.choice(SIMPLE)], 1)
            items += more
        first = [Node("key", f"{unique} AS k{at}") for at, unique in enumerate(source.unique)]
        order, ordered = self.order(source, e, named)
        return query("SELECT ", List(first + items), " FROM ", source.node, f" AS {source.alias}" if source.alias else "",
                     self.where(source, e), order, ordered=ordered, kinds=["int"] + kinds)

    def order(self, source, e, named):
        """ORDER BY that leaves no two rows equal, perhaps with a limit."""
        if not source.unique or self.rng.random() < 0.35:
            return None, False
        keys = []
        for _ in range(self.rng.randint(0, 2)):
            kind = self.rng.choice(KEYS)
            known = [alias for k, alias in named if k == kind]
            key = Node(kind, self.rng.choice(known)) if known and self.rng.random() < 0.6 else e.of(kind, 1)
            keys.append(Node("key", key, self.rng.choice(["", " DESC", " ASC", " DESC NULLS FIRST", " NULLS FIRST", " ASC NULLS LAST"]), optional=True))
        keys += [Node("fixed", unique, self.rng.choice(["", " DESC"])) for unique in source.unique]
        limit = self.rng.choice(["", "", "", " LIMIT 5", " LIMIT 3 OFFSET 2", " LIMIT 2, 4", " OFFSET 3", " LIMIT 0"])
        return Node("order", " ORDER BY ", List(keys), Node("limit", limit, optional=True)), True

    def aggregate(self, source=None):
        source = source or self.source()
        e = self.expressions(source)
        keys = [self.rng.choice(KEYS) for _ in range(self.rng.choice([0, 1, 1, 1, 2]))]
        keys = [kind for kind in keys if any(kind == of for of, _ in e.columns)] or keys[:1]
        modifier = self.rng.choice([""] * 8 + [" WITH TOTALS", " WITH ROLLUP", " WITH CUBE", "SETS"])
        if modifier and not any(kind == of for kind in keys for of, _ in e.columns):
            modifier = ""
        if modifier and "tup" in keys:  # ClickHouse takes tuples among the keys of ROLLUP apart
            modifier = ""
        key_items, named = self.keys(e, keys, bool(modifier))
        outs = [self.rng.choice([k for k in functions.AGGREGATE for _ in range(1 + 3 * (k in ("int", "float", "str")))]) for _ in range(self.rng.randint(1, 3))]
        items, values = self.items(e, outs, 2, functions.AGGREGATE)
        parts = ["SELECT ", List(key_items + items), " FROM ", source.node, f" AS {source.alias}" if source.alias else "", self.where(source, e)]
        if keys:
            names = [alias for _, alias in named]
            by = self.rng.choice([", ".join(names)] * 4 + ["ALL", ", ".join(str(i + 1) for i in range(len(keys)))])
            if modifier:
                by = by if by != "ALL" else ", ".join(names)
            if modifier == "SETS":
                sets = self.rng.choice([f"({', '.join(names)})", f"({', '.join(names)}), ()", ", ".join(f"({n})" for n in names), f"({names[0]}), ({', '.join(names)})"])
                parts.append(Node("group", f" GROUP BY GROUPING SETS ({sets})"))
            else:
                parts.append(Node("group", f" GROUP BY {by}", Node("modifier", modifier, optional=True)))
            if self.rng.random() < 0.25:
                over = Expressions(self.rng, named + values)
                parts.append(Node("having", " HAVING ", over.of("cond", 1), optional=True))
            if self.rng.random() < 0.5 and not modifier:
                parts.append(Node("order", " ORDER BY ", ", ".join(names), self.rng.choice(["", " LIMIT 3"])))
                return query(*parts, ordered=True, kinds=keys + outs)
        elif self.rng.random() < 0.1:
            over = Expressions(self.rng, values)
            parts.append(Node("having", " HAVING ", over.of("cond", 1), optional=True))
        return query(*parts, kinds=keys + outs)

    def window(self):
        source = self.source(rows=self.rng.choice([7, 24]))
        e = self.expressions(source)
        items, kinds, e.subqueries = [], [], None
        for _ in range(self.rng.randint(1, 2)):
            kind = self.rng.choice(["int", "int", "int", "float", "str", "date", "ai", "as", "dt", "dec"])
            call = e.of(kind, 2, functions.WINDOW)
            kinds.append(kind)
            items.append(Node("item", call, " OVER (", self.over(source, e, call.text()), f") AS {self.name('c')}"))
        first = [Node("key", f"{unique} AS k{at}") for at, unique in enumerate(source.unique)]
        qualify = None
        if self.rng.random() < 0.15:
            qualify = Node("qualify", " QUALIFY row_number() OVER (", self.over(source, e, ""), f") <= {self.rng.randint(1, 4)}", optional=True)
        return query("SELECT ", List(first + items), " FROM ", source.node, f" AS {source.alias}", self.where(source, e, 0.3), qualify, kinds=["int"] + kinds)

    def over(self, source, e, call):
        """A window whose order is total, so that the answer does not depend on the order of rows."""
        rng = self.rng
        parts = []
        if rng.random() < 0.5:
            parts.append(Node("partition", "PARTITION BY ", e.of(rng.choice(["int", "str", "bool", "date"]), 1), " ", optional=True))
        keys = []
        if rng.random() < 0.4:
            keys.append(Node("key", e.of(rng.choice(["int", "str", "date", "float"]), 1), rng.choice(["", " DESC", " NULLS FIRST"]), optional=True))
        keys += [Node("fixed", unique, rng.choice(["", " DESC"])) for unique in source.unique]
        frame = ""
        if not re.match(r"(row_number|rank|dense_rank|ntile|lag|lead|percent_rank|cume_dist)\(", call) and rng.random() < 0.5:
            bounds = ["UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "3 FOLLOWING", "UNBOUNDED FOLLOWING"]
            a = rng.randrange(6)
            b = rng.randrange(max(a, 1), 7)
            frame = f" ROWS BETWEEN {bounds[a]} AND {bounds[b]}"
            if len(keys) == 1 and source.unique == ["n"] and rng.random() < 0.4:
                frame = frame.replace("ROWS", "RANGE")
        return Node("over", *parts, Node("order", "ORDER BY ", List(keys)), Node("frame", frame, optional=True))

    def side(self, alias):
        """A table for a join: always with an alias, columns qualified."""
        made = self.source(alias, qualify=True, rows=self.rng.choice([3, 7, 24]))
        if made.where:  # the condition of documents goes inside
            inner = made.where.replace(f"{alias}.", "")
            columns = []
            for at, (kind, name) in enumerate(made.columns):
                columns.append((kind, f"j{at}", name.replace(f"{alias}.", "")))
            node = world.Columns([(name, text) for _, name, text in columns], f"FROM documents WHERE {inner}")
            made = world.Source(node, alias, [(kind, f"{alias}.{name}") for kind, name, _ in columns], [f"{alias}.j0"])
        return made

    def join(self):
        rng = self.rng
        left, right = self.side("t0"), self.side("t1")
        # Names are unique in a query so that each table writes only the columns that are used.
        kind = rng.choice(["INNER JOIN", "JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN", "RIGHT SEMI JOIN", "RIGHT ANTI JOIN", "CROSS JOIN", ",", "INNER ANY JOIN", "LEFT ANY JOIN"])
        visible = {"LEFT SEMI JOIN": left, "LEFT ANTI JOIN": left, "RIGHT SEMI JOIN": right, "RIGHT ANTI JOIN": right, "INNER ANY JOIN": None, "LEFT ANY JOIN": left}.get(kind)
        columns = visible.columns if visible else left.columns + right.columns
        unique = visible.unique if visible else left.unique + right.unique
        on, e = None, Expressions(rng, columns, [] if kind == "FULL JOIN" else unique)
        if kind not in ("CROSS JOIN", ","):
            a, b = Expressions(rng, left.columns, left.unique), Expressions(rng, right.columns, right.unique)
            if kind == "INNER ANY JOIN":
                return self.any_join(left, right, a, b)
            conditions = []
            for _ in range(rng.choice([1, 1, 1, 2])):
                of = rng.choice(["int", "int", "str", "date", "bool", "sm", "sm"])
                conditions.append(Node("equal", Expressions.wrapped(a.of(of, 1)), " = ", Expressions.wrapped(b.of(of, 1))))
            if rng.random() < 0.25:
                side = rng.choice([a, b])
                conditions.append(Node("side", "(", side.of("cond", 1), ")", optional=True))
            elif rng.random() < 0.1:
                conditions.append(Node("both", "(", a.of("int", 1), rng.choice([" < ", " >= ", " != "]), b.of("int", 1), ")", optional=True))
            on = Node("on", " ON ", List(conditions, " AND "))
        settings = " SETTINGS join_use_nulls = 1" if rng.random() < 0.12 else ""
        kinds = [rng.choice(SIMPLE + ["ai", "mi"]) for _ in range(rng.randint(1, 3))]
        if rng.random() < 0.5:
            items, _ = self.items(e, kinds, 1)
        else:
            kinds = [rng.choice(["int", "int", "str", "float"]) for _ in range(2)]
            items, _ = self.items(e, kinds, 1, functions.AGGREGATE)
        where = Node("where", " WHERE ", e.of("cond", 1), optional=True) if rng.random() < 0.35 else None
        word = f" {kind} " if kind != "," else ", "
        return query("SELECT ", List(items), " FROM ", left.node, " AS t0", word, right.node, " AS t1", on, where, Node("settings", settings, optional=True), kinds=kinds)

    def keyed(self, alias, value):
        """A small table with a key `k`, a number `n` that is unique, and one more column of its own."""
        source = world.typed(self.rng, "", rows=self.rng.choice([3, 7, 24]), prefix=f"{value}_")
        e = Expressions(self.rng, source.columns, source.unique)
        kind = self.rng.choice(SIMPLE)
        key = e.of("sm", 1)
        node = Node("derived", "(SELECT ", key, f" AS k, {value}_n AS n, ", e.of(kind, 1), f" AS {value} FROM ", source.node, f") AS {alias}")
        return node, kind

    def using(self):
        """JOIN … USING: the key is one column."""
        left, a = self.keyed("t0", "x")
        right, b = self.keyed("t1", "y")
        join = self.rng.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "LEFT SEMI JOIN", "LEFT ANTI JOIN"])
        if "LEFT S" in join or "ANTI" in join:
            head, kinds = "k, t0.n AS m, x", ["int", "int", a]
        else:
            head, kinds = self.rng.choice([("k, t0.n AS m, t1.n AS o, x, y", ["int", "int", "int", a, b]), ("*", []), ("k, count() AS c", ["int", "int"])])
        tail = " GROUP BY k" if "count()" in head else ""
        return query(f"SELECT {head} FROM ", left, f" {join} ", right, f" USING {self.rng.choice(['(k)', 'k'])}", tail, kinds=kinds)

    def asof(self):
        """ASOF JOIN: the nearest row of the other side."""
        left, a = self.keyed("t0", "x")
        right, b = self.keyed("t1", "y")
        side = self.rng.choice(["", "LEFT "])
        op = self.rng.choice([">=", ">", "<=", "<"])
        return query("SELECT t0.k AS k1, t0.n AS n1, t1.n AS n2, x, y FROM ", left, f" ASOF {side}JOIN ", right, f" ON t0.k = t1.k AND t0.n {op} t1.n", kinds=["int", "int", "int", a, b])

    def fill(self):
        """ORDER BY … WITH FILL."""
        source = world.typed(self.rng, "src", rows=self.rng.choice([3, 7]))
        e = self.expressions(source)
        kind = self.rng.choice(SIMPLE)
        items, _ = self.items(e, [kind], 1)
        key, bounds = self.rng.choice([
            ("n * 3", ["", " FROM 0 TO 12", " STEP 2", " FROM 1 TO 30 STEP 4", " TO 10"]),
            ("toDate('2025-01-01') + n * 2", ["", " STEP 1", " TO toDate('2025-01-20')", " STEP INTERVAL 1 DAY", " STEP 3"]),
            ("toInt32(n) * -2", [" FROM -10 TO 4", "", " STEP 1"]),
        ])
        return query(f"SELECT {key} AS ff, ", List(items), " FROM ", source.node, f" AS src ORDER BY ff WITH FILL{self.rng.choice(bounds)}", self.rng.choice(["", " LIMIT 7"]), ordered=True, kinds=["int", kind])

    def stars(self):
        """`*` and COLUMNS with their modifiers."""
        inner, kinds = [], []
        source = self.source()
        e = self.expressions(source)
        for name in ("zz1", "zz2", "yy1"):
            kind = self.rng.choice(["int", "float", "int", "str"] if name != "zz1" else ["int"])
            kinds.append(kind)
            inner.append(Node("item", e.of(kind, 1), f" AS {name}"))
        head = self.rng.choice([
            "*", "* EXCEPT zz2", "* EXCEPT (zz1, yy1)", "* REPLACE (zz1 + 1 AS zz1)", "COLUMNS('^zz')", "* APPLY toString",
            "COLUMNS('1$') APPLY toString", "q.*, 1 AS one", "* EXCEPT zz2 APPLY (x -> toString(x))",
        ])
        node = Node("derived", "(SELECT ", List([Node("fixed", *i.parts) for i in inner]), " FROM ", source.node, f" AS {source.alias}", *[p for p in [self.where(source, e, 0.3)] if p], ") AS q")
        return query(f"SELECT {head} FROM ", node, kinds=kinds)

    def any_join(self, left, right, a, b):
        """ANY keeps one row of several: only keys and their number are certain."""
        return query("SELECT count() AS c1, sum(", a.of("int", 0), ") IS NULL AS c2 FROM ", left.node, " AS t0 LEFT ANY JOIN ", right.node, " AS t1 ON ", Expressions.wrapped(a.of("sm", 1)), " = ", Expressions.wrapped(b.of("sm", 1)))

    def unfold(self):
        """ARRAY JOIN, also of several arrays and of objects."""
        rng = self.rng
        source = self.source()
        e = self.expressions(source)
        left = rng.choice(["", "", "LEFT "])
        kind = rng.choice(["ai", "as", "an", "af", "aa", "ad"] + ["objects", "objects"] * any(k == "objects" for k, _ in source.columns))
        array = e.of(kind, 1)
        item = self.name("a")
        columns = [(ARRAYS.get(kind, "object"), item)]
        joined = [Node("fixed", array, f" AS {item}")]
        if kind == "objects":
            columns = [("str", f"{item}.{rng.choice(['sku', 'name', 'event', 'id'])}.:String"), ("dyn", f"{item}.{rng.choice(['qty', 'amount', 'score'])}")]
        elif rng.random() < 0.3:
            at = self.name("a")
            joined.append(Node("array", "arrayEnumerate(", array, f") AS {at}"))
            columns.append(("int", at))
        source.columns = source.columns + columns * 3
        e = self.expressions(source)
        e.unique = []
        kinds = [rng.choice([c[0] for c in columns] + SIMPLE) for _ in range(rng.randint(1, 3))]
        head = "SELECT "
        if rng.random() < 0.35:
            kinds = [k if k in functions.AGGREGATE else "int" for k in kinds]
            items, _ = self.items(e, kinds, 1, functions.AGGREGATE)
        else:
            items, _ = self.items(e, kinds, 1)
            items = [Node("key", source.unique[0], " AS k0")] + items
        return query(head, List(items), " FROM ", source.node, f" AS {source.alias} {left}ARRAY JOIN ", List(joined), self.where(source, e, 0.4), kinds=kinds)

    def sets(self):
        rng = self.rng
        kinds = [rng.choice(["int", "str", "date", "float", "bool", "dt", "ai", "dec"]) for _ in range(rng.randint(1, 2))]
        sides = []
        names = [self.name("c") for _ in kinds]
        for prefix in ("a_", "b_"):
            source = self.source() if rng.random() < 0.5 else world.typed(rng, "src", prefix=prefix)
            e = self.expressions(source)
            e.subqueries = None
            # One type for both sides: in a Variant of ClickHouse equal numbers of two types are two values.
            one = {"int": "toInt64(", "float": "toFloat64(", "dec": "toDecimal64("}
            end = {"dec": ", 4)"}
            items = [
                Node("item", one.get(kind, ""), e.of(kind, 1), (end.get(kind, ")") if kind in one else "") + f" AS {name}")
                for kind, name in zip(kinds, names)
            ]
            where = self.where(source, e, 0.3)
            sides.append(Node("select", "SELECT ", List(items), " FROM ", source.node, " AS src", *[where] * (where is not None)))
        op = rng.choice(["UNION ALL", "UNION DISTINCT", "INTERSECT", "EXCEPT", "INTERSECT DISTINCT", "EXCEPT DISTINCT", "UNION ALL"])
        if rng.random() < 0.5:
            return query("SELECT * FROM (", sides[0], f" {op} ", sides[1], ")", kinds=kinds)
        return query(sides[0], f" {op} ", sides[1], kinds=kinds)

    def nested(self):
        """A query over a query: FROM or WITH."""
        inner = self.rng.choice([self.aggregate, self.project, self.distinct, self.window])()
        aliases = [item.parts[-1].split(" AS ")[-1] for item in inner.parts[1].parts if item.kind == "item"]
        kinds = inner.kinds[-len(aliases):] if aliases else []
        if not aliases or len(kinds) != len(aliases) or "WITH TOTALS" in inner.text():
            return inner
        alias = "q"
        source = world.Source(None, alias, [(k, a) for k, a in zip(kinds, aliases)], [])
        wrapped = Node("derived", "(", inner, ")")
        if self.rng.random() < 0.3:
            e = Expressions(self.rng, source.columns)
            condition = Node("where", " WHERE ", e.of("cond", 1), optional=True)
            items, named = self.items(e, [self.rng.choice(["int", "str", "float"]) for _ in range(2)], 1, functions.AGGREGATE)
            return query("WITH cte AS ", wrapped, " SELECT ", List(items), " FROM cte", condition, kinds=[k for k, _ in named])
        source.node = wrapped
        if self.rng.random() < 0.5:
            return self.aggregate(source)
        return self.project(source)

    def distinct(self):
        source = self.source()
        e = self.expressions(source)
        kinds = [self.rng.choice(KEYS) for _ in range(self.rng.randint(1, 2))]
        items, named = self.items(e, kinds, 1)
        order = self.rng.random() < 0.5
        tail = Node("order", " ORDER BY ", ", ".join(a for _, a in named), self.rng.choice(["", " LIMIT 4"])) if order else None
        return query("SELECT DISTINCT ", List(items), " FROM ", source.node, f" AS {source.alias}", self.where(source, e), tail, ordered=order, kinds=kinds)

    def limit_by(self):
        source = self.source()
        e = self.expressions(source)
        kinds = [self.rng.choice(KEYS), self.rng.choice(SIMPLE)]
        items, named = self.items(e, kinds, 1)
        by = named[0][1]
        order = ", ".join(f"{u}{self.rng.choice(['', ' DESC'])}" for u in source.unique)
        first = [Node("key", f"{unique} AS k{at}") for at, unique in enumerate(source.unique)]
        count = self.rng.choice(["1", "2", "1, 2", "2 OFFSET 1"])
        return query("SELECT ", List(first + items), " FROM ", source.node, f" AS {source.alias}", self.where(source, e),
                     f" ORDER BY {order} LIMIT {count} BY {by}", self.rng.choice(["", " LIMIT 5"]), ordered=True, kinds=["int"] + kinds)
