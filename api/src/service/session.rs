//! People at the door: enrolment of the first one, logins, sessions, and the proof that a person is there now.

use super::{
    Caller, Service,
    database::system_json,
    token::{digest, unauthorized},
};
use crate::{
    auth::{Principal, Target, authorise},
    operation::Operation as Op,
    password,
};
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::{Catalog, Role, Session, User},
    error::Detail,
    grant::Grants,
    id::{RowId, TableId},
    time::{Entropy, uuid_v7},
};
use rekor_ingest::{Frame, Operation, Origin, RowKey};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use subtle::ConstantTimeEq;

/// How long a session lasts: 30 days.
const SESSION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// How long a proof that a person is there is good for: 10 minutes.
const PROOF_MS: i64 = 10 * 60 * 1_000;
/// Wrong secrets that cost nothing; each further one doubles a wait that starts with a second.
const FREE_TRIES: u32 = 5;
/// The longest wait: 15 minutes.
const WAIT_MS_MAX: i64 = 15 * 60 * 1_000;
/// Names whose wrong secrets are remembered; beyond it the oldest are forgotten.
const TRIED_MAX: usize = 10_000;

/// Body of the enrolment of the first person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// The code that the server printed when it started.
    pub code: String,
    /// The name to log in with.
    pub login: String,
    /// Display name; the login, if absent.
    pub name: Option<String>,
    /// The password.
    pub password: String,
}

/// Body of a login.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The name to log in with.
    pub login: String,
    /// The password.
    pub password: String,
}

/// Body of a confirmation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The password of the session's person.
    pub password: String,
    /// What is confirmed: the `diff_hash` of a dry run, or `users`.
    pub subject: String,
}

/// Body of a change of one's own password.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password now.
    pub password: String,
    /// The password from now on.
    pub new_password: String,
}

/// What is known of the people at the door, in memory only.
#[derive(Debug)]
pub(crate) struct Doors {
    enrolment_code: String,
    tried: Mutex<HashMap<String, Tried>>,
    proofs: Mutex<HashMap<(String, String), Timestamp>>,
    pub(crate) logins: Mutex<crate::login::Pending>,
    pub(crate) questions: Mutex<super::confirmation::Questions>,
    /// Held from looking at a person to writing them, so that no change undoes another.
    pub(crate) people: tokio::sync::Mutex<()>,
}

/// Wrong secrets of one name.
#[derive(Clone, Copy, Debug)]
struct Tried {
    count: u32,
    last: Timestamp,
}

impl Doors {
    pub(crate) fn new(entropy: &dyn Entropy) -> Self {
        let mut code = [0; 16];
        entropy.fill(&mut code);
        Self {
            enrolment_code: hex::encode(code),
            tried: Mutex::default(),
            proofs: Mutex::default(),
            logins: Mutex::default(),
            questions: Mutex::default(),
            people: tokio::sync::Mutex::default(),
        }
    }

    /// Whether a name may try a secret now.
    pub(crate) fn may_try(&self, name: &str, now: Timestamp) -> Result<()> {
        let tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tried) = tried.get(name) else { return Ok(()) };
        let doublings = tried.count.saturating_sub(FREE_TRIES).min(20);
        let wait = if tried.count < FREE_TRIES { 0 } else { (1_000 << doublings).min(WAIT_MS_MAX) };
        let left = tried.last.0 + wait - now.0;
        if left <= 0 {
            return Ok(());
        }
        let mut error =
            Error::new(ErrorKind::RateLimited, "Too many wrong secrets; wait before the next try.");
        error.retry_after_s = u32::try_from(left.div_euclid(1_000) + 1).ok();
        Err(error)
    }

    pub(crate) fn note_try(&self, name: &str, right: bool, now: Timestamp) {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if right {
            tried.remove(name);
            return;
        }
        if tried.len() >= TRIED_MAX {
            let oldest =
                tried.iter().min_by_key(|(_, tried)| tried.last).map(|(name, _)| name.clone());
            oldest.and_then(|name| tried.remove(&name));
        }
        let entry = tried.entry(name.to_owned()).or_insert(Tried { count: 0, last: now });
        *entry = Tried { count: entry.count.saturating_add(1), last: now };
    }
}

impl Service {
    /// The code that enrols the first person; `None` once there is one.
    pub fn enrolment_code(&self) -> Option<&str> {
        let snapshot = self.engine.snapshot();
        snapshot.catalog().users.is_empty().then_some(&self.doors.enrolment_code)
    }

