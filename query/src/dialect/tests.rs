//! Whatever the text, parsing ends with a query or an error: never with a panic, never without stack, and soon.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Words that the token pass looks at, and what stands around them.
const WORDS: &[&str] = &[
    "SELECT",
    "FROM",
    "WHERE",
    "WITH",
    "AS",
    "LIMIT",
    "BY",
    "OFFSET",
    "USING",
    "JOIN",
    "ARRAY",
    "ANY",
    "ASOF",
    "SEMI",
    "LEFT",
    "INNER",
    "OUTER",
    "FULL",
    "CROSS",
    "PASTE",
    "GLOBAL",
    "IN",
    "NOT",
    "FINAL",
    "SETTINGS",
    "INTERVAL",
    "GROUP",
    "ORDER",
    "TIES",
    "FILL",
    "TOTALS",
    "RECURSIVE",
    "MATERIALIZED",
    "FETCH",
    "FIRST",
    "NEXT",
    "ROW",
    "ROWS",
    "ONLY",
    "TOP",
    "DISTINCT",
    "ON",
    "COLUMNS",
    "EXCEPT",
    "REPLACE",
    "APPLY",
    "STRICT",
    "UNION",
    "INTERSECT",
    "ALL",
    "SAMPLE",
    "PREWHERE",
    "WINDOW",
    "OVER",
    "CASE",
    "WHEN",
    "END",
    "CAST",
    "DateTime",
    "Nullable",
    "x",
    "data",
    "data.a",
    ".",
    ".:",
    ":",
    "::",
    "String",
    "Array",
    "(",
    ")",
    "[",
    "]",
    "[]",
    "{",
    "}",
    "{p:Identifier}",
    "{p:",
    ",",
    "'1 day'",
    "'1 day 2 hours'",
    "'a'",
    "'",
    "1",
    ".1",
    ".1.2",
    "0b1",
    "0xF",
    "1_0",
    "10L",
    "*",
    "?",
    "=",
    "<",
    ">=",
    "->",
    "=>",
    "-",
    "+",
    "/",
    "||",
    "!",
    "@",
    "#",
    "$1",
    "\\",
    "^",
    ".^",
    "`q`",
    "`",
    "\"",
    "--c\n",
    "/*",
    "*/",
    ";",
    "é",
    "\u{F8FF}",
    "\0",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_soup_of_words_panics(
        words in prop::collection::vec(prop::sample::select(WORDS), 0..32),
        spaced in any::<bool>(),
    ) {
        let text = words.join(if spaced { " " } else { "" });
        let _either = parse(&text);
        let _query = parse(&format!("SELECT {text}"));
        let _from = parse(&format!("SELECT * FROM t {text}"));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let _either = parse(&text);
        let _query = parse(&format!("SELECT {text}"));
    }

    /// A query that is cut anywhere, or has bytes exchanged, is still no reason to panic.
    #[test]
    fn no_damaged_query_panics(
        which in 0..QUERIES.len(),
        start in 0_usize..400,
        length in 0_usize..40,
        other in prop::sample::select(WORDS),
    ) {
        let query: Vec<char> = QUERIES[which].chars().collect();
        let start = start.min(query.len());
        let end = (start + length).min(query.len());
        let (head, tail): (String, String) =
            (query[..start].iter().collect(), query[end..].iter().collect());
        let _cut = parse(&format!("{head}{tail}"));
        let _exchanged = parse(&format!("{head} {other} {tail}"));
        let _head = parse(&head);
    }
}

/// Queries that use what the token pass rewrites.
const QUERIES: &[&str] = &[
    "WITH 1 + 2 AS x, q AS (SELECT n FROM t FINAL LIMIT 1 BY n OFFSET 2), RECURSIVE AS y SELECT x, q.n FROM q ASOF LEFT JOIN u USING k, t ORDER BY n WITH FILL",
    "SELECT * EXCEPT (a) REPLACE (b + 1 AS b) APPLY(x -> x + 1), t.COLUMNS('re') APPLY toString FROM t LEFT ARRAY JOIN [1, 2] AS x, data.items[].a.:Array(String) AS y",
    "SELECT (1,), {p:Array(String)}, data.^a.b, t.1.2, INTERVAL '1 day 2 hours', x ? y : z, 0b11, 1_000 FROM {t:Identifier} LIMIT 3, 4 WITH TIES",
    "SELECT 1 LIMIT 1 UNION ALL (SELECT 2 ORDER BY 1 OFFSET 1 ROW FETCH FIRST 2 ROWS ONLY) INTERSECT SELECT 3 SETTINGS join_use_nulls = 1",
];

