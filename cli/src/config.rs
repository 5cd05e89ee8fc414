//! The configuration file: profiles with a server, a credential and a database. Only its owner can read it.

use crate::ui::Problem;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, io::Write, path::PathBuf};

/// The configuration file.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Config {
    /// The profile that is used when nobody names one.
    pub(crate) current: String,
    /// Profiles by name.
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// Where to go, as whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// The server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) api_url: Option<String>,
    /// The credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// The database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) database: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self { current: "default".to_owned(), profiles: BTreeMap::new() }
    }
}

impl Config {
    /// `$REKOR_CONFIG_DIR`, `$XDG_CONFIG_HOME/rekor` or `~/.config/rekor`, whichever is first.
    pub(crate) fn directory() -> Result<PathBuf, Problem> {
        let variable = |name: &str| {
            std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
        };
        variable("REKOR_CONFIG_DIR")
            .or_else(|| variable("XDG_CONFIG_HOME").map(|dir| dir.join("rekor")))
            .or_else(|| variable("HOME").map(|dir| dir.join(".config/rekor")))
            .ok_or_else(|| Problem::usage("there is no home directory; set REKOR_CONFIG_DIR"))
    }

    /// The file.
    pub(crate) fn path() -> Result<PathBuf, Problem> {
        Ok(Self::directory()?.join("config.json"))
    }

    /// Reads the file; an empty configuration, if there is none.
    pub(crate) fn load() -> Result<Self, Problem> {
        let Ok(path) = Self::path() else { return Ok(Self::default()) };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(Problem::usage(format!("{}: {error}", path.display()))),
        };
        serde_json::from_str(&text).map_err(|error| {
            Problem::usage(format!(
                "{} is not valid: {error}. Repair or remove it.",
                path.display()
            ))
        })
    }

    /// Writes the file anew, for its owner only.
    pub(crate) fn save(&self) -> Result<(), Problem> {
        let path = Self::path()?;
        let failed = |error: std::io::Error| Problem::other(format!("{}: {error}", path.display()));
        fs::create_dir_all(Self::directory()?).map_err(failed)?;
        let text = serde_json::to_string_pretty(self).map_err(|e| Problem::other(e.to_string()))?;
        let new = path.with_extension("json.new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&new, &path).map_err(failed)
    }
}