    /// Adds the first person, as owner, and opens a session. Works once.
    ///
    /// # Errors
    /// `Unauthorized` for a wrong code or when there is a person already, Validation of login and password.
    pub async fn enrol(&self, body: Enrolment) -> Result<Value> {
        self.doors.may_try("enrol", self.now())?;
        let right = self
            .enrolment_code()
            .is_some_and(|code| bool::from(code.as_bytes().ct_eq(body.code.trim().as_bytes())));
        self.doors.note_try("enrol", right, self.now());
        if !right {
            return Err(unauthorized(
                "The enrolment code is wrong or was used. The server prints one when it starts, until the first person is enrolled; others are added with `rekor users create`.",
            ));
        }
        let user = User {
            id: user_id(&body.login)?,
            login: body.login.to_lowercase(),
            name: body.name.unwrap_or(body.login),
            role: Role::Owner,
            grants: Grants::full(),
            password_hash: password::hash(body.password).await?,
            created_at: self.now(),
        };
        let operation = put_user(&user, Some(0))?;
        let frame = Frame::new(system_origin(&user.id), vec![operation]);
        self.engine.write(frame).await?;
        self.open_session(&user).await
    }

    /// Opens a session for a login and password.
    ///
    /// # Errors
    /// `Unauthorized` if they do not belong together, `RateLimited` after several wrong ones.
    pub async fn login(&self, body: Login) -> Result<Value> {
        let user = self.check_login(body).await?;
        self.open_session(&user).await
    }

    /// The person of a login and password.
    ///
    /// # Errors
    /// As [`Self::login`].
    pub(crate) async fn check_login(&self, body: Login) -> Result<Arc<User>> {
        let login = body.login.to_lowercase();
        let name = format!("login:{login}");
        self.doors.may_try(&name, self.now())?;
        let snapshot = self.engine.snapshot();
        let user = snapshot.catalog().users.values().find(|user| user.login == login).cloned();
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        // An unknown login takes as long as a wrong password.
        let right = password::verify(body.password, hash).await?;
        self.doors.note_try(&name, right, self.now());
        user.filter(|_| right).ok_or_else(|| unauthorized("The login or the password is wrong."))
    }

    pub(crate) async fn open_session(&self, user: &User) -> Result<Value> {
        let (secret, now) = (self.secret("rks_"), self.now());
        let session = Session {
            id: uuid_v7(now, &*self.engine.sources().entropy).to_string(),
            user: user.id.clone(),
            secret_sha256: digest(&secret),
            created_at: now,
            expires_at: Timestamp(now.0 + SESSION_MS),
        };
        let operation = Operation::PutSystem {
            table: TableId::SESSIONS,
            id: RowId::parse(&session.id)?,
            data: system_json(&session)?,
            if_version: Some(0),
        };
        let frame = Frame::new(system_origin(&user.id), vec![operation]);
        self.engine.write(frame).await?;
        Ok(json!({
            "token": secret,
            "expires_at": session.expires_at.to_rfc3339(),
            "user": {"id": user.id, "login": user.login, "name": user.name, "role": user.role},
        }))
    }

    pub(crate) fn session_principal(
        &self,
        catalog: &Catalog,
        session: &Session,
    ) -> Result<Principal> {
        if session.expires_at <= self.now() {
            return Err(unauthorized("The session has expired; run `rekor login`."));
        }
        let user = catalog.users.get(&session.user);
        let user = user.ok_or_else(|| unauthorized("The person of this session was removed."))?;
        Ok(Principal::person(user, Some(session.id.clone())))
    }

    /// Ends the caller's session.
    ///
    /// # Errors
    /// `HumanRequired` without one.
    pub async fn logout(&self, caller: &Caller) -> Result<Value> {
        authorise(&caller.principal, Op::Logout, Target::ACCOUNT)?;
        let session = caller.principal.session.as_deref().unwrap_or_default();
        let key = RowKey::Id(RowId::parse(session)?);
        let operation = Operation::Delete { table: TableId::SESSIONS, key, if_version: None };
        self.engine.write(Frame::new(caller.origin(), vec![operation])).await?;
        Ok(json!({"logged_out": true}))
    }

    /// Takes a password as the proof that the session's person is there and means `subject`; good for ten minutes.
    ///
    /// # Errors
    /// `HumanRequired` without a session, `Unauthorized` for a wrong password.
    pub async fn confirm(&self, caller: &Caller, body: Confirmation) -> Result<Value> {
        authorise(&caller.principal, Op::Confirm, Target::ACCOUNT)?;
        self.check_own_password(caller, body.password).await?;
        let session = caller.principal.session.clone().unwrap_or_default();
        let until = self.prove(session, body.subject.clone());
        Ok(json!({"confirmed": body.subject, "until": until.to_rfc3339()}))
    }

