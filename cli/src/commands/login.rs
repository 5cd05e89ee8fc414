//! `rekor login` and `logout`: through the browser, with a code on another device, or with a token.

use crate::{
    args::{Global, agent},
    config::Config,
    connect::{Connection, Method},
    ui::{self, Problem},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clap::Args;
use rekor_core::time::{Entropy, System};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, sleep, timeout_at},
};

/// How long a login may take.
const LOGIN_TIME_MAX: Duration = Duration::from_secs(600);
/// Longest request line of a browser that is read.
const REQUEST_BYTES_MAX: usize = 8 << 10;

/// Log in as a person, or keep a token
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rekor login                          (opens a browser; shows a code where there is none)
  rekor login --token rec_…            (keeps a token for this machine)
  rekor login --password               (asks for login and password on this terminal)
  rekor login --enrol                  (the first person, with the code the server printed)")]
pub(crate) struct Login {
    /// Keep this token (rec_…) in the configuration file
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// Show a code to enter in a browser elsewhere
    #[arg(long)]
    device: bool,
    /// Ask for login and password on this terminal
    #[arg(long)]
    password: bool,
    /// Enrol the first person, with the code that the server printed
    #[arg(long)]
    enrol: bool,
}

impl Login {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let url = global.api_url()?.0;
        let anonymous = Connection::remote(url.clone(), None, None)?;
        let token = match self.token {
            Some(token) => token,
            None => {
                let session = if self.enrol {
                    enrol(&anonymous).await?
                } else if self.password {
                    with_password(&anonymous).await?
                } else if self.device || !can_open_browser() {
                    on_another_device(&anonymous).await?
                } else {
                    in_browser(&anonymous, &url).await?
                };
                session["token"].as_str().unwrap_or_default().to_owned()
            }
        };
        let who = Connection::remote(url.clone(), Some(token.clone()), None)?
            .send(Method::Get, "/v1/whoami", None)
            .await?;
        let mut config = Config::load()?;
        let name = global.profile.clone().unwrap_or_else(|| config.current.clone());
        let profile = config.profiles.entry(name.clone()).or_default();
        profile.token = Some(token);
        profile.api_url = Some(url);
        if let Some(database) = &global.database {
            profile.database = Some(database.clone());
        }
        config.current.clone_from(&name);
        config.save()?;
        let shown = json!({"logged_in": true, "profile": name, "kind": who["kind"], "id": who["id"], "name": who["name"], "config": Config::path()?.display().to_string()});
        global.show(&shown)
    }
}

/// Ends the session and forgets the credential.
pub(super) async fn logout(global: &Global) -> Result<(), Problem> {
    let (name, profile) = global.profile()?;
    let Some(token) = profile.token else {
        return Err(Problem::usage(format!("the profile {name} holds no credential")));
    };
    if token.starts_with("rks_") {
        let url = global.api_url()?.0;
        let ended = Connection::remote(url, Some(token), None)?
            .send(Method::Post, "/v1/auth/logout", Some("{}".to_owned()))
            .await;
        if let Err(problem) = ended {
            ui::note(&format!("the server did not end the session: {}", problem.message));
        }
    }
    let mut config = Config::load()?;
    if let Some(profile) = config.profiles.get_mut(&name) {
        profile.token = None;
    }
    config.save()?;
    global.show(&json!({"logged_out": true, "profile": name}))
}

fn ask(question: &str) -> Result<String, Problem> {
    if !ui::is_interactive() {
        return Err(Problem::human(format!("{question} is asked for on a terminal only")));
    }
    ui::ask(question)
}

async fn with_password(server: &Connection) -> Result<Value, Problem> {
    let body = json!({"login": ask("Login")?, "password": ui::secret("Password")?});
    server.send(Method::Post, "/v1/auth/login", Some(body.to_string())).await
}

async fn enrol(server: &Connection) -> Result<Value, Problem> {
    let (code, login) = (ask("Enrolment code")?, ask("Login")?);
    let password = ui::secret("New password (10 characters or more)")?;
    if ui::secret("The same password again")? != password {
        return Err(Problem::usage("the passwords differ; nothing was done"));
    }
    let body = json!({"code": code, "login": login, "password": password});
    server.send(Method::Post, "/v1/auth/enrol", Some(body.to_string())).await
}

