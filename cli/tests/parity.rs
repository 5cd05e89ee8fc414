//! Every operation has its route, its command and its tool, and no command is without help.

#![expect(clippy::unwrap_used, reason = "a test may")]

use rekor_api::{WITHOUT_TOOL, operation::OPERATIONS, tool_of};
use serde_json::Value;
use std::{
    io::Write,
    process::{Command, Stdio},
};

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
    assert_eq!(without, ["Confirm", "ClientAuthorise"]);
}

/// What `rekor mcp` lists, with the actions of each tool.
fn tools() -> Vec<Value> {
    let data = tempfile::tempdir().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_rekor"))
        .args(["mcp", "--data-dir"])
        .arg(data.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    input.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n").unwrap();
    drop(input);
    let out = process.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    answer["result"]["tools"].as_array().unwrap().clone()
}

#[test]
fn every_operation_has_a_tool_or_a_reason() {
    let tools = tools();
    for facts in OPERATIONS {
        let reason = WITHOUT_TOOL.iter().find(|(operation, _)| *operation == facts.operation);
        let Some((name, action)) = tool_of(facts.operation) else {
            assert!(reason.is_some_and(|(_, why)| !why.is_empty()), "{:?}", facts.operation);
            continue;
        };
        assert!(reason.is_none(), "{:?} has a tool and a reason for none", facts.operation);
        let tool = tools.iter().find(|tool| tool["name"] == name);
        let actions = &tool.unwrap_or_else(|| panic!("{name} is not listed"))["inputSchema"]["properties"]
            ["action"]["enum"];
        let listed = actions
            .as_array()
            .map_or(action.is_empty(), |actions| actions.iter().any(|a| a == action));
        assert!(listed, "{name} {action}");
    }
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
    // A server that took no notice of it would keep its data elsewhere; the address is none of this machine, so that it ends.
    assert_eq!(run(&["serve", "--listen", "192.0.2.1:1", "--data-dir", "a"]).0, Some(2));
    // Nobody listens there: a reason to try again, not a mistake.
    assert_eq!(run(&["status", "--api-url", "http://127.0.0.1:9"]).0, Some(6));
}
