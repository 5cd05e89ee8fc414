//! Refusals for want of a permission, noted on the way: a client that got in by OAuth can ask its person for it.

use super::{
    Visit,
    action::{Effect, TOOLS},
    vocabulary,
};
use crate::auth;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use rekor_core::{Error, grant::Permission};
use std::sync::{Arc, OnceLock};

/// For want of which permissions a request was refused; the first refusal counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Lacked(Arc<OnceLock<Vec<Permission>>>);

impl Lacked {
    /// Notes what a refusal was for want of, if it was.
    pub(super) fn note(&self, error: &Error) {
        let lacked = auth::lacked(error);
        if !lacked.is_empty() {
            self.0.get_or_init(|| lacked);
        }
    }

    /// What was noted.
    pub(super) fn permissions(&self) -> &[Permission] {
        self.0.get().map_or(&[], Vec::as_slice)
    }
}

/// Notes what a tool is hidden for want of.
pub(super) fn note_hidden(name: &str, visit: &Visit) {
    let name = vocabulary::canonical(name);
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    let actions = tool.into_iter().flat_map(|tool| tool.actions);
    let read_only = visit.place.face.read_only;
    let mut possible = actions.filter(|action| !read_only || action.effect == Effect::Read);
    if let Some(action) = possible.next() {
        visit.lacked.note(&action.refused(String::new()));
    }
}

/// The answer as a challenge: what was refused is said as before, in the body.
pub(super) fn challenged(mut answer: Response, challenge: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(challenge) {
        *answer.status_mut() = StatusCode::FORBIDDEN;
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    answer
}
