//! What the shell completes beside words of commands: ids, asked from the server that the command line names.

use crate::{
    args::{Cli, Global},
    connect::{Connection, Method, segment},
};
use clap::{CommandFactory, FromArgMatches};
use clap_complete::{
    ArgValueCompleter, CompletionCandidate,
    env::{CompleteEnv, Shells},
};
use std::{ffi::OsStr, time::Duration};

/// A key press waits no longer than this.
const WAIT_MAX: Duration = Duration::from_millis(800);
/// Candidates at most.
const CANDIDATES_MAX: usize = 100;
/// The variable by which a shell asks.
const VARIABLE: &str = "REKOR_COMPLETE";

/// Answers a shell that asks for candidates, and ends; goes on if none asks.
pub(crate) fn answer_shell() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// The script that makes a shell ask.
pub(crate) fn script(shell: &str) -> Option<String> {
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let shell = shells.completer(shell)?;
    shell.write_registration(VARIABLE, "rekor", "rekor", "rekor", &mut script).ok()?;
    String::from_utf8(script).ok()
}

/// Databases and previews.
pub(crate) fn databases() -> ArgValueCompleter {
    ids(|_| Some("/v1/databases?limit=1000".to_owned()))
}

/// Collections of the database.
pub(crate) fn collections() -> ArgValueCompleter {
    ids(|asked| Some(format!("/v1/{}/collections?limit=1000", asked.database()?)))
}

/// Relationship types of the database.
pub(crate) fn relationship_types() -> ArgValueCompleter {
    ids(|asked| Some(format!("/v1/{}/relationship-types?limit=1000", asked.database()?)))
}

/// Tokens.
pub(crate) fn tokens() -> ArgValueCompleter {
    ids(|_| Some("/v1/tokens?limit=1000".to_owned()))
}

/// OAuth clients.
pub(crate) fn clients() -> ArgValueCompleter {
    ids(|_| Some("/v1/clients?limit=1000".to_owned()))
}

/// Kept answers of the database.
pub(crate) fn results() -> ArgValueCompleter {
    ids(|asked| Some(format!("/v1/{}/results?limit=1000", asked.database()?)))
}

/// People.
pub(crate) fn users() -> ArgValueCompleter {
    ids(|_| Some("/v1/users?limit=1000".to_owned()))
}

/// Promotions into the database that was named before.
pub(crate) fn promotions() -> ArgValueCompleter {
    ids(|asked| {
        Some(format!("/v1/databases/{}/promotions?limit=100", segment(asked.words.last()?)))
    })
}

/// Documents of the collection that was named before, newest first.
pub(crate) fn documents() -> ArgValueCompleter {
    ids(|asked| {
        Some(format!(
            "/v1/{}/documents/{}?fields=id&limit={CANDIDATES_MAX}",
            asked.database()?,
            segment(asked.words.last()?)
        ))
    })
}

fn ids(path: fn(&Asked) -> Option<String>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| candidates(typed, path).unwrap_or_default())
}

fn candidates(
    typed: &OsStr,
    path: fn(&Asked) -> Option<String>,
) -> Option<Vec<CompletionCandidate>> {
    let asked = Asked::of(std::env::args())?;
    let typed = typed.to_str()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().ok()?;
    let answer = runtime.block_on(async {
        let connection = Connection::open(&asked.global, false).ok()?;
        let path = path(&asked)?;
        let sent = connection.send(Method::Get, &path, None);
        tokio::time::timeout(WAIT_MAX, sent).await.ok()?.ok()
    });
    runtime.shutdown_background();
    let answer = answer?;
    let ids = answer["data"].as_array()?.iter().filter_map(|row| row["id"].as_str());
    let candidates = ids.filter(|id| id.starts_with(typed)).take(CANDIDATES_MAX);
    Some(candidates.map(CompletionCandidate::new).collect())
}

/// The command line so far.
struct Asked {
    /// Its flags, as far as they say where to ask.
    global: Global,
    /// Its words that are no flags, without the one that is being typed.
    words: Vec<String>,
}

impl Asked {
    /// From this process's arguments: `rekor -- rekor documents get invoices …`.
    fn of(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let words: Vec<String> = arguments.skip_while(|word| word != "--").skip(1).collect();
        let (_, before) = words.split_last()?;
        let mut flags = vec!["rekor".to_owned()];
        let mut plain = Vec::new();
        let mut rest = before.iter().skip(1);
        while let Some(word) = rest.next() {
            match word.strip_prefix("--") {
                Some(flag) if WHERE.contains(&flag.split('=').next().unwrap_or_default()) => {
                    flags.push(word.clone());
                    if !flag.contains('=') {
                        flags.extend(rest.next().cloned());
                    }
                }
                Some(_) => {}
                None => plain.push(word.clone()),
            }
        }
        // `whoami` stands for any command: only the flags count.
        flags.push("whoami".to_owned());
        let matches = Cli::command().try_get_matches_from(flags).ok()?;
        let global = Cli::from_arg_matches(&matches).ok()?.global;
        Some(Self { global, words: plain })
    }

    fn database(&self) -> Option<String> {
        Some(segment(&self.global.database().ok()?))
    }
}

/// Flags that say where to ask.
const WHERE: [&str; 5] = ["api-url", "data-dir", "database", "profile", "workspace"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_says_where_to_ask() {
        let line = "rekor -- rekor --data-dir /d documents --yes get --database=shop invoices in";
        let asked = Asked::of(line.split(' ').map(str::to_owned)).unwrap();
        assert_eq!(asked.words, ["documents", "get", "invoices"]);
        assert_eq!(asked.database().as_deref(), Some("shop"));
        assert_eq!(asked.global.data_dir.unwrap(), std::path::Path::new("/d"));
    }
}
