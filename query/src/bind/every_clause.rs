//! Nothing is accepted and ignored: every word that the parser knows is put into every gap of queries that use every clause,
//! and every modifier of the grammar behind what it modifies. Each must change the plan, or be refused.

use super::{Bound, ScanColumn, ScanSource, Tables, bind};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
};
use arrow::datatypes::{Field, Schema};
use datafusion::{
    arrow::array::RecordBatch,
    common::tree_node::TreeNodeRecursion,
    datasource::{MemTable, TableProvider, source_as_provider},
    logical_expr::LogicalPlan,
};
use serde_json::Map;
use sqlparser::keywords::ALL_KEYWORDS;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

/// Two tables without rows.
struct World;

impl World {
    fn of(table: &str) -> Option<Vec<(&'static str, ChType)>> {
        matches!(table, "t" | "u").then(|| {
            vec![
                ("id", ChType::String),
                ("n", ChType::Int(64)),
                ("f", ChType::Float(64)),
                ("d", ChType::Date),
                ("xs", ChType::Array(Box::new(ChType::Int(64)))),
                ("data", ChType::Json),
            ]
        })
    }
}

impl Tables for World {
    fn columns(&self, table: &str) -> Option<Vec<(String, ChType)>> {
        Self::of(table)
            .map(|columns| columns.into_iter().map(|(n, ty)| (n.to_owned(), ty)).collect())
    }

    fn names(&self) -> Vec<String> {
        vec!["t".to_owned(), "u".to_owned()]
    }

    fn scan(&self, table: &str, columns: &[ScanColumn]) -> SqlResult<Arc<dyn TableProvider>> {
        let known: HashMap<_, _> = Self::of(table).unwrap().into_iter().collect();
        let fields: Vec<Field> = columns
            .iter()
            .map(|column| {
                let ty = match &column.source {
                    ScanSource::Column(name) => known[name.as_str()].clone(),
                    ScanSource::Sub { .. } => ChType::Dynamic,
                };
                Field::new(&column.output, ty.arrow(), true)
            })
            .collect();
        let table = MemTable::try_new(Arc::new(Schema::new(fields)), vec![Vec::new()]);
        Ok(Arc::new(table.map_err(crate::session::sql_error)?))
    }

    fn run(&self, _: LogicalPlan) -> SqlResult<Vec<RecordBatch>> {
        Ok(Vec::new())
    }
}

/// What a query means: its plan with columns named in the order in which they appear, its answer's columns, its totals.
fn meaning(sql: &str) -> SqlResult<String> {
    let Bound { plan, columns, totals, explain, format } = bind(sql, &Map::new(), &World)?;
    let shown = |plan: &LogicalPlan| plan.display_indent_schema().to_string();
    let totals = totals.as_ref().map(shown);
    // What a table makes of its rows is not in the text of a plan.
    let mut tables = Vec::new();
    let _walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            tables.push(format!("{:?}", source_as_provider(&scan.source)?));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    let text =
        format!("{}\n{columns:?}\n{totals:?}\n{explain:?}\n{format:?}\n{tables:?}", shown(&plan));
    let mut names: HashMap<String, usize> = HashMap::new();
    let pattern = regex::Regex::new(r"\bc\d+\b").unwrap();
    let renamed = pattern.replace_all(&text, |found: &regex::Captures<'_>| {
        let next = names.len();
        format!("c{}", names.entry(found[0].to_owned()).or_insert(next))
    });
    Ok(renamed.into_owned())
}

/// Queries whose gaps every word is put into. Together they use every clause.
const QUERIES: &[&str] = &[
    "SELECT n + 1 AS m , sum ( f ) AS s FROM t AS a WHERE n > 3 GROUP BY n HAVING s > 2 ORDER BY n LIMIT 3",
    "SELECT DISTINCT a.n FROM t AS a LEFT JOIN u AS b ON a.id = b.id PREWHERE f > 3 ORDER BY n DESC LIMIT 2 BY d",
    "SELECT sum ( n ) OVER ( PARTITION BY d ORDER BY f ROWS BETWEEN 2 PRECEDING AND CURRENT ROW ) AS w FROM t AS t QUALIFY w > 3",
    "WITH q AS ( SELECT n FROM t AS t ) SELECT * FROM q AS q UNION ALL SELECT n AS n FROM u AS u",
    "SELECT x + 1 AS y , data.a FROM t AS t ARRAY JOIN xs AS x ORDER BY x WITH FILL FROM 3 TO 9 STEP 2",
    "SELECT CAST ( n AS Int32 ) , n IN ( 2 , 3 ) , d + INTERVAL 2 DAY , CASE WHEN n THEN 2 END FROM t AS t",
];

