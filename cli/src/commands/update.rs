//! `rekor update`. Nothing is looked for unless whoever built this program configured a release URL.

use crate::ui::Problem;

/// Where releases are, if whoever built this program said so.
const RELEASE_URL: Option<&str> = option_env!("REKOR_RELEASE_URL");

/// `rekor update`.
pub(super) fn run() -> Result<(), Problem> {
    Err(Problem::usage(match RELEASE_URL {
        Some(url) => format!(
            "this build does not replace itself; fetch the newest release from {url}"
        ),
        None => "this build has no release URL, so it never looks for updates; install a newer one the way this one was installed".to_owned(),
    }))
}
