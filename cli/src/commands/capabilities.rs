//! What the command line can do, for programs, and help on topics.

use crate::{
    args::{Cli, Global},
    ui::{self, Problem},
};
use clap::CommandFactory;
use serde_json::{Value, json};

/// Version of the shape of `rekor capabilities`.
const SCHEMA_VERSION: u32 = 1;

/// Exit codes, as in the error table of the API.
const EXIT_CODES: [(u8, &str); 8] = [
    (0, "done"),
    (1, "error: the request is wrong, or something failed"),
    (2, "usage: the command line is wrong"),
    (4, "no credential, or one that does not allow this"),
    (5, "conflict: the state of the data contradicts the request"),
    (6, "try again: the server is busy, unreachable or stopping"),
    (7, "a person is needed"),
    (130, "cancelled"),
];

const ENVIRONMENT: &str = "\
REKOR_TOKEN            credential (rec_… or rks_…)
REKOR_DATABASE         database (REKOR_WORKSPACE in the older vocabulary)
REKOR_API_URL          server
REKOR_PROFILE          profile of the configuration file
REKOR_CONFIG_DIR       directory of the configuration file; else $XDG_CONFIG_HOME/rekor, else ~/.config/rekor
REKOR_NO_UPDATE_CHECK  no look for a newer release (also NO_UPDATE_NOTIFIER, CI)
REKOR_RELEASE_URL      where `rekor update` and the notice look; nothing is looked for without it
NO_COLOR               no colours
";

const OUTPUT: &str = "\
table   for people; the default
json    the JSON of the API; the default when a coding agent calls
ndjson  a JSON object per row
csv     comma-separated values with a header
Errors go to stderr: as text with table, else as {\"error\":{\"code\",\"message\",\"details\",\"fix\",\"exit_code\"}}.
";

fn describe(command: &clap::Command) -> Value {
    let arguments: Vec<Value> = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set() && !argument.is_global_set())
        .filter(|argument| !["help", "version"].contains(&argument.get_id().as_str()))
        .map(|argument| {
            json!({
                "name": argument.get_long().map_or_else(|| argument.get_id().to_string(), |long| format!("--{long}")),
                "positional": argument.is_positional(),
                "required": argument.is_required_set(),
                "takes_value": argument.get_action().takes_values(),
                "help": argument.get_help().map(ToString::to_string),
            })
        })
        .collect();
    let commands: Vec<Value> =
        command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(describe).collect();
    json!({
        "name": command.get_name(),
        "aliases": command.get_all_aliases().collect::<Vec<_>>(),
        "about": command.get_about().map(ToString::to_string),
        "arguments": arguments,
        "commands": commands,
    })
}

/// `rekor capabilities`.
pub(super) fn show(_global: &Global) -> Result<(), Problem> {
    let command = Cli::command();
    let mut out = describe(&command);
    if let Some(members) = out.as_object_mut() {
        members.insert("schema_version".to_owned(), json!(SCHEMA_VERSION));
        members.insert("version".to_owned(), json!(env!("CARGO_PKG_VERSION")));
        members.insert(
            "global_arguments".to_owned(),
            command
                .get_arguments()
                .filter(|argument| argument.is_global_set() && !argument.is_hide_set())
                .filter_map(|argument| argument.get_long().map(|long| json!(format!("--{long}"))))
                .collect(),
        );
        let codes =
            EXIT_CODES.iter().map(|(code, meaning)| json!({"code": code, "meaning": meaning}));
        members.insert("exit_codes".to_owned(), codes.collect());
    }
    // For programs only: always JSON.
    ui::show(&out, crate::args::Output::Json);
    Ok(())
}

/// `rekor help`.
pub(super) fn help(topic: Option<&str>) -> Result<(), Problem> {
    match topic {
        None => {
            ui::text(&Cli::command().render_long_help().to_string());
            Ok(())
        }
        Some("exit-codes") => {
            let lines = EXIT_CODES.iter().map(|(code, meaning)| format!("{code:>3}  {meaning}\n"));
            ui::text(&lines.collect::<String>());
            Ok(())
        }
        Some("environment") => {
            ui::text(ENVIRONMENT);
            Ok(())
        }
        Some("output") => {
            ui::text(OUTPUT);
            Ok(())
        }
        Some(name) => {
            let mut command = Cli::command();
            let found = command.find_subcommand_mut(name);
            let found = found.ok_or_else(|| {
                Problem::usage(format!(
                    "there is no command or topic {name}; the topics are exit-codes, environment and output"
                ))
            })?;
            ui::text(&found.render_long_help().to_string());
            Ok(())
        }
    }
}