/// Words that may be left out, or stand for what is there anyway, with the reason.
fn means_nothing(word: &str, behind: &str, before: &str, after: &str) -> Option<&'static str> {
    let (before, after) = (before.to_ascii_uppercase(), after.to_ascii_uppercase());
    Some(match word {
        "MOD" if behind == " 7" && before.parse().is_ok_and(|n: u64| n < 7) => "no remainder",
        "ALL" | "COALESCE" if behind == " ( n )" && before == "SELECT" => "n itself",
        _ if !behind.is_empty() => return None,
        "ALL" if before == "SELECT" || before == "(" => "the default",
        "ALL" if matches!(after.as_str(), "JOIN" | "LEFT") => "the default",
        "INNER" if matches!(after.as_str(), "JOIN" | "ARRAY") => "the default",
        "RECURSIVE" if before == "WITH" => "no query names itself",
        "OUTER" if before == "LEFT" => "LEFT JOIN is LEFT OUTER JOIN",
        "ASC" => "the default order",
        "FINAL" => "a table has one version of a row",
        "GLOBAL" | "LOCAL" => "there is one server",
        "AS" => "an alias does without it",
        "DISTINCT" if before == "DISTINCT" => "said twice",
        "ROW" | "ROWS" => "the unit of LIMIT",
        _ => return None,
    })
}

/// The words of the parser and those of the token pass.
fn words() -> BTreeSet<&'static str> {
    let ours = [
        "PASTE",
        "STALENESS",
        "STRICT",
        "TIES",
        "APPLY",
        "COLUMNS",
        "FINAL",
        "LOCAL",
        "PREWHERE",
        "EXPRESSION",
    ];
    ALL_KEYWORDS.iter().copied().chain(ours).filter(|word| !word.starts_with("END-")).collect()
}

/// Of how many combinations of gap, word and what follows it one is tried, unless `REKOR_EVERY_WORD` asks for all of them.
const ONE_OF: usize = 47;

/// Every word in every gap, alone and with what usually follows a word.
fn ignored_in(sql: &str) -> Vec<String> {
    let one_of = if std::env::var_os("REKOR_EVERY_WORD").is_some() { 1 } else { ONE_OF };
    let mut count = 0_usize;
    let plain = meaning(sql).unwrap();
    let tokens: Vec<&str> = sql.split(' ').collect();
    let mut ignored = Vec::new();
    for gap in 0..=tokens.len() {
        let (head, tail) = tokens.split_at(gap);
        let (before, after) =
            (head.last().copied().unwrap_or(""), tail.first().copied().unwrap_or(""));
        for word in words() {
            for behind in ["", " 7", " ( n )", " BY n"] {
                count += 1;
                let is_known = means_nothing(word, behind, before, after).is_some();
                if is_known || !count.is_multiple_of(one_of) {
                    continue;
                }
                let text = format!("{} {word}{behind} {}", head.join(" "), tail.join(" "));
                if meaning(&text).is_ok_and(|changed| changed == plain) {
                    ignored.push(text);
                }
            }
        }
    }
    ignored
}

#[test]
fn no_word_is_ignored_anywhere() {
    let threads: Vec<_> =
        QUERIES.iter().map(|sql| std::thread::spawn(move || ignored_in(sql))).collect();
    let ignored: Vec<String> =
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    assert!(ignored.is_empty(), "{} are as if not there:\n{}", ignored.len(), ignored.join("\n"));
}

