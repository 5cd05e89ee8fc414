"""Differences that are meant, each with its reason. A query that meets one is counted under it, not as a difference."""

import re

def reordered(text):
    """Whether both rows of a difference have the same numbers and words."""
    rows = text.split(" instead of ")
    return len(rows) == 2 and sorted(re.findall(r"[\w.-]+", rows[0])) == sorted(re.findall(r"[\w.-]+", rows[1]))


# name: (reason, the kind of outcome, what the query matches, what the difference matches or a function of its text)
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
        "wrong", r"(?=.*(u64|UInt64|[hH]ash))array\w*Sort\(|(?=.*array\w*Sort\().*(u64|UInt64|[hH]ash)", reordered),
    "mean beyond 64 bits": (
        "ClickHouse adds integers in 64 bits for avg and wraps; Rekor's mean is that of the values.",
        "wrong", r"(?i)avg.*(u64|i64|uint64|Hash|hash|Kahan|e1\d|\*)", ""),
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
        "A Date that is missing is 1970-01-01; ClickHouse wraps what is taken from it to 2149.",
        "wrong", r"(\[toDate\('[^']*'\)(, toDate\('[^']*'\))*\]\[-?\d+\]|\bt[01]\.(d|ndt)) - \d", ""),
    "types of literals in Dynamic": (
        "A number in a Dynamic is an Int64 or a Float64, as in JSON; ClickHouse keeps UInt8 of `CAST(1, 'Dynamic')`.",
        "wrong", r"dynamicType\(.*(CAST|coalesce|if)\(", ""),
    "a branch that is never taken": (
        "Where a condition is a constant and the other branch is wrong for ClickHouse, the type is that of the branch taken.",
        "types", r"(if|multiIf)\(([01]|true|false|NULL|[\d'., <>=!]+|\w+\(('[^']*'|[\d., ]|NULL)*\)),|CASE WHEN ([01]|true|false) ", ""),
    "NULL beneath an array": (
        "Where NULL meets an array without NULLs, ClickHouse compares the default that lies beneath it.",
        "wrong", r"^(?=.*\b(has|hasAny|hasAll|hasSubstr|startsWith|endsWith|indexOf|countEqual)\().*(\.:|Nullable|NULL|OrNull|nstr|\bn[su]\b|\bann?s?\b)", ""),
    "NULL in a tuple": (
        "min and max of tuples take a NULL in them for the greatest value without GROUP BY and for the least with it; "
        "in Rekor it is neither.",
        "wrong", r"\b(min|max|argMin|argMax)\w*\(.*(tuple|\().*(NULL|Nullable|\.:|\bn[sudfb]\b|nstr|ndt|\bnt\b|\bpn\b|OrNull|Null\()", ""),
    "two zeros": (
        "DISTINCT of sorted rows takes 0 and -0 for one value in ClickHouse, DISTINCT of others for two; in Rekor they are two.",
        "wrong", r"DISTINCT .*(round|trunc|floor|ceil|roundBankers|\*|-|/|%|degrees|sin|tan).* ORDER BY", r"rows instead"),
    "computed after LIMIT": (
        "ClickHouse sorts and limits before it computes; what fails only for other rows does not fail.",
        r"error (ILLEGAL_TYPE_OF_ARGUMENT|DECIMAL_OVERFLOW|ILLEGAL_DIVISION|SIZES_OF_ARRAYS_DONT_MATCH|CANNOT_\w+)",
        r" LIMIT \d", ""),
    "filtered before the join": (
        "ClickHouse filters the sides of a join before it computes what the join compares; what fails only for other rows does not "
        "fail.",
        r"error (SIZES_OF_ARRAYS_DONT_MATCH|DECIMAL_OVERFLOW|ILLEGAL_DIVISION|CANNOT_\w+)",
        r" JOIN .* ON .* (AND|WHERE) ", ""),
    "functions of a Variant": (
        "A function of a Variant works in ClickHouse on each of its types; Rekor asks for a CAST.",
        "error (ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE)", "", r"Variant\("),
    "type of a function of a Variant": (
        "Arithmetic on a Variant of integers is a Dynamic in Rekor and a Variant of the results in ClickHouse. The values are equal.",
        "types", "", r"\bDynamic\b.* instead of .*Variant\(U?Int\d+, U?Int\d+\)"),
    "no row to compute for": (
        "Rekor checks types before it reads; ClickHouse finds no rows and computes nothing.",
        r"error (ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE|TYPE_MISMATCH|SIZES_OF_ARRAYS_DONT_MATCH|CANNOT_\w+|DECIMAL_OVERFLOW"
        r"|ILLEGAL_DIVISION)",
        "", r"^\[no rows\]"),
    "a column that nobody reads": (
        "ClickHouse finds that hours of a Date have no beginning, or that text and a number have no order, when it computes them, which "
        "it does not for a column of a subquery that is not read.",
        "error (ILLEGAL_TYPE_OF_ARGUMENT|NO_COMMON_TYPE)", r"\(SELECT ",
        r"Illegal type (Date|DateTime|Nothing) of an argument|types String, U?Int\d+: they cannot be compared"),
    "the empty grouping set": (
        "ClickHouse leaves the set `()` out where nothing is aggregated.",
        "wrong", r"GROUPING SETS \(.*\(\)", ""),
    "sets of Variants": (
        "Arrays of Int64 and UInt64 are different Variants in ClickHouse, and their equal numbers are different values.",
        "wrong", r"^(?=.*(u64|UInt64|[hH]ash))(?=.*(\[|[aA]rray)).* (EXCEPT|INTERSECT) ", "rows instead"),
    "a second point": (
        "ClickHouse reads `1.2.3` as the Decimal 1.23.",
        "wrong", r"(toDecimal\w+|CAST)\(.*(version|ip\b)", ""),
    "remainder of a Decimal": (
        "ClickHouse divides the digits of a Decimal without its scale by an integer: `toDecimal64(3.5, 1) % 2` is 0.1. In Rekor it is 1.5.",
        "wrong", r"(Decimal|\bn?dec\b|\bnd\b).*(%|\bmod(ulo\w*)?\()|(%|\bmod(ulo\w*)?\().*(Decimal|\bn?dec\b|\bnd\b)", ""),
    "128 bits": (
        "least and greatest of small signed integers and UInt64: ClickHouse answers in Int128, Rekor in 64 bits, where the value fits.",
        "types", "", "Int128"),
}


def excluded(sql, kind, text):
    """The name of the exclusion that a query with this outcome falls under, or None."""
    for name, (_, outcome, query, difference) in EXCLUSIONS.items():
        meant = difference(text) if callable(difference) else re.search(difference, text)
        if re.fullmatch(outcome, kind) and re.search(query, sql) and meant:
            return name
    return None