/// What can be nested or chained, as text before, in the middle and behind.
const NESTS: &[(&str, &str, &str)] = &[
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("f(", "1", ")"),
    ("NOT ", "1", ""),
    ("- ", "1", ""),
    ("1 + ", "1", ""),
    ("1 AND ", "1", ""),
    ("'a' || ", "'a'", ""),
    ("1, ", "1", ""),
    ("1 ? ", "2", " : 3"),
    ("CASE WHEN ", "1", " THEN 1 END"),
    ("(SELECT ", "1", ")"),
    ("(WITH 1 AS x SELECT ", "x", ")"),
    ("(SELECT * FROM ", "t", " LIMIT 1)"),
    ("", "1", "::Int8"),
    ("", "x", "[1]"),
    ("", "x", ".y"),
    ("", "x", "[]"),
    ("", "x", " IN 1"),
    ("", "x", " IS NULL"),
    ("", "x", " BETWEEN 1 AND 2"),
    ("x -> ", "x", ""),
    ("INTERVAL ", "1", " DAY"),
    ("CAST(", "1", " AS Int8)"),
    ("1 IN (", "1", ")"),
    ("EXISTS (SELECT ", "1", ")"),
    ("", "1", " UNION ALL SELECT 1"),
    ("", "1 FROM t", " JOIN t USING a"),
    ("", "1 FROM t", ", t"),
    ("", "1 FROM t", " ARRAY JOIN [1]"),
    ("", "* FROM t", " LIMIT 1"),
    ("{", "p", "}"),
    ("COLUMNS(", "a", ") APPLY f"),
];

#[test]
fn deep_nesting_ends_with_an_answer_or_an_error_and_soon() {
    let walk = || {
        for (before, middle, behind) in NESTS {
            for count in [10, 60, 200, 999, 5_000, 20_000] {
                let text =
                    format!("SELECT {}{middle}{}", before.repeat(count), behind.repeat(count));
                if text.len() > limits::SQL_BYTES_MAX {
                    continue;
                }
                let started = Instant::now();
                let outcome = parse(&text);
                if let Ok(parsed) = &outcome {
                    // Whoever walks the tree must get to its end, too.
                    assert!(!format!("{:?}", parsed.query).is_empty());
                }
                drop(outcome);
                let elapsed = started.elapsed();
                assert!(
                    elapsed < Duration::from_secs(10),
                    "{before}…{behind} × {count}: {elapsed:?}"
                );
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(crate::engine::STACK_BYTES).spawn(walk);
    thread.expect("a thread").join().expect("no panic");
}

#[test]
fn what_is_wrong_has_a_place_and_a_name() {
    let code = |sql: &str| parse(sql).map(|_| ()).unwrap_err().code;
    assert_eq!(code("SELECT count( FROM t"), ChCode::SyntaxError);
    assert_eq!(code(""), ChCode::SyntaxError);
    assert_eq!(code("SELECT 1; SELECT 2"), ChCode::SyntaxError);
    assert_eq!(code("INSERT INTO t VALUES (1)"), ChCode::Readonly);
    assert_eq!(
        code(&format!("SELECT {}1{}", "(".repeat(500), ")".repeat(500))),
        ChCode::TooDeepRecursion
    );
    assert_eq!(code(&format!("SELECT 1{}", " + 1".repeat(5_000))), ChCode::TooDeepRecursion);
    let error = parse("SELECT a\nFORM t x y").unwrap_err();
    assert_eq!(error.position.map(|p| p.line), Some(2));
    let error = parse("SELECT 1 FROM t ANY LEFT ANY JOIN u USING a").unwrap_err();
    assert_eq!(error.position.map(|p| p.column), Some(26));
}
