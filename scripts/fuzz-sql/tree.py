"""Trees of SQL: what the grammar makes and what shrinking takes apart."""


class Node:
    """A piece of SQL.

    `kind` is the abstract type of an expression (`int`, `str`, …), or the name of a clause. `parts` are texts and nodes.
    An optional node may be left out as a whole.
    """

    __slots__ = ("kind", "parts", "optional")

    def __init__(self, kind, *parts, optional=False):
        self.kind, self.parts, self.optional = kind, list(parts), optional

    def text(self):
        return "".join(part if isinstance(part, str) else part.text() for part in self.parts)

    def nodes(self):
        """All nodes below, with the way to each: a list of positions."""
        for at, part in enumerate(self.parts):
            if not isinstance(part, str):
                yield (at,), part
                for way, node in part.nodes():
                    yield (at, *way), node

    def replaced(self, way, by):
        """A copy in which the node at `way` is another one."""
        at, rest = way[0], way[1:]
        parts = list(self.parts)
        parts[at] = by if not rest else parts[at].replaced(rest, by)
        return type(self).copy(self, parts)

    @staticmethod
    def copy(node, parts):
        twin = object.__new__(type(node))
        twin.kind, twin.parts, twin.optional = node.kind, parts, node.optional
        return twin


class List(Node):
    """Nodes with a separator; shrinking drops items while more than one is left."""

    __slots__ = ("separator",)

    def __init__(self, items, separator=", ", kind="list"):
        super().__init__(kind, *items)
        self.separator = separator

    def text(self):
        return self.separator.join(part.text() for part in self.parts)

    @staticmethod
    def copy(node, parts):
        twin = Node.copy(node, parts)
        twin.separator = node.separator
        return twin


class Columns(Node):
    """A derived table whose columns are written only where the query uses them.

    `columns` are (name, expression) pairs, all under the alias `alias`; names are unique in the query.
    """

    __slots__ = ("columns", "tail")

    def __init__(self, columns, tail):
        super().__init__("source")
        self.columns, self.tail = columns, tail

    def text(self):
        return MARK + str(id(self)) + MARK

    def written(self, rest):
        used = [f"{sql} AS {name}" for name, sql in self.columns if contains(rest, name)]
        return f"(SELECT {', '.join(used) or '1 AS one'} {self.tail})"

    @staticmethod
    def copy(node, parts):
        return node


MARK = "\0"


def contains(text, name):
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not (end < len(text) and (text[end].isalnum() or text[end] == "_")) and not (
            at and (text[at - 1].isalnum() or text[at - 1] == "_")
        ):
            return True
        at = text.find(name, at + 1)
    return False


def sql(root):
    """The text of a whole query."""
    text = root.text()
    if MARK in text:
        for node in {id(n): n for _, n in root.nodes() if isinstance(n, Columns)}.values():
            text = text.replace(node.text(), node.written(text))
    return text
