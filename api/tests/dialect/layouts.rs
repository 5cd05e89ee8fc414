//! The recorded cases on rows that are half in memory and half in files, with dead rows in both, whatever the number of
//! threads and wherever filters act: all of it must give the answers of the plain run.

use super::{Halves, lines, load, run, text};
use rekor_api::{
    Execution, Pushdown, Service, ServiceConfig, Thresholds, auth::Principal, service::Caller,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Threads of a query, and where its filters act.
const EXECUTIONS: [(usize, Pushdown); 4] =
    [(1, Pushdown::Always), (8, Pushdown::Never), (1, Pushdown::Never), (8, Pushdown::Always)];

fn open(root: &Path, execution: Execution, read_only: bool) -> std::sync::Arc<Service> {
    let thresholds =
        Thresholds { small_table_bytes: 0, row_group_rows: 50, ..Thresholds::default() };
    let config =
        ServiceConfig { thresholds, execution, read_only, ..ServiceConfig::local(root.to_owned()) };
    tokio::task::block_in_place(|| Service::open(config)).unwrap()
}

/// The cases that fail, with the reason.
async fn failures(service: &Service, caller: &Caller) -> BTreeMap<String, String> {
    let expected: BTreeMap<String, Value> =
        lines("expected.jsonl").into_iter().map(|e| (text(&e, "name"), e)).collect();
    let mut failures = BTreeMap::new();
    for case in lines("cases.jsonl") {
        let name = text(&case, "name");
        if let Err(why) = run(service, caller, &case, &expected[&name]).await {
            failures.insert(name, why);
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_answer_the_same_in_memory_and_files_with_any_number_of_threads() {
    let directory = tempfile::tempdir().unwrap();
    let caller = Caller::new(Principal::dev_owner(), "api", "layouts");
    let writer = open(directory.path(), Execution::default(), false);
    load(&writer, &caller, Halves::FirstInFiles).await;
    tokio::task::block_in_place(|| writer.close());
    drop(writer);

    let mut plain: Option<BTreeSet<String>> = None;
    for (partitions, pushdown) in EXECUTIONS {
        let execution =
            Execution { partitions: Some(partitions), pushdown, ..Execution::default() };
        let service = open(directory.path(), execution, true);
        let stats = service.stats(&caller).unwrap();
        let mixed = stats.file_count > 0 && stats.memory_bytes > 0 && stats.dead_row_count > 0;
        assert!(mixed, "rows are to be in files, in memory and dead: {stats:?}");
        let failures = failures(&service, &caller).await;
        let names = failures.keys().cloned().collect();
        match &plain {
            None => plain = Some(names),
            Some(plain) => assert_eq!(*plain, names, "{execution:?}: {failures:?}"),
        }
    }
    ratchet_holds(&plain.unwrap_or_default());
}

/// As many cases of every area pass as the ratchet says.
fn ratchet_holds(failures: &BTreeSet<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialect/passing.json");
    let ratchet: BTreeMap<String, u64> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut passing: BTreeMap<String, u64> = BTreeMap::new();
    for case in lines("cases.jsonl") {
        let passes = !failures.contains(&text(&case, "name"));
        *passing.entry(text(&case, "area")).or_default() += u64::from(passes);
    }
    for (area, least) in ratchet {
        let now = passing.get(&area).copied().unwrap_or(0);
        assert!(
            now >= least,
            "{area}: {now} cases pass, {least} do in the plain run: {failures:?}"
        );
    }
}
