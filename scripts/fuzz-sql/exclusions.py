"""Differences that are meant, each with its reason. A query that meets one is counted under it, not as a difference."""

import re

# name: (reason, the kind of outcome, what the query matches, what the difference matches)
EXCLUSIONS = {
    "row limit": (
        "An answer of Rekor ends after 1,000 rows, or has two columns of one name; ClickHouse's does not.",
        "cut", "", ""),
    "float and wide integer": (
        "Float64 with 64-bit integers or Decimals: ClickHouse makes a Variant whose rows keep their types, Rekor a Float64. "
        "The values are equal.",
        "types", "", r"Variant\((Decimal\(\d+, \d+\)|Float64), [^()]*(Float64|U?Int64)|Variant\(Float64, U?Int"),
    "array of a variant": (
        "Arrays of Int64 and of UInt64: ClickHouse makes a Variant of arrays, Rekor an array of Variants. The values are equal.",
        "types", "", r"Variant\(Array|Variant\(Tuple"),
    "names of tuple elements": (
        "Tuples with and without names: Rekor keeps the names.",
        "types", "", r"Tuple\(a Int64, b String\)"),
    "mean beyond 64 bits": (
        "ClickHouse adds integers in 64 bits for avg and wraps; Rekor's mean is that of the values.",
        "wrong", r"(?i)avg.*(u64|i64|Hash|hash|Kahan|e1\d|\*)", ""),
    "rounding beyond the type": (
        "round to tens of a number at the end of its type.",
        "wrong", r"(round|floor|ceil)\((\w*\.?\w*i8|\w*\.?i32|\w*\.?i64|-128|[^()]*u64|[^()]*255)", ""),
    "true as a position": (
        "ClickHouse takes `true` in ORDER BY for the number of a column.",
        "wrong", r"ORDER BY (.*, )?true\b", ""),
    "before and after a date's range": (
        "ClickHouse wraps dates below 1970 and above 2149 (times: 2106); Rekor keeps them right.",
        "wrong", "", r"'(2149-0[5-6]|2106-0[12]|196\d-)"),
    "types of literals in Dynamic": (
        "A number in a Dynamic is an Int64 or a Float64, as in JSON; ClickHouse keeps UInt8 of `CAST(1, 'Dynamic')`.",
        "wrong", r"dynamicType\(.*CAST\(", ""),
    "128 bits": (
        "least and greatest of small signed integers and UInt64: ClickHouse answers in Int128, Rekor in 64 bits, where the value fits.",
        "types", "", "Int128"),
}


def excluded(sql, kind, text):
    """The name of the exclusion that a query with this outcome falls under, or None."""
    for name, (_, outcome, query, difference) in EXCLUSIONS.items():
        if re.fullmatch(outcome, kind) and re.search(query, sql) and re.search(difference, text):
            return name
    return None
