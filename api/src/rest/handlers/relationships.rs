//! Relationships and their types.

use super::{DocumentPath, Page, Shared, documents::FindOrList, ok};
use crate::{
    rest::extract::{Answer, Body, By, Path, Query, if_match, versioned, written},
    service::{
        relationship::{RelationshipBody, Walk},
        relationship_type::TypeChange,
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use rekor_core::Error;
use rekor_ingest::Direction;
use serde::Deserialize;

pub(in crate::rest) async fn list_relationships(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(find): Query<FindOrList>,
) -> Answer {
    if find.asks_for_document() {
        return Err(Error::validation(
            "Relationships have no external ids, and deleted ones are not listed; leave these parameters out.",
        )
        .into());
    }
    ok(service.list_relationships(&caller, &db, &find.list()).await?)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct Traverse {
    #[serde(rename = "type")]
    rel_type: Option<String>,
    direction: Option<String>,
    depth: Option<usize>,
    limit: Option<usize>,
    offset: Option<usize>,
}

pub(in crate::rest) async fn related(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    Query(query): Query<Traverse>,
) -> Answer {
    let direction = match query.direction.as_deref() {
        None | Some("both") => Direction::Both,
        Some("outgoing") => Direction::Outgoing,
        Some("incoming") => Direction::Incoming,
        Some(other) => {
            return Err(Error::validation(format!(
                "direction {other:?} is none of outgoing, incoming and both."
            ))
            .into());
        }
    };
    let walk = Walk { direction, rel_type: query.rel_type, depth: query.depth.unwrap_or(1) };
    let all = service.related(&caller, &db, &collection, &id, &walk).await?;
    Page { limit: query.limit, offset: query.offset }.list(all)
}

pub(in crate::rest) async fn put_relationship(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    headers: HeaderMap,
    Body(mut body): Body<RelationshipBody>,
) -> Answer {
    body.expected_version = if_match(&headers)?.or(body.expected_version);
    written(service.put_relationship(&caller, &db, body).await?)
}

pub(in crate::rest) async fn get_relationship(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    let view = service.get_relationship(&caller, &db, &id).await?;
    Ok(versioned(StatusCode::OK, view.version, view))
}

pub(in crate::rest) async fn delete_relationship(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_relationship(&caller, &db, &id, if_match(&headers)?).await?)
}

pub(in crate::rest) async fn list_relationship_types(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_relationship_types(&caller, &db)?)
}

pub(in crate::rest) async fn get_relationship_type(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    let view = service.get_relationship_type(&caller, &db, &id)?;
    Ok(versioned(StatusCode::OK, view["version"].as_u64().unwrap_or_default(), view))
}

pub(in crate::rest) async fn put_relationship_type(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<TypeChange>,
) -> Answer {
    let expected = if_match(&headers)?;
    written(service.put_relationship_type(&caller, &db, &id, body, expected).await?)
}

pub(in crate::rest) async fn delete_relationship_type(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_relationship_type(&caller, &db, &id, if_match(&headers)?).await?)
}
