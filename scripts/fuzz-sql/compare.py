"""Whether two answers are the same."""

import json
import math
import re

RELATIVE = 1e-9


def canonical(value):
    """JSON as ClickHouse keeps it: no nulls and no empty objects in objects; truth as numbers."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, dict):
        return {k: v for k, v in ((k, canonical(v)) for k, v in value.items()) if v is not None and v != {}}
    if isinstance(value, list):
        return [canonical(v) for v in value]
    return value


def same(a, b):
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        if isinstance(a, int) and isinstance(b, int):
            return a == b
        return a == b or math.isclose(a, b, rel_tol=RELATIVE, abs_tol=1e-12)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(v, b[k]) for k, v in a.items())
    if isinstance(a, list) and isinstance(b, dict):  # named tuples
        return same(a, list(b.values()))
    if isinstance(a, dict) and isinstance(b, list):
        return same(b, a)
    return a == b and type(a) is type(b) or both_long(a, b)


LONG = re.compile(r"-?\d*\.?\d{14,}(e[-+]?\d+)?|-?\d\.\d{12,}(e[-+]?\d+)?")


def both_long(a, b):
    """Floats as text with all their digits: the last ones are those of a mathematical library."""
    if not (isinstance(a, str) and isinstance(b, str) and (LONG.fullmatch(a) or LONG.fullmatch(b))):
        return False
    try:
        return math.isclose(float(a), float(b), rel_tol=1e-14)
    except ValueError:
        return False


def key(value):
    """A total order that puts rows beside each other which are equal but for the last digits."""
    if value is None:
        return (0,)
    if isinstance(value, (int, float)):
        return (1, float(f"{value:.6g}"))
    if isinstance(value, str):
        return (2, value)
    if isinstance(value, dict):
        value = [v for _, v in sorted(value.items())]
    return (3, *[key(v) for v in value])


# Numbers that one side writes as text and the other does not: Decimals beyond a double are text in Rekor's JSON, and text in a
# Variant that looks like a number has no quotes in ClickHouse's.
TEXT_OR_NUMBER = re.compile(r"\b(Decimal|Variant)\(")


def plain(row, types):
    """A row with numbers for text that looks like one, in columns where that is a matter of quotes alone."""
    loose = [bool(TEXT_OR_NUMBER.search(name)) for name in types]
    return [number(value) if at < len(loose) and loose[at] else value for at, value in enumerate(canonical(row))]


def number(value):
    if isinstance(value, list):
        return [number(v) for v in value]
    if isinstance(value, dict):
        return {k: number(v) for k, v in value.items()}
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except ValueError:
            return value
        return found if type(found) in (int, float) else value
    return value


def difference(wanted, got, ordered, types=()):
    """What differs between two lists of rows of columns of these types, or None."""
    wanted, got = [plain(row, types) for row in wanted], [plain(row, types) for row in got]
    if len(wanted) != len(got):
        return f"{len(got)} rows instead of {len(wanted)}"
    if not ordered:
        wanted, got = sorted(wanted, key=key), sorted(got, key=key)
    for a, b in zip(wanted, got):
        if not same(a, b):
            if not ordered and all(any(same(x, y) for y in got) for x in wanted):
                continue
            return f"{clip(b)} instead of {clip(a)}"
    return None


def clip(row):
    text = str(row)
    return text if len(text) < 300 else text[:300] + "…"
