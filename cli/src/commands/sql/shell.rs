//! The SQL shell.

use super::{
    ask::{Session, pointed},
    complete::{Assistant, Names},
    describe,
    split::{Statement, statements},
};
use crate::{
    args::Output,
    ui::{self, Problem},
};
use rustyline::{CompletionType, Config, Editor, error::ReadlineError, history::FileHistory};
use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

/// The format of answers until `\format` says another.
const FORMAT: &str = "PrettyCompact";
/// Entries of the history that are kept.
const HISTORY_MAX: usize = 10_000;

const HELP: &str = "\
A statement ends with ; or with \\G, which shows each row line by line. Ctrl-C cancels what runs, Ctrl-D leaves.
  \\d               tables and collections
  \\d NAME          columns of a table, or paths and types of a collection
  \\f [PATTERN]     functions
  \\format [NAME]   format of answers: PrettyCompact, Vertical, JSONEachRow, CSVWithNames, …
  \\set NAME VALUE  value of the parameter {NAME:Type}
  \\timing          show rows, time and bytes after each answer, or stop it
  \\?               this
  \\q               leave
Tab completes tables, collections, columns, paths and functions.
";

type Line = Editor<Assistant, FileHistory>;

/// How a shell goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Line,
    Leave,
}

struct Shell {
    session: Session,
    names: Arc<RwLock<Names>>,
    timing: bool,
}

/// Reads statements from the terminal until the end.
pub(super) async fn run(mut session: Session) -> Result<(), Problem> {
    session.format.get_or_insert_with(|| FORMAT.to_owned());
    let names: Arc<RwLock<Names>> = Arc::default();
    let mut shell = Shell { session, names, timing: false };
    // A first question says at once if the server, the credential or the database is not there.
    shell.session.rows("SELECT 1").await?;
    shell.learn();
    let mut editor = editor(Arc::clone(&shell.names))?;
    let history = history_path();
    if let Some(path) = &history {
        // There is none before the first shell.
        drop(editor.load_history(path));
    }
    ui::note(&format!("database {}; \\? helps, \\q leaves", shell.session.database()));
    let prompt = format!("{}=> ", shell.session.database());
    loop {
        let line = tokio::task::block_in_place(|| editor.readline(&prompt));
        match line {
            Ok(text) => {
                if !text.trim().is_empty() {
                    drop(editor.add_history_entry(text.trim()));
                    remember(&mut editor, history.as_deref());
                }
                if shell.run(&text).await == Next::Leave {
                    return Ok(());
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(Problem::other(format!("the terminal: {error}"))),
        }
    }
}

/// The editor of lines: a statement may have many, Tab completes.
fn editor(names: Arc<RwLock<Names>>) -> Result<Line, Problem> {
    let failed = |error: ReadlineError| Problem::other(format!("the terminal: {error}"));
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .history_ignore_space(true)
        .max_history_size(HISTORY_MAX)
        .map_err(failed)?
        .build();
    let mut editor = Line::with_config(config).map_err(failed)?;
    editor.set_helper(Some(Assistant::new(names)));
    Ok(editor)
}

/// `$XDG_STATE_HOME/rekor/sql_history`, or below `~/.local/state`; only its owner can read the directory.
fn history_path() -> Option<PathBuf> {
    let variable =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = variable("XDG_STATE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")))?;
    let directory = state.join("rekor");
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&directory).ok()?;
    Some(directory.join("sql_history"))
}

/// Writes the history at once, so that a shell that is killed forgets nothing.
fn remember(editor: &mut Line, path: Option<&std::path::Path>) {
    if let Some(path) = path
        && let Err(error) = editor.append_history(path)
    {
        ui::note(&format!("note: {}: {error}", path.display()));
    }
}

impl Shell {
    /// Asks the server for what Tab completes, while the shell goes on.
    fn learn(&self) {
        let (session, names) = (self.session.clone(), Arc::clone(&self.names));
        tokio::spawn(async move {
            // Without an answer there is nothing to complete, which Tab shows.
            if let Ok(learnt) = Names::ask(&session).await {
                *names.write().unwrap_or_else(PoisonError::into_inner) = learnt;
            }
        });
    }

    /// Runs what was typed: a command, or statements.
    async fn run(&mut self, text: &str) -> Next {
        let text = text.trim();
        if matches!(text.trim_end_matches(';').trim(), "exit" | "quit") {
            return Next::Leave;
        }
        if let Some(command) = text.strip_prefix('\\') {
            return self.command(command.trim_end_matches(';').trim()).await;
        }
        for statement in statements(text) {
            if !self.statement(statement).await {
                break;
            }
        }
        Next::Line
    }

    async fn command(&mut self, command: &str) -> Next {
        let (name, argument) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let argument = argument.trim();
        match name {
            "q" | "quit" => return Next::Leave,
            "?" | "h" | "help" => ui::text(HELP),
            "timing" => {
                self.timing = !self.timing;
                ui::note(if self.timing { "timing is on" } else { "timing is off" });
            }
            "format" => self.set_format(argument),
            "set" => match argument.split_once(char::is_whitespace) {
                Some((name, value)) => self.session.set(name, value.trim()),
                None => ui::note("write \\set NAME VALUE"),
            },
            "f" | "df" => ui::show(&super::functions::list(argument), Output::Table),
            "d" => {
                let described = match argument {
                    "" => describe::everything(&self.session).await,
                    name => describe::one(&self.session, name).await,
                };
                if let Err(problem) = described {
                    say(&problem);
                }
                // What is new can be completed from now on.
                self.learn();
            }
            other => ui::note(&format!("there is no command \\{other}; \\? lists them")),
        }
        Next::Line
    }

    fn set_format(&mut self, name: &str) {
        if name.is_empty() {
            let format = self.session.format.as_deref().unwrap_or(FORMAT);
            ui::note(&format!("the format is {format}"));
            return;
        }
        match rekor_api::query::Format::parse(name) {
            Ok(format) => self.session.format = Some(format.name().to_owned()),
            Err(error) => ui::note(&format!("error: {}", error.message)),
        }
    }

    /// Runs a statement, until its end or Ctrl-C; whether the next one may follow.
    async fn statement(&self, statement: Statement<'_>) -> bool {
        let format = statement.vertical.then_some("Vertical");
        let asked = self.session.ask(statement.text, format);
        let asked = tokio::select! {
            asked = asked => asked,
            // The request is dropped: its connection closes, and the server stops the query.
            _ = tokio::signal::ctrl_c() => Err(Problem::cancelled()),
        };
        match asked {
            Ok(outcome) => {
                if self.timing {
                    ui::note(&outcome.words());
                }
                true
            }
            Err(problem) => {
                say(&pointed(problem, statement.text, 0));
                false
            }
        }
    }
}

/// Says what went wrong; the shell goes on.
fn say(problem: &Problem) {
    let _exit_code = ui::fail(problem, Output::Table);
}
