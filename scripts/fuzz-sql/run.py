#!/usr/bin/env python3
"""Random SQL, answered by Rekor and by ClickHouse: every difference is a wrong answer.

usage: run.py REKOR [--count N] [--seed S] [--jobs N] [--replay SEED] [--out FILE]
Needs the Python package chdb. A query has a seed (`7:123`: run 7, query 123) that makes it again.
"""

import argparse
import collections
import json
import multiprocessing
import pathlib
import queue
import re
import sys
import time

import compare
import engines
import exclusions
import grammar
import shrink
import tree
import world

CORPUS = pathlib.Path(__file__).with_name("corpus.sql")
# Refusals, that say so.
REFUSED = {"NOT_IMPLEMENTED", "UNKNOWN_FUNCTION", "UNKNOWN_AGGREGATE_FUNCTION", "UNKNOWN_SETTING", "UNKNOWN_TYPE"}


class Judge:
    """Asks both sides and says how their answers differ."""

    def __init__(self, port):
        rows = world.replay()
        self.documents = world.Documents(rows)
        self.grammar = grammar.Grammar(self.documents)
        self.clickhouse = engines.ClickHouse(rows)
        self.rekor = engines.Rekor(port)

    def outcome(self, query, sql=None):
        """(kind, text): `same`, `both` (errors), `refused`, `cut`, or a difference."""
        sql = sql or tree.sql(query)
        wanted, got = self.clickhouse.ask(sql), self.rekor.ask(sql)
        if got.status >= 500:
            return "crash", f"{got.status} {got.text}"
        if wanted.error in ("TIMEOUT_EXCEEDED", "MEMORY_LIMIT_EXCEEDED", "UNREADABLE"):
            return "both", wanted.error
        if got.error:
            if got.error in REFUSED or "not supported" in got.text:
                return "refused", f"{got.error} {reason(got.text)}"
            if wanted.error:
                return "both", f"{wanted.error} {got.error}"
            # ClickHouse computes nothing where it finds no rows.
            return f"error {got.error}", ("" if wanted.rows else "[no rows] ") + got.text
        if wanted.error:
            return f"lenient {wanted.error}", clip(wanted.text)
        if got.cut:
            return "cut", ""
        found = compare.difference(wanted.rows, got.rows, query.ordered, wanted.types)
        if found:
            return "wrong", found
        totals = [compare.plain(side.totals, wanted.types) for side in (wanted, got) if side.totals is not None]
        if wanted.totals is not None and not (len(totals) == 2 and compare.same(*totals)):
            return "wrong", f"totals {got.totals} instead of {wanted.totals}"
        types = [plain(t) for t in wanted.types]
        if types != got.types:
            return "types", f"{got.types} instead of {types}"
        return "same", ""


def plain(name):
    """A type's name without LowCardinality, and JSON without its limits, which Rekor has not."""
    name = re.sub(r"LowCardinality\(((?:[^()]|\([^()]*\))*)\)", r"\1", name)
    return re.sub(r"(JSON|Dynamic)\(max[^()]*\)", r"\1", name)


