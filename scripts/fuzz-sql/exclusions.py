"""Differences that are meant, each with its reason. A query that meets one is counted under it, not as a difference."""

import re

def reordered(text):
    """Whether both rows of a difference have the same numbers and words."""
    rows = text.split(" instead of ")
    return len(rows) == 2 and sorted(re.findall(r"[\w.-]+", rows[0])) == sorted(re.findall(r"[\w.-]+", rows[1]))


def first_argument(text):
    """What stands before the first comma or the closing parenthesis of a call whose arguments begin here."""
    depth = 0
    for place in re.finditer(r"'(?:[^'\\]|\\.)*'|[()\[\],]", text):
        if place[0] in "([":
            depth += 1
        elif place[0] in ")],":
            if depth == 0:
                return text[:place.start()]
            depth -= place[0] != ","
    return text


def last_argument(text):
    """What stands behind the last comma, SELECT or opening parenthesis that a text ends inside of."""
    depth = 0
    for place in reversed(list(re.finditer(r"'(?:[^'\\]|\\.)*'|[()\[\],]|SELECT ", text))):
        if place[0] in ")]":
            depth += 1
        elif depth == 0 and place[0][0] in "([,S":
            return text[place.end():]
        else:
            depth -= place[0] in "(["
    return text


def is_constant(condition):
    """Whether an expression names no column: only functions, types, parameters of lambdas, and words in capitals."""
    plain = re.sub(r"'(?:[^'\\]|\\.)*'|::\w+(\([^()]*\))?", " ", condition)
    names = re.findall(r"\b[A-Za-z_][\w.]*\b(?! *\()", plain)
    return not [name for name in names if not re.fullmatch(r"[A-Z]+|true|false|nan|inf|[xykv]\d+|e\d+", name)]


def decided(sql):
    """Whether a condition of the query is a constant."""
    calls = re.finditer(r"\b(if|multiIf)\(|\bCASE WHEN ", sql)
    conditions = [first_argument(sql[call.end():]).split(" THEN ")[0] for call in calls]
    conditions += [last_argument(before) for before in sql.split(" ? ")[:-1]]
    return any(is_constant(condition) for condition in conditions)


