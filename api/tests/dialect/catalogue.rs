//! The list of functions: current in the reference, named as ClickHouse names them, complete, and held to recorded answers.

use super::{from, lines};
use rekor_api::{
    Service, ServiceConfig,
    auth::Principal,
    query::{FunctionInfo, FunctionKind, functions},
    service::{Caller, database::NewDatabase, sql::SqlBody},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    path::{Path, PathBuf},
};

fn in_package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn json_lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Functions with a name, which combinators are not.
fn named() -> Vec<FunctionInfo> {
    let all = functions().into_iter();
    all.filter(|f| !matches!(f.kind, FunctionKind::Combinator | FunctionKind::Table)).collect()
}

fn reference() -> String {
    let all = functions();
    let name_count: usize = all.iter().map(|function| 1 + function.aliases.len()).sum();
    let mut out = format!(
        "# SQL functions\n\n\
         {} functions under {name_count} names, generated from the registry; `rekor sql --functions [PATTERN]` and the table\n\
         `system.functions` give the same list. Each is held to answers recorded from ClickHouse, and named as there: *any case*\n\
         marks names that are known in any case, others are known as written. *Differs* says what is deliberately not ClickHouse's\n\
         answer; what is refused altogether stands in [sql-differences.md](sql-differences.md).\n",
        all.len()
    );
    let mut family = "";
    for function in &all {
        if function.family != family {
            family = function.family;
            write!(
                out,
                "\n## {family}\n\n| name | other names | any case | status |\n|---|---|---|---|\n"
            )
            .unwrap();
        }
        let aliases: Vec<String> = function.aliases.iter().map(|a| format!("`{a}`")).collect();
        let any_case = if function.case_insensitive { "yes" } else { "" };
        let status =
            function.difference.map_or("supported".to_owned(), |how| format!("differs: {how}"));
        writeln!(out, "| `{}` | {} | {any_case} | {status} |", function.name, aliases.join(", "))
            .unwrap();
    }
    out
}

