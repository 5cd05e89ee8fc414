//! `rekor users`: an owner administers people, confirmed with the owner's password.

use super::{confirm, object, promote, read};
use crate::{
    args::Global,
    complete,
    connect::{Connection, Method, json_input, request_json, segment},
    ui::{self, Problem},
};
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List people
    List,
    /// Add a person; the first password is asked for
    Create {
        /// The name to log in with
        login: String,
        #[arg(long)]
        name: Option<String>,
        /// owner or member
        #[arg(long)]
        role: Option<String>,
        /// What a member may do: inline JSON, @file, or -
        #[arg(long)]
        grants: Option<String>,
    },
    /// Change a person
    Change {
        /// Id or login
        #[arg(add = complete::users())]
        id: String,
        #[arg(long)]
        name: Option<String>,
        /// owner or member
        #[arg(long)]
        role: Option<String>,
        /// What a member may do: inline JSON, @file, or -
        #[arg(long)]
        grants: Option<String>,
        /// Ask for a new password
        #[arg(long)]
        password: bool,
    },
    /// Change your own password; your other sessions end
    Password,
    /// Remove a person, with their sessions and tokens
    Delete {
        /// Id or login
        #[arg(add = complete::users())]
        id: String,
    },
}

impl Users {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let at = |id: &str| format!("/v1/users/{}", segment(id));
        match self {
            Self::List => read(global, "/v1/users?limit=1000").await,
            Self::Create { login, name, role, grants } => {
                let password = ui::secret(&format!("First password of {login}"))?;
                let body = user_body(Some(login), name, role, grants, Some(password))?;
                administer(global, Method::Post, "/v1/users", Some(body)).await
            }
            Self::Change { id, name, role, grants, password } => {
                let password =
                    password.then(|| ui::secret(&format!("New password of {id}"))).transpose()?;
                let body = user_body(None, name, role, grants, password)?;
                administer(global, Method::Put, &at(&id), Some(body)).await
            }
            Self::Password => {
                let known = ui::secret("Your password")?;
                let new = ui::secret("Your new password")?;
                let body = json!({"password": known, "new_password": new}).to_string();
                administer(global, Method::Post, "/v1/auth/password", Some(body)).await
            }
            Self::Delete { id } => {
                confirm(global, &format!("Remove {id}, with all sessions and tokens?"))?;
                administer(global, Method::Delete, &at(&id), None).await
            }
        }
    }
}

fn user_body(
    login: Option<String>,
    name: Option<String>,
    role: Option<String>,
    grants: Option<String>,
    password: Option<String>,
) -> Result<String, Problem> {
    let grants = grants.as_deref().map(|given| json_input("--grants", given)).transpose()?;
    let fields = [
        ("login", login.map(Value::from)),
        ("name", name.map(Value::from)),
        ("role", role.map(Value::from)),
        ("password", password.map(Value::from)),
    ];
    Ok(object(&fields, &[("grants", grants.as_deref())]))
}

/// Sends a change, with the owner's password where the server asks for it.
async fn administer(
    global: &Global,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<(), Problem> {
    if global.dry_run {
        let shown = body.as_deref().map(|text| {
            let mut body: Value = serde_json::from_str(text).unwrap_or_default();
            for secret in ["password", "new_password"] {
                if let Some(password) = body.get_mut(secret) {
                    *password = json!("***");
                }
            }
            body.to_string()
        });
        return global.show(&request_json(method, path, shown.as_deref()));
    }
    let connection = Connection::open(global, true)?;
    let answer = match connection.send(method, path, body.clone()).await {
        Err(problem) if promote::subject_of(&problem).is_some() => {
            promote::confirm_with_password(&connection, &problem).await?;
            connection.send(method, path, body).await?
        }
        answer => answer?,
    };
    global.show(&answer)
}
