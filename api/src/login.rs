//! Logins under way through a browser: authorization codes with PKCE (RFC 7636) over a loopback redirect (RFC 8252), and
//! device codes (RFC 8628). In memory only: who is interrupted by a restart logs in again.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rekor_core::{Error, ErrorKind, Result, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use subtle::ConstantTimeEq;
use url::{Host, Url};

/// How long an authorization code is good for.
const CODE_MS: i64 = 60_000;
/// How long a device code is good for.
pub(crate) const DEVICE_MS: i64 = 10 * 60_000;
/// Logins under way at once.
pub(crate) const PENDING_MAX: usize = 1_000;

/// A challenge of PKCE: SHA-256 of the client's verifier, base64url.
#[derive(Clone, Debug)]
pub(crate) struct Challenge(String);

impl Challenge {
    /// Takes a challenge, if it is one of the method `S256`.
    pub(crate) fn parse(challenge: &str, method: &str) -> Option<Self> {
        let digits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let right = method == "S256" && challenge.len() == 43 && challenge.bytes().all(digits);
        right.then(|| Self(challenge.to_owned()))
    }

    fn is_met_by(&self, verifier: &str) -> bool {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        bool::from(challenge.as_bytes().ct_eq(self.0.as_bytes()))
    }
}

/// Whether a URL leads to a program on the person's own machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// What the client of a browser login asks for.
#[derive(Clone, Debug)]
pub(crate) struct CodeRequest {
    /// Where the browser goes with the code.
    pub(crate) redirect_uri: Url,
    /// What the client must answer to have the code's worth.
    pub(crate) challenge: Challenge,
}

impl CodeRequest {
    /// Checks a request of the command line.
    ///
    /// # Errors
    /// Validation: codes go to programs on the person's own machine only, and only with PKCE.
    pub(crate) fn parse(redirect_uri: &str, challenge: &str, method: &str) -> Result<Self> {
        let url = Url::parse(redirect_uri)
            .ok()
            .filter(|url| url.scheme() == "http" && is_loopback(url) && url.username().is_empty());
        let redirect_uri = url.ok_or_else(|| {
            Error::validation("redirect_uri must be http://127.0.0.1:<port>/… on your own machine.")
        })?;
        let challenge = Challenge::parse(challenge, method).ok_or_else(|| {
            Error::validation(
                "A login through the browser needs code_challenge with code_challenge_method=S256.",
            )
        })?;
        Ok(Self { redirect_uri, challenge })
    }
}

#[derive(Debug)]
struct Code<T> {
    request: CodeRequest,
    worth: T,
    expires_at: Timestamp,
}

/// Authorization codes that wait, and what each is worth.
#[derive(Debug)]
pub(crate) struct Codes<T>(HashMap<String, Code<T>>);

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Codes<T> {
    fn tidy(&mut self, now: Timestamp) {
        self.0.retain(|_, code| code.expires_at > now);
    }

    /// Keeps a code for a minute.
    ///
    /// # Errors
    /// `RateLimited` if too many wait.
    pub(crate) fn grant(
        &mut self,
        code: String,
        request: CodeRequest,
        worth: T,
        now: Timestamp,
    ) -> Result<()> {
        self.tidy(now);
        if self.0.len() >= PENDING_MAX {
            return Err(too_many());
        }
        self.0.insert(code, Code { request, worth, expires_at: Timestamp(now.0 + CODE_MS) });
        Ok(())
    }

    /// What a code is worth, for the client that proves to be who asked for it. A code works once; a wrong try uses it up.
    ///
    /// # Errors
    /// `Unauthorized`.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<T> {
        let known = self.0.remove(code).filter(|code| {
            let here = Url::parse(redirect_uri).is_ok_and(|url| url == code.request.redirect_uri);
            code.request.challenge.is_met_by(verifier) && here && code.expires_at > now
        });
        known.map(|code| code.worth).ok_or_else(|| {
            Error::new(
                ErrorKind::Unauthorized,
                "The code is wrong or expired; start the login again.",
            )
        })
    }
}

/// The refusal of one more login, registration or decision that would wait.
pub(crate) fn too_many() -> Error {
    let mut error =
        Error::new(ErrorKind::RateLimited, "Too many logins are under way; try again soon.");
    error.retry_after_s = Some(60);
    error
}

#[derive(Debug)]
struct Device {
    user_code: String,
    user: Option<String>,
    expires_at: Timestamp,
}

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Worth a session of the person with this id.
    codes: Codes<String>,
    devices: HashMap<String, Device>,
}

impl Pending {
    fn tidy(&mut self, now: Timestamp) -> Result<()> {
        self.codes.tidy(now);
        self.devices.retain(|_, device| device.expires_at > now);
        if self.codes.0.len() + self.devices.len() < PENDING_MAX {
            return Ok(());
        }
        Err(too_many())
    }

