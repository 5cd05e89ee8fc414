//! `rekor agent setup` and `rekor skill`: what a coding agent needs to use Rekor.

use super::list;
use crate::{
    args::{Cli, Global},
    config::Config,
    connect::{Connection, Method},
    ui::{self, Problem},
};
use clap::{Args, Command, CommandFactory, Subcommand};
use serde_json::{Map, Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where clients look for the servers of a project.
const MCP_FILE: &str = ".mcp.json";
/// Where agents look for the skills of a project.
const SKILL_FILE: &str = ".claude/skills/rekor/SKILL.md";
/// What an agent may do, unless somebody says otherwise: everything about data, and schemas in previews.
const PERMISSIONS: &str = "read:documents,write:documents,read:relationships,write:relationships,read:collections,write:collections,read:databases,write:databases";

/// Set up coding agents
#[derive(Debug, Subcommand)]
pub(crate) enum Agent {
    /// Write a project's MCP configuration and skill, and a token for them
    Setup(Setup),
}

/// Write a project's MCP configuration and skill, and a token for them
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Directory of the project
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
    /// Comma list of what the agent may do
    #[arg(long, default_value = PERMISSIONS, value_name = "LIST")]
    permissions: String,
    /// Offer only tools that read
    #[arg(long)]
    read_only: bool,
    /// Write the address only: the client asks a person in the browser, and no token is made
    #[arg(long, conflicts_with = "permissions")]
    oauth: bool,
}

impl Agent {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        match self {
            Self::Setup(setup) => setup.run(global).await,
        }
    }
}

impl Setup {
    /// The token goes to a profile of the configuration file, which only its owner reads; the files of the project hold no
    /// secret and can be committed.
    async fn run(self, global: &Global) -> Result<(), Problem> {
        let (mcp_file, skill_file) = (self.dir.join(MCP_FILE), self.dir.join(SKILL_FILE));
        if self.oauth {
            return self.write_address(global, &mcp_file, &skill_file);
        }
        let mut arguments = vec!["mcp".to_owned()];
        let mut profile = None;
        if let Some(root) = &global.data_dir {
            let root = fs::canonicalize(root)
                .map_err(|e| Problem::usage(format!("{}: {e}", root.display())))?;
            arguments.extend(["--data-dir".to_owned(), root.display().to_string()]);
        } else {
            let database = global.database()?;
            let name = format!("agent-{database}");
            arguments.extend(["--profile".to_owned(), name.clone()]);
            profile = Some((name, database));
        }
        arguments.extend(self.read_only.then(|| "--read-only".to_owned()));
        let servers = with_server(&mcp_file, json!({"command": "rekor", "args": arguments}))?;
        if global.dry_run {
            let shown =
                json!({"dry_run": true, "mcp": servers, "skill": skill_file.display().to_string()});
            return global.show(&shown);
        }
        if let Some((name, database)) = &profile {
            self.keep_token(global, name, database).await?;
        }
        write_both(&mcp_file, &servers, &skill_file)?;
        let shown = json!({
            "mcp": mcp_file.display().to_string(),
            "skill": skill_file.display().to_string(),
            "profile": profile.map(|(name, _)| name),
        });
        global.show(&shown)
    }

    /// The client finds the rest out by itself, at this address.
    fn write_address(
        &self,
        global: &Global,
        mcp_file: &Path,
        skill_file: &Path,
    ) -> Result<(), Problem> {
        if global.data_dir.is_some() {
            return Err(Problem::usage("--oauth needs a server: give --api-url, not --data-dir"));
        }
        let url = global.api_url()?.0;
        let query = if self.read_only { "?read_only=true" } else { "" };
        let url = format!("{}/mcp{query}", url.trim_end_matches('/'));
        let servers = with_server(mcp_file, json!({"type": "http", "url": url}))?;
        let shown_skill = skill_file.display().to_string();
        if global.dry_run {
            return global.show(&json!({"dry_run": true, "mcp": servers, "skill": shown_skill}));
        }
        write_both(mcp_file, &servers, skill_file)?;
        let shown =
            json!({"mcp": mcp_file.display().to_string(), "skill": shown_skill, "url": url});
        global.show(&shown)
    }

    /// Makes a token for the database and keeps it in a profile of its own.
    async fn keep_token(&self, global: &Global, name: &str, database: &str) -> Result<(), Problem> {
        let grants =
            json!([{"scope": {"databases": [database]}, "permissions": list(&self.permissions)}]);
        let body = json!({"name": name, "grants": grants}).to_string();
        let connection = Connection::open(global, true)?;
        let made = connection.send(Method::Post, "/v1/tokens", Some(body)).await?;
        let token = made["token"].as_str().unwrap_or_default().to_owned();
        let mut config = Config::load()?;
        let profile = config.profiles.entry(name.to_owned()).or_default();
        profile.token = Some(token);
        profile.api_url = Some(global.api_url()?.0);
        profile.database = Some(database.to_owned());
        config.save()
    }
}

/// The servers of a project, with Rekor among them; others stay as they are.
fn with_server(file: &Path, server: Value) -> Result<Value, Problem> {
    let wrong =
        |reason: String| Problem::usage(format!("{}: {reason}; repair or move it", file.display()));
    let mut all: Map<String, Value> = match fs::read_to_string(file) {
        Ok(text) => serde_json::from_str(&text).map_err(|e| wrong(e.to_string()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let servers = all.entry("mcpServers").or_insert_with(|| json!({}));
    let servers = servers.as_object_mut();
    let servers = servers.ok_or_else(|| wrong("mcpServers is no object".to_owned()))?;
    servers.insert("rekor".to_owned(), server);
    Ok(Value::Object(all))
}

fn write_both(mcp_file: &Path, servers: &Value, skill_file: &Path) -> Result<(), Problem> {
    let text = serde_json::to_string_pretty(servers).unwrap_or_default();
    write(mcp_file, &format!("{text}\n"))?;
    write(skill_file, &skill())
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::other(format!("{}: {error}", path.display()));
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// `rekor skill`.
pub(super) fn print_skill() {
    ui::text(&skill());
}

/// The skill document: rules that do not change, and the commands that this program has.
fn skill() -> String {
    let mut root = Cli::command();
    root.build();
    let mut commands = String::new();
    for command in visible(&root) {
        describe(command, &mut commands);
    }
    format!("{}{commands}", include_str!("agent/skill.md"))
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set())
}

/// A line per command: how it is written, and what it does.
fn describe(command: &Command, out: &mut String) {
    let own = visible(command).count() == 0;
    if own {
        let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
        let arguments: Vec<String> = command
            .get_arguments()
            .filter(|argument| !argument.is_global_set() && !argument.is_hide_set())
            .filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"))
            .map(usage)
            .collect();
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let line = [name.to_owned()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ");
        out.push_str(&format!("- `{line}`: {about}\n"));
    }
    for sub in visible(command) {
        describe(sub, out);
    }
}

fn usage(argument: &clap::Arg) -> String {
    let value = argument.get_value_names().and_then(|names| names.first());
    let value = value.map(|name| format!("<{name}>")).unwrap_or_default();
    let text = match argument.get_long() {
        Some(long) if argument.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    };
    if argument.is_required_set() { text } else { format!("[{text}]") }
}
