//! `rekor update`, and the notice that there is something to update to. Nothing is looked for unless a release URL is
//! configured: `REKOR_RELEASE_URL` when the program is built, or in the environment.
//!
//! The URL answers `{"version":"1.2.3","targets":{"linux-x86_64":{"url":"https://…","sha256":"…"}}}`.

use crate::{
    config::Config,
    ui::{self, Problem},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    io::IsTerminal,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How often the notice looks.
const INTERVAL_S: u64 = 24 * 60 * 60;
/// How long a command that is done waits for the notice.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long anything may take to arrive.
const TIMEOUT: Duration = Duration::from_secs(300);
/// Largest program that is taken.
const PROGRAM_BYTES_MAX: usize = 1 << 30;

/// The newest release.
#[derive(Debug, Deserialize)]
struct Release {
    version: String,
    #[serde(default)]
    targets: BTreeMap<String, Target>,
}

/// The program for one operating system and processor.
#[derive(Debug, Deserialize)]
struct Target {
    url: String,
    /// Lower-case hex.
    sha256: String,
}

/// What the last look found.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Seen {
    at_s: u64,
    version: String,
}

fn release_url() -> Option<String> {
    let given = std::env::var("REKOR_RELEASE_URL").ok().filter(|url| !url.is_empty());
    given.or_else(|| option_env!("REKOR_RELEASE_URL").map(str::to_owned))
}

/// Such as `linux-x86_64`.
fn target() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Whether `other` is newer than `known`; numbers count, anything else is older.
fn is_newer(other: &str, known: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        let text = text.trim_start_matches('v');
        let text = text.split(['-', '+']).next().unwrap_or_default();
        text.split('.').map_while(|part| part.parse().ok()).collect()
    };
    numbers(other) > numbers(known)
}

async fn fetch(url: &str) -> Result<Vec<u8>, Problem> {
    let failed = |error: reqwest::Error| Problem::network(format!("no answer from {url}: {error}"));
    let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(failed)?;
    let answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status);
    let mut answer = answer.map_err(failed)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(failed)? {
        if bytes.len() + chunk.len() > PROGRAM_BYTES_MAX {
            return Err(Problem::other(format!("{url} sends more than 1 GiB")));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn newest(url: &str) -> Result<Release, Problem> {
    let bytes = fetch(url).await?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::other(format!("{url} is no description of a release: {error}")))
}

/// `rekor update`.
pub(super) async fn run() -> Result<(), Problem> {
    let Some(url) = release_url() else {
        return Err(Problem::usage(
            "no release URL is configured, so updates are never looked for; set REKOR_RELEASE_URL, or install a newer program the way this one was installed",
        ));
    };
    let release = newest(&url).await?;
    if !is_newer(&release.version, VERSION) {
        ui::note(&format!("rekor {VERSION} is the newest"));
        return Ok(());
    }
    let target = target();
    let Some(found) = release.targets.get(&target) else {
        return Err(Problem::other(format!(
            "release {} has no program for {target}; see {url}",
            release.version
        )));
    };
    let program = fetch(&found.url).await?;
    check(&program, found)?;
    let path = std::env::current_exe().map_err(|error| Problem::other(error.to_string()))?;
    replace(&path, &program)?;
    ui::note(&format!("rekor {VERSION} is now {} ({})", release.version, path.display()));
    Ok(())
}

fn check(program: &[u8], target: &Target) -> Result<(), Problem> {
    let digest = Sha256::digest(program);
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    if digest == target.sha256 {
        return Ok(());
    }
    Err(Problem::other(format!(
        "{} has the SHA-256 {digest}, not {}; nothing was changed",
        target.url, target.sha256
    )))
}

/// Puts a program in the place of another one, all at once.
fn replace(path: &Path, program: &[u8]) -> Result<(), Problem> {
    let failed = |error: std::io::Error| {
        Problem::other(format!("{} cannot be replaced: {error}", path.display()))
    };
    let new = path.with_extension("new");
    fs::write(&new, program).map_err(failed)?;
    let permissions = fs::metadata(path).map_err(failed)?.permissions();
    fs::set_permissions(&new, permissions).map_err(failed)?;
    fs::rename(&new, path).map_err(failed)
}

/// A look for a newer release beside a command.
pub(super) struct Notice(tokio::task::JoinHandle<Option<String>>);

impl Notice {
    /// Looks, if somebody can read the notice and nobody forbade it.
    pub(super) fn start() -> Option<Self> {
        let forbidden = ["REKOR_NO_UPDATE_CHECK", "NO_UPDATE_NOTIFIER", "CI"];
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        if !std::io::stderr().is_terminal() || forbidden.iter().any(is_set) {
            return None;
        }
        let url = release_url()?;
        Some(Self(tokio::spawn(async move { look(&url).await })))
    }

    /// Says what was found, if it was found by now.
    pub(super) async fn finish(self) {
        if let Ok(Ok(Some(version))) = tokio::time::timeout(PATIENCE, self.0).await {
            ui::note(&format!("rekor {version} is there (this is {VERSION}): type  rekor update"));
        }
    }
}

/// A newer version, by what was seen in the last day or by asking.
async fn look(url: &str) -> Option<String> {
    let path: PathBuf = Config::directory().ok()?.join("update.json");
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let known = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    let mut seen: Seen = known.unwrap_or_default();
    if now_s.saturating_sub(seen.at_s) >= INTERVAL_S {
        seen = Seen { at_s: now_s, version: newest(url).await.ok()?.version };
        fs::create_dir_all(path.parent()?).ok()?;
        fs::write(&path, serde_json::to_vec(&seen).ok()?).ok()?;
    }
    is_newer(&seen.version, VERSION).then_some(seen.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        for (other, known) in [("0.2.0", "0.1.9"), ("v1.10.0", "1.9.3"), ("1.0.1", "1.0")] {
            assert!(is_newer(other, known) && !is_newer(known, other), "{other} {known}");
        }
        assert!(!is_newer("1.0.0", "1.0.0") && !is_newer("newest", "0.1.0"));
    }

    #[test]
    fn a_damaged_program_is_refused() {
        let target = |sha256: &str| Target { url: "u".to_owned(), sha256: sha256.to_owned() };
        let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert!(check(b"abc", &target(right)).is_ok());
        assert!(check(b"abd", &target(right)).is_err());
    }
}