    /// Keeps a code for a person who logged in.
    pub(crate) fn grant_code(
        &mut self,
        code: String,
        request: CodeRequest,
        user: String,
        now: Timestamp,
    ) -> Result<()> {
        self.tidy(now)?;
        self.codes.grant(code, request, user, now)
    }

    /// The person of a code.
    ///
    /// # Errors
    /// As [`Codes::redeem`].
    pub(crate) fn redeem_code(
        &mut self,
        code: &str,
        verifier: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<String> {
        self.codes.redeem(code, verifier, redirect_uri, now)
    }

    /// Keeps a device that waits for a person.
    pub(crate) fn add_device(
        &mut self,
        device_code: String,
        user_code: String,
        now: Timestamp,
    ) -> Result<()> {
        self.tidy(now)?;
        let expires_at = Timestamp(now.0 + DEVICE_MS);
        self.devices.insert(device_code, Device { user_code, user: None, expires_at });
        Ok(())
    }

    /// Lets the device in that shows `user_code`.
    ///
    /// # Errors
    /// `NotFound` if no device shows it.
    pub(crate) fn approve_device(
        &mut self,
        user_code: &str,
        user: String,
        now: Timestamp,
    ) -> Result<()> {
        let shown: String = user_code
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_uppercase();
        let waiting = |device: &&mut Device| {
            device.user_code.replace('-', "") == shown && device.expires_at > now
        };
        let device = self.devices.values_mut().find(waiting);
        let device = device.ok_or_else(|| {
            Error::not_found(
                "No device shows this code; it may have expired. Run `rekor login` again.",
            )
        })?;
        device.user = Some(user);
        Ok(())
    }

    /// The person who let a device in; `None` while it waits.
    ///
    /// # Errors
    /// `Unauthorized` if the code is unknown or expired.
    pub(crate) fn redeem_device(
        &mut self,
        device_code: &str,
        now: Timestamp,
    ) -> Result<Option<String>> {
        let device = self.devices.get(device_code).filter(|device| device.expires_at > now);
        let device = device.ok_or_else(|| {
            Error::new(ErrorKind::Unauthorized, "The login has expired; run `rekor login` again.")
        })?;
        let user = device.user.clone();
        if user.is_some() {
            self.devices.remove(device_code);
        }
        Ok(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const VERIFIER: &str = "a verifier that only the client knows, 43 or more";

    fn request() -> CodeRequest {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER.as_bytes()));
        CodeRequest::parse("http://127.0.0.1:4000/callback", &challenge, "S256").unwrap()
    }

    #[test]
    fn a_code_works_once_for_who_asked_and_goes_nowhere_else() {
        for url in
            ["https://evil.example/", "http://example.com/", "http://127.0.0.1@evil.example/", "x"]
        {
            assert!(CodeRequest::parse(url, &"c".repeat(43), "S256").is_err(), "{url}");
        }
        assert!(CodeRequest::parse("http://127.0.0.1:1/", &"c".repeat(43), "plain").is_err());
        let redeem = |pending: &mut Pending, verifier: &str, at: i64| {
            pending.redeem_code("code", verifier, "http://127.0.0.1:4000/callback", Timestamp(at))
        };
        let mut pending = Pending::default();
        pending.grant_code("code".into(), request(), "ada".into(), NOW).unwrap();
        assert!(redeem(&mut pending, "another", NOW.0).is_err());
        assert!(redeem(&mut pending, VERIFIER, NOW.0).is_err(), "a wrong try used it up");
        pending.grant_code("code".into(), request(), "ada".into(), NOW).unwrap();
        assert!(redeem(&mut pending, VERIFIER, NOW.0 + CODE_MS).is_err(), "expired");
        pending.grant_code("code".into(), request(), "ada".into(), NOW).unwrap();
        assert_eq!(redeem(&mut pending, VERIFIER, NOW.0).unwrap(), "ada");
        assert!(redeem(&mut pending, VERIFIER, NOW.0).is_err(), "used");
    }

    #[test]
    fn a_device_waits_for_its_person() {
        let mut pending = Pending::default();
        pending.add_device("device".into(), "ABCD-EFGH".into(), NOW).unwrap();
        assert_eq!(pending.redeem_device("device", NOW).unwrap(), None);
        assert!(pending.approve_device("ZZZZ-ZZZZ", "eve".into(), NOW).is_err());
        pending.approve_device("abcd efgh", "ada".into(), NOW).unwrap();
        assert_eq!(pending.redeem_device("device", NOW).unwrap(), Some("ada".to_owned()));
        assert!(pending.redeem_device("device", NOW).is_err(), "used");
        pending.add_device("late".into(), "JKLM-NPQR".into(), NOW).unwrap();
        let later = Timestamp(NOW.0 + DEVICE_MS);
        assert!(pending.approve_device("JKLM-NPQR", "ada".into(), later).is_err());
        assert!(pending.redeem_device("late", later).is_err());
    }
}
