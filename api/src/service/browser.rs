//! Logins through a browser: what its pages and the waiting program ask for.

use super::{Service, session::Login, token::unauthorized};
use crate::login::{CodeRequest, DEVICE_MS, Pending};
use rekor_core::{Error, Result, catalog::User};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, MutexGuard, PoisonError};
use url::Url;

/// Letters and digits of user codes: none that look alike, no vowels.
const USER_CODE_DIGITS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// Seconds between two questions of a waiting device.
const POLL_INTERVAL_S: u32 = 2;

/// The query of the page that logs a program in, and the hidden fields of its form.
#[derive(Clone, Debug, Deserialize)]
pub struct Authorize {
    /// Where the browser goes afterwards.
    pub redirect_uri: String,
    /// The program's own value, handed back.
    #[serde(default)]
    pub state: String,
    /// PKCE.
    #[serde(default)]
    pub code_challenge: String,
    /// PKCE; must be S256.
    #[serde(default)]
    pub code_challenge_method: String,
}

/// Body of the exchange of a code for a session.
#[derive(Debug, Deserialize)]
pub struct Exchange {
    /// `authorization_code` or `urn:ietf:params:oauth:grant-type:device_code`.
    pub grant_type: String,
    /// The authorization code.
    #[serde(default)]
    pub code: String,
    /// PKCE.
    #[serde(default)]
    pub code_verifier: String,
    /// The same as before.
    #[serde(default)]
    pub redirect_uri: String,
    /// The device code.
    #[serde(default)]
    pub device_code: String,
}

impl Service {
    /// Checks a login page's query.
    ///
    /// # Errors
    /// Validation.
    pub fn check_authorize(&self, authorize: &Authorize) -> Result<()> {
        code_request(authorize).map(drop)
    }

    /// Logs a person in on the login page; answers where the browser goes with the code.
    ///
    /// # Errors
    /// Validation of the query, `Unauthorized` of the login.
    pub async fn authorize(&self, authorize: &Authorize, login: Login) -> Result<Url> {
        let request = code_request(authorize)?;
        let user = self.check_login(login).await?;
        let code = self.secret("");
        let mut url = request.redirect_uri.clone();
        url.query_pairs_mut().append_pair("code", &code).append_pair("state", &authorize.state);
        self.pending().grant_code(code, request, user.id.clone(), self.now())?;
        Ok(url)
    }

    /// Starts the login of a device without a browser.
    ///
    /// # Errors
    /// `RateLimited` when too many are under way.
    pub fn start_device(&self, public_url: &str) -> Result<Value> {
        let mut random = [0; 8];
        self.engine.sources().entropy.fill(&mut random);
        let digit = |byte: &u8| {
            USER_CODE_DIGITS
                .get(usize::from(*byte) % USER_CODE_DIGITS.len())
                .copied()
                .map(char::from)
        };
        let letters: String = random.iter().filter_map(digit).collect();
        let (left, right) = letters.split_at_checked(4).unwrap_or((&letters, ""));
        let (device_code, user_code) = (self.secret(""), format!("{left}-{right}"));
        self.pending().add_device(device_code.clone(), user_code.clone(), self.now())?;
        let page = format!("{}/auth/device", public_url.trim_end_matches('/'));
        Ok(json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": format!("{page}?user_code={user_code}"),
            "expires_in": DEVICE_MS / 1_000,
            "interval": POLL_INTERVAL_S,
        }))
    }

    /// Lets a device in, for a person who logs in on its page.
    ///
    /// # Errors
    /// `NotFound` of the code, `Unauthorized` of the login.
    pub async fn approve_device(&self, user_code: &str, login: Login) -> Result<()> {
        self.doors.may_try("device", self.now())?;
        let user = self.check_login(login).await?;
        let approved = self.pending().approve_device(user_code, user.id.clone(), self.now());
        self.doors.note_try("device", approved.is_ok(), self.now());
        approved
    }

    /// A session for a code; `None` while a device still waits.
    ///
    /// # Errors
    /// `Unauthorized` of the code, Validation of the grant type.
    pub async fn exchange(&self, body: Exchange) -> Result<Option<Value>> {
        let now = self.now();
        let user = match body.grant_type.as_str() {
            "authorization_code" => Some(self.pending().redeem_code(
                &body.code,
                &body.code_verifier,
                &body.redirect_uri,
                now,
            )?),
            "urn:ietf:params:oauth:grant-type:device_code" => {
                self.pending().redeem_device(&body.device_code, now)?
            }
            other => {
                return Err(Error::validation(format!(
                    "grant_type {other:?} is none of authorization_code and urn:ietf:params:oauth:grant-type:device_code."
                )));
            }
        };
        match user {
            Some(id) => self.open_session(&*self.person(&id)?).await.map(Some),
            None => Ok(None),
        }
    }

    /// A person who may have been removed since.
    pub(crate) fn person(&self, id: &str) -> Result<Arc<User>> {
        let snapshot = self.engine.snapshot();
        let user = snapshot.catalog().users.get(id).cloned();
        user.ok_or_else(|| unauthorized("The person was removed meanwhile."))
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.doors.logins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn code_request(authorize: &Authorize) -> Result<CodeRequest> {
    CodeRequest::parse(
        &authorize.redirect_uri,
        &authorize.code_challenge,
        &authorize.code_challenge_method,
    )
}