    /// Keeps a proof; answers until when it is good.
    pub(crate) fn prove(&self, session: String, subject: String) -> Timestamp {
        let now = self.now();
        let mut proofs = self.doors.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        proofs.retain(|_, at| at.0 + PROOF_MS > now.0);
        proofs.insert((session, subject), now);
        Timestamp(now.0 + PROOF_MS)
    }

    /// Changes the password of the session's person. Their other sessions end.
    ///
    /// # Errors
    /// `HumanRequired` without a session, `Unauthorized` for a wrong password, Validation of the new one, `Conflict` if
    /// the person was changed meanwhile.
    pub async fn change_password(&self, caller: &Caller, body: PasswordChange) -> Result<Value> {
        authorise(&caller.principal, Op::PasswordChange, Target::ACCOUNT)?;
        let checked = self.check_own_password(caller, body.password).await?;
        let password_hash = password::hash(body.new_password).await?;
        let _turn = self.doors.people.lock().await;
        let snapshot = self.engine.snapshot();
        let now = snapshot.catalog().users.get(&checked.id);
        let now = now.filter(|user| user.password_hash == checked.password_hash);
        let now = now.ok_or_else(|| {
            Error::conflict("This person was changed meanwhile; log in and try again.")
        })?;
        let user = User { password_hash, ..(**now).clone() };
        let mut operations = ends_of_sessions(snapshot.catalog(), &user.id, |session| {
            Some(&session.id) != caller.principal.session.as_ref()
        })?;
        let sessions_ended = operations.len();
        operations.push(put_user(&user, None)?);
        self.engine.write(Frame::new(caller.origin(), operations)).await?;
        Ok(json!({"changed": true, "sessions_ended": sessions_ended}))
    }

    /// The person of the caller's session, if this is their password.
    async fn check_own_password(&self, caller: &Caller, given: String) -> Result<Arc<User>> {
        let name = format!("confirm:{}", caller.principal.session.as_deref().unwrap_or_default());
        self.doors.may_try(&name, self.now())?;
        let snapshot = self.engine.snapshot();
        let user = snapshot.catalog().users.get(&caller.principal.id).cloned();
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let right = password::verify(given, hash).await?;
        self.doors.note_try(&name, right, self.now());
        user.filter(|_| right)
            .ok_or_else(|| unauthorized("The password is wrong; nothing was done."))
    }

    /// Whether the caller proved to be there for `subject` in the last ten minutes. The standing credential of `--dev`
    /// needs no proof.
    ///
    /// # Errors
    /// `HumanRequired`, with the subject to confirm.
    pub(crate) fn require_proof(&self, caller: &Caller, subject: &str) -> Result<()> {
        let Some(session) = &caller.principal.session else { return Ok(()) };
        let proofs = self.doors.proofs.lock().unwrap_or_else(PoisonError::into_inner);
        let proof = proofs.get(&(session.clone(), subject.to_owned())).copied();
        drop(proofs);
        if proof.is_some_and(|at| at.0 + PROOF_MS > self.now().0) {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::HumanRequired,
            "This needs your password, typed by you: run the command on a terminal, or confirm it with POST /v1/auth/confirm.",
        )
        .with_detail(Detail::default().with("confirm", subject)))
    }
}

/// What ends sessions of a person.
pub(crate) fn ends_of_sessions(
    catalog: &Catalog,
    user: &str,
    ends: impl Fn(&Session) -> bool,
) -> Result<Vec<Operation>> {
    let sessions = catalog.sessions.values().filter(|s| s.user == user && ends(s));
    let end = |session: &Arc<Session>| {
        let key = RowKey::Id(RowId::parse(&session.id)?);
        Ok(Operation::Delete { table: TableId::SESSIONS, key, if_version: None })
    };
    sessions.map(end).collect()
}

/// The operation that stores a person.
pub(crate) fn put_user(user: &User, if_version: Option<u64>) -> Result<Operation> {
    Ok(Operation::PutSystem {
        table: TableId::USERS,
        id: RowId::parse(&user.id)?,
        data: system_json(user)?,
        if_version,
    })
}

/// The id of a person: of the login, so that a login is taken once.
pub(crate) fn user_id(login: &str) -> Result<String> {
    let fine = !login.is_empty()
        && login.len() <= 128
        && login.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if !fine {
        return Err(Error::validation(
            "A login has 1 to 128 bytes without spaces, such as ada or ada@example.com.",
        ));
    }
    let hash = blake3::hash(login.to_lowercase().as_bytes());
    Ok(format!("u-{}", hex::encode(hash.as_bytes().get(..12).unwrap_or_default())))
}

/// What a person does before there is a session.
fn system_origin(user: &str) -> Origin {
    Origin {
        actor_type: "human".to_owned(),
        actor_id: user.to_owned(),
        source: "login".to_owned(),
        request_id: String::new(),
    }
}