/// Where modifiers stand: `#` in a query, and what may come there.
const MODIFIERS: &[(&str, &[&str])] = &[
    (
        "SELECT n FROM t # ORDER BY n",
        &[
            "SAMPLE 0.1",
            "SAMPLE 1/10 OFFSET 1/2",
            "TABLESAMPLE BERNOULLI (10)",
            "TABLESAMPLE SYSTEM (1 ROWS) REPEATABLE (3)",
            "FOR SYSTEM_TIME AS OF '2025-01-01'",
            "VERSION AS OF 1",
            "WITH (NOLOCK)",
            "PARTITION (p)",
            "WITH ORDINALITY",
            "USE INDEX (i)",
            "AT y",
            "LATERAL VIEW explode(xs) y AS z",
            "CONNECT BY n = 1",
            "START WITH n = 1 CONNECT BY n = 2",
            "CLUSTER BY n",
            "DISTRIBUTE BY n",
            "SORT BY n",
            "WINDOW w AS (ORDER BY n), v AS w",
            "PIVOT (sum(n) FOR id IN ('a'))",
            "UNPIVOT (n FOR x IN (f))",
            "MATCH_RECOGNIZE (PATTERN (a) DEFINE a AS n)",
            "INTO x",
            "NATURAL JOIN u",
            "CROSS ANY JOIN u",
            "PASTE JOIN u",
            "STRAIGHT_JOIN u",
            "CROSS APPLY u",
            "OUTER APPLY u",
            "LEFT SEMI JOIN u",
            "ANY FULL JOIN u USING id",
            "ASOF JOIN u USING id",
            "ASOF RIGHT JOIN u USING (id, n)",
            "LEFT RIGHT JOIN u USING id",
            "FULL SEMI JOIN u USING id",
            "ANY ALL JOIN u USING id",
            "SEMI ANTI JOIN u USING id",
            "SEMI LEFT JOIN u USING id",
            "ARRAY JOIN xs AS y (a, b)",
            "GLOBAL ARRAY JOIN xs",
            "ANY ARRAY JOIN xs",
            "CROSS JOIN u ON 1",
            "QUALIFY n > 1",
            "PREWHERE n > 1",
            "WHERE n > 1",
            "GROUP BY n",
            "GROUP BY ALL",
            "GROUP BY n WITH TOTALS",
            "GROUP BY n WITH ROLLUP",
            "GROUP BY n WITH CUBE",
            "GROUP BY ROLLUP(n)",
            "GROUP BY CUBE(n)",
            "GROUP BY GROUPING SETS ((n), ())",
            "GROUP BY n GROUPING SETS ((n), ())",
            "GROUP BY n WITH ROLLUP WITH CUBE",
            "GROUP BY ROLLUP(n) WITH CUBE",
            "HAVING n > 1",
        ],
    ),
    (
        "SELECT # n, f FROM t ORDER BY n",
        &[
            "DISTINCT",
            "DISTINCT ON (f)",
            "TOP 3",
            "TOP 3 PERCENT",
            "TOP (3)",
            "TOP 3 WITH TIES",
            "AS VALUE",
            "AS STRUCT",
            "SQL_NO_CACHE",
            "HIGH_PRIORITY",
            "STRAIGHT_JOIN",
            "/*+ hint */ DISTINCT",
            "ALL DISTINCT",
        ],
    ),
    (
        "SELECT n FROM t ORDER BY n #",
        &[
            "DESC",
            "NULLS FIRST",
            "COLLATE 'en'",
            "USING >",
            "WITH FILL",
            "WITH FILL FROM 1",
            "WITH FILL TO 9",
            "WITH FILL STEP 2",
            "WITH FILL STALENESS 2",
            "WITH FILL INTERPOLATE",
            "INTERPOLATE (n)",
            "LIMIT 3",
            "LIMIT 3, 4",
            "LIMIT 3 OFFSET 4",
            "LIMIT 3 WITH TIES",
            "LIMIT 3 BY f",
            "LIMIT 1, 3 BY f",
            "LIMIT 3 OFFSET 1 BY f",
            "LIMIT 3 BY f LIMIT 4",
            "LIMIT 3 BY f OFFSET 4",
            "LIMIT 3 BY ALL",
            "LIMIT 3 LIMIT 4",
            "LIMIT -1",
            "LIMIT 0.5",
            "LIMIT ALL",
            "LIMIT n",
            "OFFSET 3",
            "OFFSET 3 ROWS",
            "OFFSET 1 ROW FETCH FIRST 2 ROWS ONLY",
            "FETCH NEXT 2 ROWS WITH TIES",
            "FETCH FIRST 10 PERCENT ROWS ONLY",
            "LIMIT 3 FETCH FIRST 2 ROWS ONLY",
            "FETCH FIRST ROW ONLY",
            "FOR UPDATE",
            "FOR SHARE OF t SKIP LOCKED",
            "FOR XML AUTO",
            "FOR JSON AUTO",
            "FORMAT Nonsense",
            "SETTINGS join_use_nulls = 2",
            "SETTINGS a = 1",
            "SETTINGS max_threads = 'x'",
            "SETTINGS final = 0",
            "SETTINGS max_execution_time = 1",
            "|> WHERE n > 1",
            "UNION SELECT 1",
            "UNION ALL BY NAME SELECT 1",
            "UNION ALL SELECT 1",
            "EXCEPT SELECT 1",
            "INTERSECT SELECT 1",
            "MINUS SELECT 1",
            "INTO OUTFILE 'x'",
        ],
    ),
    (
        "SELECT sum(n) # AS s FROM t",
        &[
            "FILTER (WHERE n > 1)",
            "OVER ()",
            "OVER (ORDER BY n)",
            "OVER w",
            "WITHIN GROUP (ORDER BY n)",
            "IGNORE NULLS",
            "RESPECT NULLS",
            "OVER (ORDER BY n WITH FILL)",
            "OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES)",
            "OVER (PARTITION BY d)",
            "OVER (ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)",
            "OVER (GROUPS 1 PRECEDING)",
            "FILTER (WHERE n > 1) OVER ()",
            "AT TIME ZONE 'UTC'",
            "COLLATE 'en'",
            "::Int32",
            "BETWEEN 1 AND 2",
            "IS JSON",
        ],
    ),
    ("SELECT sum(# n) FROM t", &["DISTINCT", "n ORDER BY n,", "n, n LIMIT 1,", "DISTINCT ON (n)"]),
    (
        "SELECT groupArray(n #) FROM t",
        &[
            "ORDER BY n",
            "LIMIT 2",
            "ON OVERFLOW ERROR",
            "SEPARATOR ','",
            "IGNORE NULLS",
            "HAVING MAX n",
            "ABSENT ON NULL",
            "RETURNING String",
        ],
    ),
    (
        "SELECT * # FROM t",
        &[
            "EXCEPT (n)",
            "EXCEPT n",
            "EXCEPT STRICT (n)",
            "EXCEPT ('^n')",
            "EXCLUDE (n)",
            "REPLACE (n + 1 AS n)",
            "REPLACE n + 1 AS n",
            "REPLACE STRICT (n + 1 AS n)",
            "RENAME n AS m",
            "ILIKE 'n%'",
            "APPLY(toString)",
            "APPLY toString",
            "APPLY(x -> toString(x))",
            "AS x",
        ],
    ),
    ("SELECT CAST(# n AS Int32) FROM t", &["'1' AS Int8),("]),
    (
        "SELECT n # 'a%' FROM t",
        &[
            "LIKE",
            "NOT LIKE",
            "ILIKE",
            "SIMILAR TO",
            "RLIKE",
            "REGEXP",
            "GLOB",
            "MATCH",
            "LIKE ANY",
            "COLLATE",
        ],
    ),
    ("SELECT id LIKE 'a%' # FROM t", &["ESCAPE '!'", "ESCAPE 'ab'", "ESCAPE 1"]),
    ("SELECT d + INTERVAL 1 DAY # FROM t", &["TO SECOND", "(3)", "+ INTERVAL 1 MONTH"]),
    ("SELECT ceil(f # ) FROM t", &["TO DAY", ", 1", "TO"]),
    ("SELECT EXTRACT(YEAR FROM d) # FROM t", &["AT TIME ZONE 'UTC'", "+ 1"]),
    ("WITH q AS # (SELECT n FROM t) SELECT n FROM q", &["MATERIALIZED", "NOT MATERIALIZED"]),
    (
        "WITH # q AS (SELECT n FROM t) SELECT n FROM q",
        &["RECURSIVE q2 AS (SELECT 1),", "1 AS x, q3 AS MATERIALIZED (SELECT 1),"],
    ),
    ("WITH q # AS (SELECT n FROM t) SELECT * FROM q", &["(a)", "(a, b)", "(a Int32)"]),
    (
        "WITH RECURSIVE q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q WHERE n < 3 #) SELECT n FROM q",
        &[
            "ORDER BY n",
            "LIMIT 1",
            "SETTINGS join_use_nulls = 1",
            "FOR UPDATE",
            "FETCH FIRST 1 ROW ONLY",
            "OFFSET 1",
        ],
    ),
    (
        "SELECT n FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id #)",
        &[
            "AND u.n > 1",
            "GROUP BY n",
            "LIMIT 0",
            "HAVING n > 1",
            "QUALIFY n > 1",
            "SETTINGS join_use_nulls = 1",
            "INTO x",
            "FOR UPDATE",
            "CLUSTER BY n",
            "OFFSET 5",
        ],
    ),
    (
        "SELECT n FROM t WHERE n = (SELECT max(n) FROM u WHERE u.id = t.id #)",
        &[
            "AND u.n > 1",
            "GROUP BY n",
            "LIMIT 1",
            "HAVING max(n) > 1",
            "ORDER BY 1",
            "SETTINGS join_use_nulls = 1",
            "AND u.n < t.n",
        ],
    ),
    (
        "# SELECT n FROM t",
        &[
            "EXPLAIN",
            "EXPLAIN ANALYZE",
            "EXPLAIN VERBOSE",
            "EXPLAIN PLAN",
            "EXPLAIN SYNTAX",
            "EXPLAIN AST",
            "EXPLAIN PIPELINE",
            "EXPLAIN ESTIMATE",
            "EXPLAIN QUERY TREE",
            "EXPLAIN QUERY PLAN",
            "EXPLAIN indexes = 1",
            "EXPLAIN FORMAT JSON",
            "DESCRIBE",
            "EXPLAIN (ANALYZE)",
        ],
    ),
    (
        "SELECT n FROM (SELECT n FROM t) # ",
        &["FINAL", "SAMPLE 0.1", "AS q (m)", "AS q (a, b)", "WITH ORDINALITY"],
    ),
    (
        "SELECT number FROM numbers(3) # ",
        &["FINAL", "SAMPLE 0.1", "AS q (m)", "WITH OFFSET", "WITH ORDINALITY"],
    ),
    ("SELECT quantile(0.5 #)(n) FROM t", &[", 0.9", "ORDER BY n", "IGNORE NULLS"]),
    ("SELECT arrayMap(x # -> x, xs) FROM t", &["Int32", "+ 1"]),
    (
        "SELECT x.sum(n), # f FROM t",
        &["n,", "10L,", "1a,", "0b12,", "N'x',", "U&'x',", "foo.count(),"],
    ),
    (
        "SELECT n FROM t WHERE n # (1, 2)",
        &["IN", "NOT IN", "GLOBAL IN", "GLOBAL NOT IN", "= ANY", "= ALL", "OVERLAPS", "IN UNNEST"],
    ),
    ("SELECT n FROM t ORDER BY ALL #", &["DESC", "NULLS FIRST", "WITH FILL", "LIMIT 1"]),
];

/// Modifiers that change nothing, with the reason.
const SAME: &[(&str, &str)] = &[
    ("IGNORE NULLS", "aggregates do, unless told otherwise"),
    ("RECURSIVE q2 AS (SELECT 1),", "neither query refers to itself"),
];

#[test]
fn every_modifier_changes_the_plan_or_is_refused() {
    let mut ignored = Vec::new();
    for (query, modifiers) in MODIFIERS {
        let plain = meaning(&query.replace('#', ""));
        for modifier in *modifiers {
            let text = query.replace('#', modifier);
            let changed = match (&plain, meaning(&text)) {
                (Ok(plain), Ok(with)) => *plain != with,
                (Err(_), Ok(_)) => true,
                (_, Err(error)) => is_clear(&error),
            };
            if !changed && !SAME.iter().any(|(same, _)| same == modifier) {
                ignored.push(text);
            }
        }
    }
    assert!(
        ignored.is_empty(),
        "{} are as if not there, or not clear:\n{}",
        ignored.len(),
        ignored.join("\n")
    );
}

/// Whether a refusal is one of the front end, in words: not a failure of a layer below it.
fn is_clear(error: &SqlError) -> bool {
    error.code != ChCode::LogicalError && error.message.len() > 10
}
