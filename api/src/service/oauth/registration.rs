//! Clients that register themselves (RFC 7591): the way of those that have no metadata document. Anybody may, so it costs
//! little, is counted, and ends by itself unless a person allows the client something.

use super::oauth_origin;
use crate::{
    oauth::{
        client::{Client, Metadata},
        refusal::Refusal,
    },
    service::{Service, database::system_json},
};
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::RegisteredClient,
    id::{RowId, TableId},
    limits,
    time::uuid_v7,
};
use rekor_ingest::{Frame, Operation};
use serde_json::{Value, json};

impl Service {
    /// A client that registered itself.
    pub(super) fn registered(&self, id: &str) -> Result<Client> {
        let snapshot = self.engine.snapshot();
        let known = snapshot.catalog().clients.get(id);
        let known = known.filter(|client| client.expires_at > self.now());
        known.map(|known| Client::from(&**known)).ok_or_else(|| {
            Error::validation(
                "This client is not registered here, or its registration has ended. Remove the server from the client and add it again: it registers anew.",
            )
        })
    }

    /// A registration that somebody allowed something lasts a year from then.
    pub(super) async fn keep_client(&self, client: &Client, user: &str) -> Result<()> {
        let snapshot = self.engine.snapshot();
        let Some(known) = snapshot.catalog().clients.get(&client.id) else { return Ok(()) };
        let expires_at = Timestamp(self.now().0 + limits::OAUTH_AUTHORISATION_MS);
        let kept = RegisteredClient { is_used: true, expires_at, ..(**known).clone() };
        let frame = Frame::new(oauth_origin("human", user), vec![put_client(&kept, None)?]);
        self.engine.write(frame).await.map(drop)
    }

    /// Registers a client that asks to be (RFC 7591).
    ///
    /// # Errors
    /// `temporarily_unavailable` if there are too many, and what is wrong with the metadata.
    pub(crate) async fn register_client(&self, metadata: &Metadata) -> Result<Value, Refusal> {
        let oauth = self.oauth()?;
        oauth
            .registrations
            .take(0, oauth.instant(self.now()))
            .map_err(|seconds| Refusal { retry_after_s: Some(seconds), ..too_many_clients() })?;
        let (name, redirect_uris) = metadata.checked()?;
        let now = self.now();
        let client = RegisteredClient {
            id: uuid_v7(now, &*self.engine.sources().entropy).to_string(),
            name,
            redirect_uris,
            created_at: now,
            expires_at: Timestamp(now.0 + limits::OAUTH_UNUSED_CLIENT_MS),
            is_used: false,
        };
        let _turn = oauth.turn.lock().await;
        let mut operations = self.room_for_a_client(now)?;
        operations.push(put_client(&client, Some(0))?);
        self.engine.write(Frame::new(oauth_origin("system", &client.id), operations)).await?;
        Ok(json!({
            "client_id": client.id,
            "client_id_issued_at": now.0.div_euclid(1_000),
            "client_name": client.name,
            "redirect_uris": client.redirect_uris,
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }))
    }

    /// What makes room for one more registration: the end of those that are over, or else of the oldest that nobody used.
    fn room_for_a_client(&self, now: Timestamp) -> Result<Vec<Operation>, Refusal> {
        let snapshot = self.engine.snapshot();
        let clients = &snapshot.catalog().clients;
        let over = clients.values().filter(|client| client.expires_at <= now);
        let mut gone: Vec<&str> =
            over.map(|client| client.id.as_str()).take(limits::OAUTH_REGISTERED_MAX).collect();
        if clients.len() - gone.len() >= limits::OAUTH_REGISTERED_MAX {
            let unused = clients.values().filter(|client| !client.is_used);
            let oldest = unused.min_by_key(|client| client.created_at);
            gone.push(&oldest.ok_or_else(too_many_clients)?.id);
        }
        let end = |id: &str| Ok(super::delete(TableId::CLIENTS, id)?);
        gone.into_iter().map(end).collect()
    }
}

fn too_many_clients() -> Refusal {
    let mut error = Error::new(
        ErrorKind::RateLimited,
        "Too many clients register themselves here; try again soon, or use a client-id metadata document.",
    );
    error.retry_after_s = Some(60);
    error.into()
}

fn put_client(client: &RegisteredClient, if_version: Option<u64>) -> Result<Operation> {
    Ok(Operation::PutSystem {
        table: TableId::CLIENTS,
        id: RowId::parse(&client.id)?,
        data: system_json(client)?,
        if_version,
    })
}
