//! Passwords: Argon2id with the parameters OWASP recommends (19 MiB, 2 passes, 1 lane), a few at a time.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};
use rekor_core::{
    Error, Result,
    time::{Entropy, System},
};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

/// Shortest and longest password, in bytes.
const BYTES_MIN: usize = 10;
const BYTES_MAX: usize = 1_024;
/// Hashes at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);
/// The hash that an unknown login is checked against, so that it takes as long as a known one.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// The PHC string of a new password.
///
/// # Errors
/// Validation if it is too short or too long.
pub(crate) async fn hash(password: String) -> Result<String> {
    if password.len() < BYTES_MIN || password.len() > BYTES_MAX {
        return Err(Error::validation("A password has 10 to 1,024 bytes."));
    }
    in_turn(move || hash_now(&password)).await?
}

/// Whether a password belongs to a hash; never, if there is none.
///
/// # Errors
/// `Unavailable` when the server stops.
pub(crate) async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    if password.len() > BYTES_MAX {
        return Ok(false);
    }
    in_turn(move || {
        let known = hash.as_deref().unwrap_or(&NOBODY);
        let parsed = PasswordHash::new(known);
        let right = parsed.is_ok_and(|parsed| {
            Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok()
        });
        right && hash.is_some()
    })
    .await
}

fn hash_now(password: &str) -> Result<String> {
    let mut salt = [0; 16];
    System.fill(&mut salt);
    let salt = SaltString::encode_b64(&salt)
        .map_err(|error| Error::internal(format!("Argon2: {error}")))?;
    let hashed = Argon2::default().hash_password(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| Error::internal(format!("Argon2: {error}")))
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let stopping = || Error::unavailable("The server is stopping.");
    let _turn = TURNS.acquire().await.map_err(|_| stopping())?;
    tokio::task::spawn_blocking(work).await.map_err(|_| stopping())
}