/// Whether a browser can be opened for a person: never for an agent.
pub(super) fn can_open_browser() -> bool {
    if agent().is_some() || std::env::var_os("CI").is_some() || !ui::is_interactive() {
        return false;
    }
    cfg!(target_os = "macos")
        || std::env::var_os("DISPLAY").is_some()
        || std::env::var_os("WAYLAND_DISPLAY").is_some()
}

fn random_text() -> String {
    let mut bytes = [0; 32];
    System.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Authorization code with PKCE over a loopback redirect (RFC 8252).
async fn in_browser(server: &Connection, url: &str) -> Result<Value, Problem> {
    let failed = |e: std::io::Error| Problem::other(format!("no port to listen on: {e}"));
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
    let redirect_uri = format!("http://{}/callback", listener.local_addr().map_err(failed)?);
    let (verifier, state) = (random_text(), random_text());
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let page = format!(
        "{url}/auth/authorize{}",
        crate::connect::query(&[
            ("redirect_uri", Some(&redirect_uri)),
            ("state", Some(&state)),
            ("code_challenge", Some(&challenge)),
            ("code_challenge_method", Some("S256")),
        ])
    );
    ui::note(&format!("Log in at {page}"));
    open_browser(&page);
    let code = callback(&listener, &state).await?;
    let body = json!({"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": redirect_uri});
    server.send(Method::Post, "/v1/auth/token", Some(body.to_string())).await
}

pub(super) fn open_browser(page: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened = std::process::Command::new(program)
        .arg(page)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    if opened.is_err() {
        ui::note("no browser could be opened; open the page yourself");
    }
}

/// Waits for the browser to come back with the code of this login.
async fn callback(listener: &TcpListener, state: &str) -> Result<String, Problem> {
    let deadline = Instant::now() + LOGIN_TIME_MAX;
    loop {
        let late =
            |_| Problem::other("nobody logged in within ten minutes; run `rekor login` again");
        let accepted = timeout_at(deadline, listener.accept()).await.map_err(late)?;
        let Ok((mut stream, _)) = accepted else { continue };
        let mut request = vec![0; REQUEST_BYTES_MAX];
        let Ok(length) = stream.read(&mut request).await else { continue };
        let text = String::from_utf8_lossy(request.get(..length).unwrap_or_default()).into_owned();
        let target = text.split(' ').nth(1).unwrap_or_default();
        let pairs: Vec<(String, String)> = target
            .split_once('?')
            .map(|(_, query)| query.split('&').filter_map(decoded_pair).collect())
            .unwrap_or_default();
        let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        let code = value("code").filter(|_| value("state").as_deref() == Some(state));
        let said = if code.is_some() {
            "Done. You can close this page."
        } else {
            "This is not the login that was started."
        };
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{said}",
            said.len()
        );
        // The person may have closed the page already.
        drop(stream.write_all(answer.as_bytes()).await);
        if let Some(code) = code {
            return Ok(code);
        }
    }
}

fn decoded_pair(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=')?;
    let value = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
    Some((name.to_owned(), value.into_owned()))
}

/// Device code (RFC 8628): the person confirms in a browser anywhere.
async fn on_another_device(server: &Connection) -> Result<Value, Problem> {
    let started = server.send(Method::Post, "/v1/auth/device", Some("{}".to_owned())).await?;
    let text = |name: &str| started[name].as_str().unwrap_or_default().to_owned();
    ui::note(&format!(
        "Open {} and enter the code {}",
        text("verification_uri"),
        text("user_code")
    ));
    let body = json!({"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": text("device_code")}).to_string();
    let interval = Duration::from_secs(started["interval"].as_u64().unwrap_or(2));
    let deadline = Instant::now() + LOGIN_TIME_MAX;
    while Instant::now() < deadline {
        sleep(interval).await;
        let (status, answer) =
            server.send_raw(Method::Post, "/v1/auth/token", Some(body.clone())).await?;
        if status != 202 {
            return Ok(answer);
        }
    }
    Err(Problem::other("nobody logged in within ten minutes; run `rekor login` again"))
}