/// `REKOR_FUNCTIONS_UPDATE=1` writes it anew.
#[test]
fn the_reference_is_current() {
    let path = in_package("../docs/reference/sql-functions.md");
    if std::env::var_os("REKOR_FUNCTIONS_UPDATE").is_some() {
        std::fs::write(&path, reference()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == reference(),
        "write docs/reference/sql-functions.md with REKOR_FUNCTIONS_UPDATE=1"
    );
}

/// Names, aliases, kinds and case are those of ClickHouse.
#[test]
fn names_are_those_of_clickhouse() {
    let theirs: BTreeMap<String, Value> = json_lines(&in_package("tests/catalogue/names.jsonl"))
        .into_iter()
        .map(|line| (line["name"].as_str().unwrap().to_owned(), line))
        .collect();
    let mut wrong = Vec::new();
    for function in named() {
        let names = std::iter::once((function.name, ""))
            .chain(function.aliases.iter().map(|a| (*a, function.name)));
        for (name, alias_of) in names {
            let Some(known) = theirs.get(name) else {
                if !OURS.contains(&name) {
                    wrong.push(format!("{name} is not ClickHouse's"));
                }
                continue;
            };
            let aggregate = function.kind != FunctionKind::Scalar;
            if (&known["aggregate"], known["alias_of"].as_str().unwrap())
                != (&json!(aggregate), alias_of)
            {
                wrong.push(format!(
                    "{name}: {:?} of {alias_of:?} instead of {known}",
                    function.kind
                ));
            }
            if known["any_case"] != json!(function.is_known_in_any_case(name))
                && !LENIENT.contains(&name)
            {
                wrong.push(format!(
                    "{name}: any case {} instead of {known}",
                    function.is_known_in_any_case(name)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} names:\n{}", wrong.len(), wrong.join("\n"));
}

/// Names that ClickHouse has in other builds, or as syntax.
const OURS: &[&str] = &[
    "uniqTheta",
    "dateAdd",
    "dateSub",
    "date_add",
    "date_sub",
    "date_trunc",
    "timestamp_add",
    "timestamp_sub",
];

/// Names that are known in any case here only, as SQL's standard and other databases have them.
const LENIENT: &[&str] = &[
    "DATE_DIFF",
    "MAP_FROM_ARRAYS",
    "MD5",
    "SHA256",
    "TIMESTAMP_DIFF",
    "and",
    "cume_dist",
    "date_diff",
    "denseRank",
    "exponentialTimeDecayedAvg",
    "exponentialTimeDecayedCount",
    "exponentialTimeDecayedMax",
    "exponentialTimeDecayedSum",
    "format",
    "fullHostName",
    "hostName",
    "hostname",
    "lagInFrame",
    "leadInFrame",
    "ltrim",
    "nonNegativeDerivative",
    "or",
    "percentRank",
    "rtrim",
    "timestampDiff",
    "timestamp_diff",
    "trim",
];

/// Not functions of their own: an aggregate with a combinator, and conversions to types that there are not.
const UNLISTED: &[&str] = &[
    "array_concat_agg",
    "reinterpretAsInt128",
    "reinterpretAsInt256",
    "reinterpretAsUInt128",
    "reinterpretAsUInt256",
    "reinterpretAsUUID",
];

/// Whatever can be called is listed: a name of ClickHouse that is not listed is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_listed_is_unknown() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServiceConfig::local(directory.path().to_owned());
    let service = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let caller = Caller::new(Principal::dev_owner(), "api", "catalogue");
    let database = json!({"id": "d", "name": "D"});
    service.create_database(&caller, from::<NewDatabase>(database)).await.unwrap();
    let listed: BTreeSet<&str> =
        named().into_iter().flat_map(|f| std::iter::once(f.name).chain(f.aliases)).collect();
    let theirs = json_lines(&in_package("tests/catalogue/names.jsonl"));
    let mut known = Vec::new();
    for name in theirs.iter().map(|line| line["name"].as_str().unwrap()) {
        for arguments in ["", "1", "1, 2"] {
            if listed.contains(name) || UNLISTED.contains(&name) {
                continue;
            }
            let body: SqlBody = from(json!({"query": format!("SELECT {name}({arguments})")}));
            match service.sql(&caller, "d", body).await {
                Ok(_) => known.push(name),
                Err(error) => {
                    let text = error.body().to_string();
                    let refused = ["UNKNOWN_FUNCTION", "SYNTAX_ERROR", "NOT_IMPLEMENTED"];
                    if !refused.iter().any(|code| text.contains(code)) {
                        known.push(name);
                    }
                }
            }
        }
    }
    known.dedup();
    assert!(known.is_empty(), "{} names can be called but are not listed: {known:?}", known.len());
}

/// The statements whose recorded answer is no error.
fn answered() -> Vec<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(in_package("tests/functions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    let cases = files.iter().flat_map(|file| json_lines(file));
    let cases = cases.filter(|case| case.get("error").is_none());
    let mut statements: Vec<String> =
        cases.map(|case| case["sql"].as_str().unwrap().to_owned()).collect();
    let answers: BTreeMap<String, bool> = lines("expected.jsonl")
        .into_iter()
        .map(|e| (e["name"].as_str().unwrap().to_owned(), e["error"].is_null()))
        .collect();
    let cases =
        lines("cases.jsonl").into_iter().filter(|case| answers[case["name"].as_str().unwrap()]);
    statements.extend(cases.map(|case| case["sql"].as_str().unwrap().to_owned()));
    statements
}

/// Each function, and each other name of one, is in a statement whose answer was recorded.
#[test]
fn every_name_has_a_recorded_answer() {
    let text = answered().join("\n");
    let words: BTreeSet<&str> =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).collect();
    let lower: BTreeSet<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let mut missing = Vec::new();
    // No ClickHouse that could be asked has it.
    for function in named().into_iter().filter(|function| function.name != "uniqTheta") {
        for name in std::iter::once(function.name).chain(function.aliases.iter().copied()) {
            let any_case = function.is_known_in_any_case(name);
            if !(words.contains(name) || any_case && lower.contains(&name.to_ascii_lowercase())) {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(
        missing.is_empty(),
        "{} names have no case in api/tests/functions: {missing:?}",
        missing.len()
    );
}
