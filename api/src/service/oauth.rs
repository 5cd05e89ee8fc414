//! OAuth clients and the people who allow them something: from the request of a client to the code it gets.
//!
//! The person logs in for each decision anew: no page holds a session, so no other page can use one. What they allow is cut to
//! their own rights, and becomes a token of theirs when the client redeems the code ([`token`]).

mod choice;
mod issue;
mod registration;
mod step_up;
pub mod token;

use super::{Service, session::Login, token::digest};
use crate::{
    auth::{Principal, Target, authorise},
    login::{Challenge, CodeRequest},
    oauth::{
        OAuth, Resource,
        client::Client,
        consent::{Consent, Granted, Request},
        redirect,
        refusal::Refusal,
    },
    operation::Operation as Op,
};
use choice::{names_all, offered, suggested};
use rekor_core::{
    Error, ErrorKind, Result,
    catalog::User,
    grant::Permission,
    id::{RowId, TableId},
};
use rekor_ingest::{Operation, Origin, RowKey};
use serde::Deserialize;
use std::sync::Arc;
use url::Url;

/// Databases that a page offers; whoever has more chooses all of them, or types.
pub(crate) const OFFERED_MAX: usize = 200;

/// The query of the authorization endpoint, and the hidden fields of its form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AuthorizationRequest {
    /// Must be `code`.
    pub response_type: String,
    /// Who asks.
    pub client_id: String,
    /// Where the code goes.
    pub redirect_uri: String,
    /// The client's own value, handed back.
    pub state: Option<String>,
    /// What the client asks to be allowed; words that are no permissions are passed over.
    pub scope: String,
    /// PKCE.
    pub code_challenge: String,
    /// PKCE; must be `S256`.
    pub code_challenge_method: String,
    /// What the token will open.
    pub resource: String,
}

/// Why an authorization cannot go on. The person sees it; the client hears of it only if the person says so.
#[derive(Debug)]
pub struct Stopped {
    /// For the person.
    pub error: Error,
    /// The URL at which the client would hear of it.
    pub back: Option<String>,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self { error, back: None }
    }
}

/// Who asks, as the page shows it before and after the login.
#[derive(Debug)]
pub struct Asker {
    /// What the client calls itself, once it is known.
    pub name: Option<String>,
    /// The host that vouches for the client; none, if it registered itself.
    pub host: Option<String>,
    /// The host that the answer goes to.
    pub redirect_host: String,
    /// Whether the answer goes to a program on the person's own machine.
    pub is_local: bool,
}

/// What a person decides about.
#[derive(Debug)]
pub struct Question {
    /// Proves that the form was made for this person.
    pub ticket: String,
    /// Who asks.
    pub asker: Asker,
    /// The name of the person.
    pub person: String,
    /// What the token will open, as a URL.
    pub resource: String,
    /// Whether exactly one database is to be chosen.
    pub is_one_database: bool,
    /// Whether `*` may be chosen.
    pub may_all: bool,
    /// Databases to choose from.
    pub databases: Vec<String>,
    /// Permissions to choose from, and whether each is suggested.
    pub permissions: Vec<(Permission, bool)>,
    /// Where the browser may be sent to, for the content security policy.
    pub source: String,
}

/// What a person decided.
#[derive(Debug, Default)]
pub struct Decision {
    /// The ticket of the question.
    pub ticket: String,
    /// Whether anything is allowed.
    pub is_allowed: bool,
    /// Ids, or `*`.
    pub databases: Vec<String>,
    /// `preview` or `both`; production, if it is neither.
    pub environment: String,
    /// Permissions such as `read:documents`.
    pub permissions: Vec<String>,
}