def reason(text):
    """An error's text without the parts that each query has its own."""
    return re.sub(r"\d+", "0", re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", "…", text))[:110]


def clip(text):
    return text.split(": In scope")[0].split(". In scope")[0][:300]


def failed(kind):
    return kind not in ("same", "both", "refused") and not kind.startswith("excluded")


def work(port, seeds, results, shrinks):
    judge = Judge(port)
    while True:
        try:
            batch = seeds.get(timeout=1)
        except queue.Empty:
            continue
        if batch is None:
            return
        found = []
        for seed in batch:
            query = grammar.query(seed[7:]) if seed.startswith("corpus ") else judge.grammar.make(seed)
            sql = tree.sql(query)
            kind, text = judge.outcome(query, sql)
            entry = [seed, kind, text, sql, None]
            if failed(kind):
                entry = judged(judge, query, entry, shrinks)
            found.append(entry)
        results.put(found)


def judged(judge, query, entry, shrinks):
    """The entry of a difference, made small, or counted under an exclusion.

    It counts under one only where nothing smaller fails in the same way without meeting it.
    """
    seed, kind, text, sql, _ = entry
    meets = exclusions.excluded(sql, kind, text)
    if meets and kind == "cut":
        return [seed, f"excluded: {meets}", text, sql, None]
    if kind.startswith("lenient") and shrinks != "all":
        return entry
    unexplained = [] if meets else [query]

    def fails(candidate):
        got, difference = judge.outcome(candidate)
        if got == kind and not exclusions.excluded(tree.sql(candidate), got, difference):
            unexplained.append(candidate)
        return got == kind

    def unexplained_fails(candidate):
        fails(candidate)
        return bool(unexplained) and unexplained[-1] is candidate

    if meets:
        shrink.shrink(query, fails)
    if not unexplained:
        return [seed, f"excluded: {meets}", text, sql, None]
    small = shrink.shrink(unexplained[-1], unexplained_fails)
    return [seed, kind, judge.outcome(small)[1], sql, tree.sql(small)]


def run(options):
    server = engines.Server(options.rekor)
    context = multiprocessing.get_context("spawn")
    seeds, results = context.Queue(), context.Queue()
    corpus = ["corpus " + line for line in CORPUS.read_text().splitlines() if not line.startswith("--")]
    out = open(options.out, "w") if options.out else None
    wanted = corpus + [f"{options.seed}:{i}" for i in range(options.first, options.first + options.count)]
    batches = [wanted[at:at + 25] for at in range(0, len(wanted), 25)]
    for batch in batches:
        seeds.put(batch)
    for _ in range(options.jobs):
        seeds.put(None)
    workers = [context.Process(target=work, args=(server.port, seeds, results, options.shrink)) for _ in range(options.jobs)]
    for worker in workers:
        worker.start()
    counts, refused, both, failures = collections.Counter(), collections.Counter(), collections.Counter(), []
    start, seen = time.time(), 0
    while seen < len(wanted):
        try:
            found = results.get(timeout=600)
        except queue.Empty:
            dead = [w.pid for w in workers if not w.is_alive()]
            print(f"nothing for ten minutes; dead workers: {dead}", file=sys.stderr)
            break
        for seed, kind, text, sql, small in found:
            seen += 1
            counts[kind.split(" ")[0] if kind.startswith(("error", "lenient")) else kind] += 1
            if kind == "refused":
                refused[text] += 1
            elif kind == "both":
                both[text] += 1
            elif failed(kind):
                failures.append({"seed": seed, "kind": kind, "text": text, "sql": sql, "small": small})
            if out and (failed(kind) or kind.startswith("excluded")):
                line = {"seed": seed, "kind": kind, "text": text, "sql": sql, "small": small}
                print(json.dumps(line, ensure_ascii=False), file=out, flush=True)
        if seen % 1000 < 25:
            print(f"{seen} queries, {seen / (time.time() - start):.0f}/s: {dict(counts)}", file=sys.stderr)
    for worker in workers:
        worker.join(timeout=5)
        worker.kill()
    panics = server.panicked()
    server.close()
    return counts, refused, both, failures, panics


def report(counts, refused, both, failures, panics):
    print(f"{sum(counts.values())} queries: {dict(counts)}")
    for text, n in refused.most_common(40):
        print(f"  refused {n:6}  {text}")
    for text, n in both.most_common(8):
        print(f"  both {n:6}  {text}")
    groups = collections.defaultdict(list)
    for failure in failures:
        shape = re.sub(r"c\d+|\d+", "0", failure["small"] or failure["text"])
        groups[failure["kind"], shape[:60]].append(failure)
    for (kind, _), group in sorted(groups.items(), key=lambda item: -len(item[1]))[:60]:
        one = min(group, key=lambda f: len(f["small"] or f["sql"]))
        print(f"\n{kind} ×{len(group)}  seed {one['seed']}\n  {one['small'] or one['sql']}\n  {one['text']}")
    for line in panics[:5]:
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rekor")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="the query of the run to begin with, to go on with one")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--replay", help="one seed: both answers, then the query made small")
    parser.add_argument("--sql", help="one query: both answers")
    parser.add_argument("--shrink", choices=["differences", "all"], default="differences")
    parser.add_argument("--out", help="all failures and what is excluded, one JSON object a line")
    options = parser.parse_args()
    if options.replay or options.sql:
        replay(options)
        return
    counts, refused, both, failures, panics = run(options)
    report(counts, refused, both, failures, panics)
    if panics or any(failed(kind) and kind != "lenient" for kind in counts):
        sys.exit(1)


def replay(options):
    server = engines.Server(options.rekor)
    judge = Judge(server.port)
    if options.sql:
        query = grammar.query(options.sql)
    else:
        query = judge.grammar.make(options.replay)
    kind, text = judge.outcome(query)
    print(tree.sql(query), f"\n{kind}: {text}")
    if failed(kind) and options.replay:
        small = shrink.shrink(query, lambda q: judge.outcome(q)[0] == kind)
        print(f"small: {tree.sql(small)}\n{judge.outcome(small)}")
    for side in (judge.clickhouse, judge.rekor):
        answer = side.ask(tree.sql(query))
        print(type(side).__name__, answer.types, *(answer.rows or [])[:20], answer.error or "", (answer.text or "")[:400])
    server.close()


if __name__ == "__main__":
    main()
