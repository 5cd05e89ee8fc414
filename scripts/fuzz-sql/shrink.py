"""Makes a failing query small, as long as it fails in the same way."""

import re

import grammar
from tree import Columns, List, sql

LEAVES = {kind: values[:3] for kind, values in grammar.LITERALS.items()}


def shrink(root, fails, budget=400):
    """The smallest query found for which `fails(query)` still holds; at most `budget` questions."""
    best, left = root, budget
    progress = True
    while progress and left > 0:
        progress = False
        size = len(sql(best))
        seen = set()
        for candidate in candidates(best):
            text = sql(candidate)
            if len(text) >= size or text in seen:
                continue
            seen.add(text)
            left -= 1
            if fails(candidate):
                best, progress = candidate, True
                break
            if left <= 0:
                break
    return best


def candidates(root):
    """Smaller queries, the ones that leave out most first."""
    nodes = sorted(root.nodes(), key=lambda pair: len(pair[0]))
    for _, node in nodes:
        if node.kind == "query":
            yield node
    for way, node in nodes:
        if node.optional and node.text():
            yield root.replaced(way, leaf(node, ""))
    for way, node in nodes:
        if isinstance(node, List) and len(node.parts) > 1:
            for at in (at for at, part in enumerate(node.parts) if part.kind != "fixed"):
                yield root.replaced(way, List.copy(node, node.parts[:at] + node.parts[at + 1:]))
    for way, node in nodes:
        if isinstance(node, Columns):
            yield from fewer_rows(root, way, node)
            continue
        below = [n for _, n in node.nodes() if n.kind == node.kind and not isinstance(n, (List, Columns))]
        for inner in sorted(below, key=lambda n: len(n.text())):
            yield root.replaced(way, inner)
        for text in LEAVES.get(node.kind, ()):
            if node.text() != text:
                yield root.replaced(way, leaf(node, text))


def leaf(node, text):
    made = type(node).copy(node, [text])
    return made


def fewer_rows(root, way, node):
    for rows in (1, 3):
        tail = re.sub(r"numbers\(\d+\)", f"numbers({rows})", node.tail)
        if tail != node.tail and len(tail) <= len(node.tail):
            twin = Columns(node.columns, tail)
            replaced = root.replaced(way, twin)
            yield replaced
