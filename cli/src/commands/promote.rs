//! `rekor databases promote` and `rollback`: what would change, in words, and the act of a person.

use super::{list, login, members};
use crate::{
    args::{Global, Output},
    complete,
    connect::{Connection, Method, segment},
    ui::{self, Problem},
};
use clap::Args;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Time between two looks at whether the person has confirmed.
const CONFIRM_INTERVAL: Duration = Duration::from_secs(2);

/// Promote a preview's configuration
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rekor databases promote shop --from shop--first --dry-run
  rekor databases promote shop --from shop--first
  rekor databases promote shop --from shop--first --request      (an agent asks)
  rekor databases promote shop --promotion 0192…                 (a person applies)")]
pub(crate) struct Promote {
    /// The production database
    #[arg(add = complete::databases())]
    id: String,
    /// The preview
    #[arg(long, required_unless_present = "promotion", add = complete::databases())]
    from: Option<String>,
    /// Apply an open promotion that somebody asked for
    #[arg(long, value_name = "PROMOTION", conflicts_with = "from")]
    promotion: Option<String>,
    /// Only ask for it: a person can apply it later
    #[arg(long)]
    request: bool,
    /// Comma list of collections; all kinds and ids if no kind is named
    #[arg(long)]
    collections: Option<String>,
    /// Comma list of relationship types
    #[arg(long)]
    relationship_types: Option<String>,
    /// Comma list of triggers
    #[arg(long)]
    triggers: Option<String>,
    /// Comma list of hooks
    #[arg(long)]
    hooks: Option<String>,
    /// Comma list of endpoints
    #[arg(long)]
    endpoints: Option<String>,
    /// Remove what the preview lacks
    #[arg(long)]
    prune: bool,
    /// Override blocking issues; the reason is recorded
    #[arg(long, value_name = "REASON")]
    force: Option<String>,
    /// Let the person confirm it on a page in the browser instead of this terminal
    #[arg(long)]
    browser: bool,
}

impl Promote {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let names = |text: &Option<String>| text.as_deref().map(list);
        let body = members(&[
            ("from", self.from.map(Value::from)),
            ("promotion", self.promotion.map(Value::from)),
            ("request", self.request.then(|| json!(true))),
            ("collections", names(&self.collections)),
            ("relationship_types", names(&self.relationship_types)),
            ("triggers", names(&self.triggers)),
            ("hooks", names(&self.hooks)),
            ("endpoints", names(&self.endpoints)),
            ("prune", self.prune.then(|| json!(true))),
            ("force_reason", self.force.map(Value::from)),
        ]);
        let path = format!("/v1/databases/{}/promote", segment(&self.id));
        if self.request {
            return super::write(
                global,
                Method::Post,
                &path,
                Some(Value::Object(body).to_string()),
            )
            .await;
        }
        let asked = self.browser.then(|| question(&self.id, "promote", &body));
        act(global, &path, body, "Promote", asked).await
    }
}

/// Undo a promotion
#[derive(Debug, Args)]
pub(crate) struct Rollback {
    /// The production database
    #[arg(add = complete::databases())]
    id: String,
    /// The promotion to undo
    #[arg(long)]
    promotion: String,
    /// Override blocking issues; the reason is recorded
    #[arg(long, value_name = "REASON")]
    force: Option<String>,
    /// Let the person confirm it on a page in the browser instead of this terminal
    #[arg(long)]
    browser: bool,
}

impl Rollback {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let body = members(&[
            ("promotion_id", Some(json!(self.promotion))),
            ("force_reason", self.force.map(Value::from)),
        ]);
        let path = format!("/v1/databases/{}/rollback", segment(&self.id));
        let asked = self.browser.then(|| question(&self.id, "rollback", &body));
        act(global, &path, body, "Roll back", asked).await
    }
}

/// Shows what would change; then, unless only that was asked for, does it, with the person's password where the server asks
/// for one.
async fn act(
    global: &Global,
    path: &str,
    body: Map<String, Value>,
    verb: &str,
    asked: Option<String>,
) -> Result<(), Problem> {
    let connection = Connection::open(global, true)?;
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body.insert(name.to_owned(), value);
        Some(Value::Object(body).to_string())
    };
    let interactive = global.output() == Output::Table && ui::is_interactive() && !global.yes;
    let mut hash = None;
    if global.dry_run || interactive {
        let shown = connection.send(Method::Post, path, with("dry_run", json!(true))).await?;
        if global.output() == Output::Table {
            ui::text(&describe(&shown));
        } else {
            global.show(&shown)?;
        }
        if global.dry_run {
            return Ok(());
        }
        ui::confirm(&format!("{verb} this?"), false)?;
        hash = shown.get("diff_hash").cloned();
    }
    let request = hash.map_or_else(
        || Some(Value::Object(body.clone()).to_string()),
        |hash| with("diff_hash", hash),
    );
    let answer = match connection.send(Method::Post, path, request.clone()).await {
        Err(problem) if subject_of(&problem).is_some() => match asked {
            Some(asked) => confirmed_in_browser(&connection, asked, path, request).await?,
            None => {
                confirm_with_password(&connection, &problem).await?;
                connection.send(Method::Post, path, request).await?
            }
        },
        answer => answer?,
    };
    if global.output() == Output::Table {
        let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        ui::text(&format!(
            "{}{} {}\n",
            describe_changes(&answer["changes"]),
            text("status"),
            text("id")
        ));
    } else {
        global.show(&answer)?;
    }
    Ok(())
}