def large(text):
    """Whether a row has a number that a mean of rows has only if their sum is beyond 64 bits."""
    numbers = re.findall(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", text)
    return any(abs(float(number)) >= 1e15 for number in numbers)


def reads_nothing(sql):
    """Whether the query reads no column of a `cte` with an ORDER BY."""
    inner, _, outer = sql.rpartition(") SELECT ")
    names = re.search(r"\b[ck]\d|^\*", re.sub(r" AS [ck]\d+", "", outer))
    return inner.startswith("WITH cte AS") and " ORDER BY " in inner and re.search(r" FROM cte( WHERE .*)?$", outer) and not names


def has_no_rows(sql):
    """Whether a part of a WHERE inside the query is a constant, such as 0, or asks for texts that no row has."""
    conditions = [first_argument(sql[place.end():]) for place in re.finditer(r" (PRE)?WHERE ", sql)]
    parts = [re.split(r" (?:GROUP|ORDER) BY | LIMIT ", condition)[0].split(" AND ") for condition in conditions]
    return any(is_constant(part) or part.strip() == "empty(w)" for of_one in parts for part in of_one)


# A DISTINCT with an order, of something that may be 0 and -0.
DISTINCT_ZEROS = r"DISTINCT .*(round|trunc|floor|ceil|roundBankers|\*|-|/|%|degrees|sin|tan).* ORDER BY"

# name: (reason, the kind of outcome, what the query matches, what the difference matches); the last two may be functions.
EXCLUSIONS = {
    "row limit": (
        "An answer of Rekor ends after 1,000 rows, or has two columns of one name; ClickHouse's does not.",
        "cut", "", ""),
    "float and wide integer": (
        "Float64 with 64-bit integers or Decimals: ClickHouse makes a Variant whose rows keep their types, Rekor a Float64. "
        "The values are equal.",
        "types", "", r"Variant\((Decimal\(\d+, \d+\)|Float64), [^()]*(Float64|U?Int64)|Variant\(Float(32|64), U?Int"),
    "array of a variant": (
        "Arrays of Int64 and of UInt64: ClickHouse makes a Variant of arrays, Rekor an array of Variants. The values are equal.",
        "types", "", r"Variant\(Array|Variant\(Tuple"),
    "order in a variant": (
        "ClickHouse sorts the numbers of an array of Int64 and UInt64 by their types first.",
        "wrong", r"(?=.*(u64|UInt64|[hH]ash|\bn\b))array\w*Sort\(|(?=.*array\w*Sort\().*(u64|UInt64|[hH]ash|\bn\b)", reordered),
    "mean beyond 64 bits": (
        "ClickHouse adds integers in 64 bits for avg and wraps; Rekor's mean is that of the values.",
        "wrong", r"\b(avg|arrayAvg)", large),
    "running mean beyond 64 bits": (
        "The same over a frame; which of the rows is shown says nothing of the sum.",
        "wrong", r"\bavg\w*\([^()]*\b[iu]64\b[^()]*\) OVER", ""),
    "rounding beyond the type": (
        "round to tens of a number at the end of its type.",
        "wrong", r"(round|floor|ceil)\((\w*\.?\w*i8|\w*\.?i32|\w*\.?i64|-128|[^()]*u64|[^()]*255)", ""),
    "true as a position": (
        "ClickHouse takes `true` in ORDER BY for the number of a column.",
        "wrong", r"ORDER BY (.*, )?true\b", ""),
    "before and after a date's range": (
        "ClickHouse wraps dates below 1970 and above 2149 (times: 2106); Rekor keeps them right.",
        "wrong", "", r"'(2149-0[5-6]|2106-0[12]|196\d-)"),
    "a day before the first": (
        "What is taken from the first Date is the first Date, and from the first DateTime a time of 1969; ClickHouse wraps to 2149 "
        "and 2106.",
        "wrong", r" - \d| - INTERVAL|\bsubtract[A-Z]\w+\(|\badd[A-Z]\w+\(.*, -\d", r"'(1969|1970|2149)-"),
    "many days": (
        "A date plus more days than a Date counts wraps in ClickHouse.",
        "wrong", r"(?=.*(65536|\d{6})).*-> .* INTERVAL [a-z]\w* (DAY|WEEK|MONTH|QUARTER|YEAR)", ""),
    "the default of a Date32": (
        "Where no row matches, a Date32 is 1970-01-01; a WHERE that holds for this value makes an outer join of ClickHouse an inner "
        "one, because it is computed for another default.",
        "wrong", r"\b(LEFT|RIGHT|FULL)\b.* JOIN .* WHERE .*(d32|Date32)", ""),
    "NaN of a power": (
        "power of a negative number gives NaN of several bits in ClickHouse, which are values of their own for GROUP BY, DISTINCT and uniq.",
        "wrong", r"\bpow(er)?\(.*\b(GROUP BY|BY c\d|DISTINCT|uniq\w*)|\b(DISTINCT|uniq\w*)\b.*\bpow(er)?\(", ""),
    "the least of equals": (
        "argMin and argMax by a constant give one of all values, whichever comes first.",
        "wrong", r"\barg(Min|Max)\w*\([^()]*, ?(\d+|'[^']*'|true|false)[,)]", ""),
    "order of bytes": (
        "reverse cuts characters into bytes that are no text; in Rekor these sort behind all text.",
        "wrong", r"\breverse\(.*( <|>| BETWEEN |ORDER BY|\b(min|max|least|greatest|array\w*Sort|argM\w+)\()", ""),
    "types of literals in Dynamic": (
        "A number in a Dynamic is an Int64 or a Float64, as in JSON; ClickHouse keeps UInt8 of `CAST(1, 'Dynamic')`, and UInt16 of "
        "the sum of a Bool and 1.",
        "wrong", r"dynamicType\(.*(CAST|coalesce|if)\(|dynamicType\(\(*[^()]* [-+*%] ", ""),
    "a branch that is never taken": (
        "Where a condition is a constant and the other branch is wrong for ClickHouse, the type is that of the branch taken.",
        "types", decided, ""),
    "NULL beneath an array": (
        "Where NULL meets an array without NULLs, ClickHouse compares the default that lies beneath it.",
        "wrong", r"^(?=.*\b(has|hasAny|hasAll|hasSubstr|startsWith|endsWith|indexOf|countEqual)\().*(\.:|Nullable|NULL|OrNull|nstr|\bn[su]\b|\bann?s?\b)", ""),
    "NULL in a tuple": (
        "min and max of tuples take a NULL in them for the greatest value without GROUP BY and for the least with it; "
        "in Rekor it is neither.",
        "wrong", r"\b(min|max|argMin|argMax)\w*\(.*(tuple|\().*(NULL|Nullable|\.:|\bn[sudfb]\b|nstr|ndt|\bnt\b|\bpn\b|OrNull|Null\()", ""),
    "groups of two zeros": (
        "0 and -0 are two groups, and equal to ORDER BY: which comes first is open.",
        "wrong", r"(round|trunc|floor|ceil|roundBankers)\(.* GROUP BY .* ORDER BY", r"\b0\b.* instead of .*\b0\b"),
    "copies of a key": (
        "In which order mapSort leaves pairs of equal keys is open.",
        "wrong", r"map(Partial)?(Reverse)?Sort\(.*mapConcat\(", ""),
    "NULL in a tuple of a join": (
        "ClickHouse makes a join of CROSS JOIN and WHERE, and compares the tuples of a join's keys by their bytes: a NULL in them equals "
        "another one.",
        "wrong", r" CROSS JOIN .* WHERE .*\bpn\b", ""),
    "two zeros and a limit": (
        "0 and -0 as for two zeros; with LIMIT other rows are left.",
        "wrong", DISTINCT_ZEROS + r" .* LIMIT \d", ""),
    "two zeros": (
        "DISTINCT of sorted rows takes 0 and -0 for one value in ClickHouse, DISTINCT of others for two; in Rekor they are two.",
        "wrong", DISTINCT_ZEROS, r"rows instead"),
    "filtered before the join": (
        "ClickHouse filters the sides of a join before it computes what the join compares; what fails only for other rows does not "
        "fail.",
        r"error (SIZES_OF_ARRAYS_DONT_MATCH|DECIMAL_OVERFLOW|ILLEGAL_DIVISION|NO_COMMON_TYPE|TYPE_MISMATCH|CANNOT_\w+)",
        r" JOIN .* ON ", ""),
    "functions of a Variant": (
        "A function of a Variant works in ClickHouse on each of its types; Rekor asks for a CAST.",
        "error (ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE)", "", r"Variant\("),
    "type of a function of a Variant": (
        "A bit function of a Variant of integers is a Dynamic in Rekor and a Variant of the results in ClickHouse. The values are equal.",
        "types", "", r"\bDynamic\b.* instead of .*Variant\((U?Int\d+(, )?)+\)"),
    "no row to compute for": (
        "Rekor checks types before it reads; ClickHouse finds no rows and computes nothing.",
        r"error (ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE|TYPE_MISMATCH|SIZES_OF_ARRAYS_DONT_MATCH|CANNOT_\w+|DECIMAL_OVERFLOW"
        r"|ILLEGAL_DIVISION|ARGUMENT_OUT_OF_BOUND)",
        "", r"^\[no rows\]"),
    "no row to aggregate": (
        "The same, where the one row of an aggregate is all that there is.",
        "error (ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE|TYPE_MISMATCH)", has_no_rows, ""),
    "a constant in totals": (
        "coalesce of a constant and a column is a constant in rows of totals.",
        "wrong", r"\b(coalesce|ifNull)\(.* WITH (TOTALS|ROLLUP|CUBE)", ""),
    "a column that nobody reads": (
        "ClickHouse finds that hours of a Date have no beginning, or that text and a number have no order, when it computes them, which "
        "it does not for a column of a subquery that is not read.",
        "error (ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE)", r"\(SELECT ",
        r"Illegal type (Date|Date32|DateTime|Nothing) of an argument|types String, U?Int\d+: they cannot be compared"
        r"|illegal type: Enum8"),
    "text that is a constant": (
        "ClickHouse compares a number with text of a subquery that happens to be a constant column.",
        "error NO_COMMON_TYPE", r"FROM \(SELECT (DISTINCT )?", r"types U?Int\d+, String: they cannot be compared"),
    "an order that nobody needs": (
        "ClickHouse does not compute an ORDER BY of a subquery of which nothing is read.",
        r"error CANNOT_\w+", reads_nothing, ""),
    "the empty grouping set": (
        "ClickHouse leaves the set `()` out where nothing is aggregated.",
        "wrong", r"GROUPING SETS \(.*\(\)", ""),
    "sets of Variants": (
        "Arrays of Int64 and UInt64 are different Variants in ClickHouse, and their equal numbers are different values.",
        "wrong", r"^(?=.*(u64|UInt64|[hH]ash|\bn\b|CumSum|\blength))(?=.*(\[|[aA]rray)).* (EXCEPT|INTERSECT) "
        r"|^(?=.*(u64|UInt64|[hH]ash|\bn\b|CumSum|\blength))(?=.*(Distinct|[uU]niq)\w*\(.*(if|multiIf)\()",
        ""),
    "a second point": (
        "ClickHouse reads `1.2.3` as the Decimal 1.23.",
        "wrong", r"(toDecimal\w+|CAST)\(.*(version|ip\b|IPv4NumToString)", ""),
    "remainder of a Decimal": (
        "ClickHouse divides the digits of a Decimal without its scale by an integer: `toDecimal64(3.5, 1) % 2` is 0.1. In Rekor it is 1.5.",
        "wrong", r"(Decimal|\bn?dec\b|\bnd\b).*(%|\bmod(ulo\w*)?\()|(%|\bmod(ulo\w*)?\().*(Decimal|\bn?dec\b|\bnd\b)", ""),
    "128 bits": (
        "least and greatest of small signed integers and UInt64: ClickHouse answers in Int128, Rekor in 64 bits, where the value fits.",
        "types", "", "Int128"),
}


def holds(rule, text):
    return rule(text) if callable(rule) else re.search(rule, text)


def excluded(sql, kind, text):
    """The name of the exclusion that a query with this outcome falls under, or None."""
    for name, (_, outcome, query, difference) in EXCLUSIONS.items():
        if re.fullmatch(outcome, kind) and holds(query, sql) and holds(difference, text):
            return name
    return None
