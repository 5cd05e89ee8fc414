//! Confirmations in the browser: a program asks with a person's session, and the person looks at what would change and gives
//! their password on a page of the server. What the page shows is what the server found out itself, and the proof is for the
//! hash of just that.

use super::{
    Caller, Service,
    promote::{Promotion, RollbackBody},
    session::Login,
    token::{digest, unauthorized},
};
use crate::{
    auth::{Target, authorise},
    login::{DEVICE_MS, PENDING_MAX, too_many},
    operation::Operation as Op,
};
use rekor_core::{Error, Result, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{MutexGuard, PoisonError},
};

/// Body of a question: one act on a database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserConfirmation {
    /// The production database.
    pub database: String,
    /// The promotion that is to be confirmed.
    pub promote: Option<Promotion>,
    /// The rollback that is to be confirmed.
    pub rollback: Option<RollbackBody>,
}

/// A question that waits.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    session: String,
    user: String,
    /// The hash of the changes.
    subject: String,
    /// The dry run, as the page shows it.
    shown: Value,
    expires_at: Timestamp,
}

/// The questions that wait, by the hash of the ticket in their address.
pub(crate) type Questions = HashMap<String, Waiting>;

impl Service {
    /// Keeps a question for ten minutes; answers the address of its page.
    ///
    /// # Errors
    /// `HumanRequired` without a session; those of the dry run.
    pub async fn ask_confirmation(
        &self,
        caller: &Caller,
        body: BrowserConfirmation,
        public_url: &str,
    ) -> Result<Value> {
        authorise(&caller.principal, Op::Confirm, Target::ACCOUNT)?;
        let shown = match (body.promote, body.rollback) {
            (Some(asked), None) => {
                let asked = Promotion { dry_run: true, request: false, diff_hash: None, ..asked };
                Box::pin(self.promote(caller, &body.database, asked)).await?
            }
            (None, Some(asked)) => {
                let asked = RollbackBody { dry_run: true, diff_hash: None, ..asked };
                Box::pin(self.rollback(caller, &body.database, asked)).await?
            }
            _ => {
                return Err(Error::validation(
                    "Give either `promote` or `rollback`, with what that route takes.",
                ));
            }
        };
        let hash = shown.get("diff_hash").and_then(Value::as_str).map(str::to_owned);
        let subject = hash.ok_or_else(|| Error::internal("a dry run without a hash"))?;
        let (ticket, now) = (self.secret(""), self.now());
        let waiting = Waiting {
            session: caller.principal.session.clone().unwrap_or_default(),
            user: caller.principal.id.clone(),
            subject: subject.clone(),
            shown,
            expires_at: Timestamp(now.0 + DEVICE_MS),
        };
        let mut questions = self.questions();
        questions.retain(|_, question| question.expires_at > now);
        if questions.len() >= PENDING_MAX {
            return Err(too_many());
        }
        questions.insert(digest(&ticket), waiting);
        drop(questions);
        let page = format!("{}/auth/confirm?ticket={ticket}", public_url.trim_end_matches('/'));
        Ok(json!({"confirm": subject, "verification_uri": page, "expires_in": DEVICE_MS / 1_000}))
    }

    /// The dry run that a question is about, and the name of whoever is asked.
    ///
    /// # Errors
    /// `Unauthorized` if it does not wait any more.
    pub fn asked_to_confirm(&self, ticket: &str) -> Result<(Value, String)> {
        let question = self.question_of(ticket)?;
        let person = self.person(&question.user)?;
        Ok((question.shown, person.name.clone()))
    }

    /// Takes the login of the person who is asked as the proof that they mean it; good for ten minutes, in the session that asks.
    ///
    /// # Errors
    /// `Unauthorized` for a wrong login, that of another person, or a question that does not wait any more.
    pub async fn confirm_in_browser(&self, ticket: &str, login: Login) -> Result<()> {
        let question = self.question_of(ticket)?;
        let user = self.check_login(login).await?;
        if user.id != question.user {
            return Err(unauthorized(
                "This is asked of another person: the one whose session wants to do it.",
            ));
        }
        if self.questions().remove(&digest(ticket)).is_none() {
            return Err(answered());
        }
        self.prove(question.session, question.subject);
        Ok(())
    }

    fn question_of(&self, ticket: &str) -> Result<Waiting> {
        let question = self.questions().get(&digest(ticket)).cloned();
        question.filter(|question| question.expires_at > self.now()).ok_or_else(answered)
    }

    fn questions(&self) -> MutexGuard<'_, Questions> {
        self.doors.questions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answered() -> Error {
    unauthorized("This question has been answered or is too old; ask again.")
}