impl Service {
    /// OAuth, if it is on.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn oauth(&self) -> Result<&OAuth> {
        self.oauth.as_ref().ok_or_else(|| {
            Error::not_found(
                "OAuth is off on this server: send a token as `Authorization: Bearer rec_…`. It is on with `rekor serve --public-url https://…`.",
            )
        })
    }

    /// Checks a request of a client as far as that can be done without the person, and says who asks.
    ///
    /// # Errors
    /// Says what is wrong with the request.
    pub fn begin_authorization(&self, given: &AuthorizationRequest) -> Result<Asker, Stopped> {
        let (_, url, client) = self.checked(given)?;
        Ok(asker(&url, client.as_ref(), &given.client_id))
    }

    /// The request, its redirect URI, and the client if it is known without fetching anything.
    fn checked(
        &self,
        given: &AuthorizationRequest,
    ) -> Result<(Request, Url, Option<Client>), Stopped> {
        let oauth = self.oauth()?;
        let refused = |refusal: Refusal| Stopped::from(Error::validation(refusal.description));
        let url = redirect::parse(&given.redirect_uri).map_err(Error::validation)?;
        let client = if is_document(&given.client_id) {
            oauth.documents.url(&given.client_id).map_err(refused)?;
            None
        } else {
            let client = self.registered(&given.client_id)?;
            check_redirect(&client, &given.redirect_uri)?;
            Some(client)
        };
        let stopped = |code: &str, message: &str| Stopped {
            error: Error::validation(message),
            // A client that nobody has looked at yet is not told anything.
            back: client.as_ref().and_then(|_| {
                let answer = [("error", code), ("error_description", message)];
                let back = answer_url(oauth, &given.redirect_uri, given.state.as_deref(), &answer);
                back.ok().map(String::from)
            }),
        };
        if given.response_type != "code" {
            return Err(stopped("unsupported_response_type", "response_type must be code."));
        }
        let challenge = Challenge::parse(&given.code_challenge, &given.code_challenge_method)
            .ok_or_else(|| {
                stopped(
                    "invalid_request",
                    "code_challenge (43 characters) and code_challenge_method=S256 are required: PKCE.",
                )
            })?;
        let resource = oauth.issuer.named(&given.resource).ok_or_else(|| {
            let message = format!(
                "resource must be one of this server, such as {}; it is {:?}.",
                oauth.issuer.resource(&Resource::Admin),
                given.resource
            );
            stopped("invalid_target", &message)
        })?;
        let words = given.scope.split_whitespace();
        let asked = words.filter_map(|word| Permission::try_from(word.to_owned()).ok()).collect();
        let request = Request {
            code: CodeRequest { redirect_uri: url.clone(), challenge },
            redirect_uri: given.redirect_uri.clone(),
            state: given.state.clone(),
            resource,
            asked,
        };
        Ok((request, url, client))
    }

    /// Logs the person in who is to decide, finds out who asks, and keeps the question.
    ///
    /// # Errors
    /// `Unauthorized` of the login, or what is wrong with the client.
    pub async fn ask_person(
        &self,
        given: &AuthorizationRequest,
        login: Login,
    ) -> Result<Question, Stopped> {
        let (request, _, client) = self.checked(given)?;
        let oauth = self.oauth()?;
        let user = self.check_login(login).await?;
        let client = match client {
            Some(client) => client,
            None => {
                let found = oauth.documents.client(&given.client_id, self.now()).await;
                let found = found.map_err(|refusal| Error::validation(refusal.description))?;
                check_redirect(&found, &given.redirect_uri)?;
                found
            }
        };
        let ticket = self.secret("");
        let key = digest(&ticket);
        oauth.consents().add(key, request, client, user.id.clone(), self.now())?;
        Ok(self.question(&ticket)?)
    }

    /// The question of a ticket, to be shown again.
    ///
    /// # Errors
    /// `Unauthorized` if it does not wait any more.
    pub fn question(&self, ticket: &str) -> Result<Question> {
        let oauth = self.oauth()?;
        let consent = self.waiting(ticket)?;
        let (principal, person) = self.decider(&consent.user)?;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let resource = &consent.request.resource;
        let mut databases = offered(catalog, resource, &principal.grants);
        databases.truncate(OFFERED_MAX);
        let suggested = suggested(&consent);
        let own = |permission: &Permission| principal.grants.allow_anywhere(*permission);
        let permissions = resource.permissions().into_iter().filter(own);
        let url = &consent.request.code.redirect_uri;
        Ok(Question {
            ticket: ticket.to_owned(),
            asker: asker(url, Some(&consent.client), &consent.client.id),
            person: person.name.clone(),
            resource: oauth.issuer.resource(resource),
            is_one_database: matches!(resource, Resource::Endpoint(_)),
            may_all: *resource == Resource::Admin && names_all(&principal.grants),
            databases: databases.iter().map(ToString::to_string).collect(),
            permissions: permissions.map(|p| (p, suggested.contains(&p))).collect(),
            source: redirect::source(url),
        })
    }

    fn waiting(&self, ticket: &str) -> Result<Consent> {
        let oauth = self.oauth()?;
        let consent = oauth.consents().get(&digest(ticket), self.now()).cloned();
        consent.ok_or_else(|| {
            Error::new(
                ErrorKind::Unauthorized,
                "This question has been answered or is too old; connect again from the client.",
            )
        })
    }

    /// The person who decides, as a principal: one who has just logged in.
    fn decider(&self, user: &str) -> Result<(Principal, Arc<User>)> {
        let user = self.person(user)?;
        Ok((Principal::person(&user, Some("consent".to_owned())), user))
    }

    /// Carries a decision out; answers where the browser goes.
    ///
    /// # Errors
    /// `Unauthorized` without a ticket that waits, Validation of the choice, `Forbidden` for rights that the person does not
    /// have.
    pub async fn decide(&self, decision: &Decision) -> Result<Url> {
        let oauth = self.oauth()?;
        let consent = self.waiting(&decision.ticket)?;
        let Consent { request, client, user, .. } = &consent;
        let (uri, state) = (&request.redirect_uri, request.state.as_deref());
        if !decision.is_allowed {
            oauth.consents().end(&digest(&decision.ticket));
            return answer_url(oauth, uri, state, &[("error", "access_denied")]);
        }
        let (principal, _) = self.decider(user)?;
        authorise(&principal, Op::ClientAuthorise, Target::ACCOUNT)?;
        let grants = self.chosen(&request.resource, decision, &principal.grants)?;
        if !oauth.consents().end(&digest(&decision.ticket)) {
            return Err(Error::conflict("This question has just been answered."));
        }
        self.keep_client(client, user).await?;
        let code = self.secret("");
        let granted = Granted {
            client: client.clone(),
            user: user.clone(),
            resource: request.resource.clone(),
            grants,
        };
        oauth.codes().grant(code.clone(), request.code.clone(), granted, self.now())?;
        answer_url(oauth, uri, state, &[("code", &code)])
    }
}