/// What the page in the browser is asked for.
fn question(database: &str, act: &str, body: &Map<String, Value>) -> String {
    json!({"database": database, act: body}).to_string()
}

/// Leads the person to the page where they confirm, and does it once they have.
async fn confirmed_in_browser(
    connection: &Connection,
    asked: String,
    path: &str,
    request: Option<String>,
) -> Result<Value, Problem> {
    let asked = connection.send(Method::Post, "/v1/auth/confirm/browser", Some(asked)).await?;
    let page = asked["verification_uri"].as_str().unwrap_or_default();
    ui::note(&format!("Look at the changes and confirm them at {page}"));
    if login::can_open_browser() {
        login::open_browser(page);
    }
    let seconds = asked["expires_in"].as_u64().unwrap_or_default();
    let deadline = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < deadline {
        sleep(CONFIRM_INTERVAL).await;
        match connection.send(Method::Post, path, request.clone()).await {
            Err(problem) if subject_of(&problem).is_some() => {}
            answer => return answer,
        }
    }
    Err(Problem::human("nobody confirmed it in time; run the command again"))
}

/// What the server wants confirmed.
pub(super) fn subject_of(problem: &Problem) -> Option<String> {
    let details = problem.body.as_ref()?.pointer("/error/details")?.as_array()?;
    details.iter().find_map(|detail| detail.get("confirm")?.as_str().map(str::to_owned))
}

/// Asks for the password on the terminal and confirms with it.
pub(super) async fn confirm_with_password(
    connection: &Connection,
    problem: &Problem,
) -> Result<(), Problem> {
    let subject = subject_of(problem).unwrap_or_default();
    let password = ui::secret("Your password")?;
    let body = json!({"password": password, "subject": subject}).to_string();
    connection.send(Method::Post, "/v1/auth/confirm", Some(body)).await.map(drop)
}

/// A dry run for people.
fn describe(dry_run: &Value) -> String {
    let text = |name: &str| dry_run[name].as_str().unwrap_or_default();
    let mut out = format!("{} → {}\n", text("from"), text("to"));
    out += &describe_changes(&dry_run["changes"]);
    for issue in dry_run["blocking"].as_array().into_iter().flatten() {
        out += &format!("blocked: {}\n", issue["message"].as_str().unwrap_or_default());
        let ids: Vec<&str> = issue["sample_ids"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !ids.is_empty() {
            out += &format!("  for example {}\n", ids.join(", "));
        }
    }
    out
}

fn describe_changes(changes: &Value) -> String {
    let mut out = String::new();
    for (kind, entries) in changes.as_object().into_iter().flatten() {
        for entry in entries.as_array().into_iter().flatten() {
            let sign = match entry["action"].as_str() {
                Some("add") => '+',
                Some("remove") => '-',
                _ => '~',
            };
            out += &format!(
                "{sign} {} {}\n",
                kind.trim_end_matches('s').replace('_', " "),
                entry["id"].as_str().unwrap_or_default()
            );
            if sign == '~' {
                out += &describe_patch(&entry["diff"]);
            }
            out += &describe_issues(&entry["issues"]);
            for side in ["production", "preview"] {
                if let Some(patch) = entry["three_way"].get(side) {
                    out += &format!("    since the preview was made, {side} did\n");
                    out += &describe_patch(patch);
                }
            }
            for path in entry["three_way"]["conflicts"].as_array().into_iter().flatten() {
                out += &format!("    both changed {}\n", path.as_str().unwrap_or_default());
            }
        }
    }
    if out.is_empty() { "nothing changes\n".to_owned() } else { out }
}

/// JSON Patch, a line per operation.
pub(super) fn describe_patch(patch: &Value) -> String {
    let mut out = String::new();
    for step in patch.as_array().into_iter().flatten() {
        let path = step["path"].as_str().unwrap_or_default();
        out += &match step["op"].as_str() {
            Some("add") => format!("    + {path} {}\n", step["value"]),
            Some("remove") => format!("    - {path}\n"),
            _ => format!("    ~ {path} {}\n", step["value"]),
        };
    }
    out
}

/// Verdicts above `pass`, a line each.
pub(super) fn describe_issues(issues: &Value) -> String {
    let mut out = String::new();
    for issue in issues.as_array().into_iter().flatten() {
        let text = |name: &str| issue[name].as_str().unwrap_or_default();
        if text("verdict") == "pass" {
            continue;
        }
        let rows = match (issue["rows_failing"].as_u64(), issue["rows_checked"].as_u64()) {
            (Some(failing), Some(checked)) => {
                let rate = issue["rows_per_second"].as_u64();
                let rate = rate.map_or_else(String::new, |rate| format!(", {rate} a second"));
                let how = format!("{}{rate}", text("probed"));
                format!(": {failing} of {checked} documents would fail ({how})")
            }
            _ => String::new(),
        };
        out += &format!("    {} {} {}{rows}\n", text("verdict"), text("rule"), text("path"));
    }
    out
}
