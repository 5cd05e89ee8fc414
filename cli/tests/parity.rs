//! Every operation has its route and its command, and no command is without help.

#![expect(clippy::unwrap_used, reason = "a test may")]

use rekor_api::operation::OPERATIONS;
use serde_json::Value;
use std::process::Command;

fn capabilities() -> Value {
    let out = Command::new(env!("CARGO_BIN_EXE_rekor")).arg("capabilities").output().unwrap();
    assert!(out.status.success());
    serde_json::from_slice(&out.stdout).unwrap()
}

/// The command of some words, in what `rekor capabilities` says.
fn find<'a>(root: &'a Value, words: &str) -> Option<&'a Value> {
    words.split(' ').try_fold(root, |command, word| {
        command["commands"].as_array()?.iter().find(|sub| sub["name"] == word)
    })
}

#[test]
fn every_operation_has_a_command() {
    let root = capabilities();
    assert_eq!(root["schema_version"], 1);
    let missing: Vec<&str> = OPERATIONS
        .iter()
        .filter_map(|facts| facts.command)
        .filter(|command| find(&root, command).is_none())
        .collect();
    assert!(missing.is_empty(), "no command for {missing:?}");
    // An operation without a command of its own says so on purpose: it is part of another command.
    let without: Vec<_> = OPERATIONS
        .iter()
        .filter(|facts| facts.command.is_none())
        .map(|facts| format!("{:?}", facts.operation))
        .collect();
    assert_eq!(without, ["Confirm"]);
}

#[test]
fn every_command_says_what_it_does() {
    fn walk(command: &Value, path: &str) {
        for sub in command["commands"].as_array().unwrap() {
            let name = format!("{path} {}", sub["name"].as_str().unwrap());
            assert!(sub["about"].as_str().is_some_and(|about| !about.is_empty()), "{name}");
            walk(sub, &name);
        }
    }
    walk(&capabilities(), "rekor");
}

#[test]
fn both_vocabularies_and_the_topics_of_help() {
    let run = |arguments: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_rekor")).args(arguments).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stdout).into_owned())
    };
    for arguments in [
        vec!["workspaces", "list", "--help"],
        vec!["records", "query", "c", "--help"],
        vec!["query", "c", "--help"],
        vec!["help", "exit-codes"],
        vec!["help", "environment"],
        vec!["help", "output"],
        vec!["help", "databases"],
        vec!["completions", "bash"],
        vec!["man"],
    ] {
        let (code, said) = run(&arguments);
        assert!(code == Some(0) && !said.is_empty(), "{arguments:?}");
    }
    assert_eq!(run(&["help", "nothing"]).0, Some(2));
    assert_eq!(run(&["databases", "list", "--output", "yaml"]).0, Some(2));
    assert_eq!(run(&["sql", "SELECT 1", "--database", "a", "--workspace", "b"]).0, Some(2));
    // Nobody listens there: a reason to try again, not a mistake.
    assert_eq!(run(&["status", "--api-url", "http://127.0.0.1:9"]).0, Some(6));
}