/// Whether a client id is the URL of a metadata document.
fn is_document(client_id: &str) -> bool {
    client_id.contains("://")
}

fn check_redirect(client: &Client, given: &str) -> Result<()> {
    if redirect::is_registered(&client.redirect_uris, given) {
        return Ok(());
    }
    Err(Error::validation(format!(
        "The client {} has not said that its codes go to {given}; nothing is sent there.",
        client.name
    )))
}

/// The redirect URI with an answer: `iss` says who answers (RFC 9207).
fn answer_url(
    oauth: &OAuth,
    redirect_uri: &str,
    state: Option<&str>,
    answer: &[(&str, &str)],
) -> Result<Url> {
    let mut url = redirect::parse(redirect_uri).map_err(Error::validation)?;
    let mut pairs = url.query_pairs_mut();
    pairs.extend_pairs(answer);
    pairs.extend_pairs(state.map(|state| ("state", state)));
    pairs.append_pair("iss", oauth.issuer.as_str());
    drop(pairs);
    Ok(url)
}

fn asker(redirect_uri: &Url, client: Option<&Client>, client_id: &str) -> Asker {
    let vouching = || Url::parse(client_id).ok()?.host_str().map(str::to_owned);
    Asker {
        name: client.map(|client| client.name.clone()),
        host: client.map_or_else(vouching, |client| client.host.clone()),
        redirect_host: redirect_uri.host_str().unwrap_or_default().to_owned(),
        is_local: crate::login::is_loopback(redirect_uri),
    }
}

fn delete(table: TableId, id: &str) -> Result<Operation> {
    Ok(Operation::Delete { table, key: RowKey::Id(RowId::parse(id)?), if_version: None })
}

/// Who writes what OAuth hands out.
fn oauth_origin(actor_type: &str, actor_id: &str) -> Origin {
    Origin {
        actor_type: actor_type.to_owned(),
        actor_id: actor_id.to_owned(),
        source: "oauth".to_owned(),
        request_id: String::new(),
    }
}
