//! Collections and their schemas.

use super::{Page, Shared, ok};
use crate::{
    rest::extract::{Answer, Body, By, Path, Query, if_match, versioned, written},
    service::collection::{CollectionChange, DiffBody},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};

pub(in crate::rest) async fn collection_history(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.collection_history(&caller, &db, &id)?)
}

pub(in crate::rest) async fn describe_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    ok(service.describe_collection(&caller, &db, &id).await?)
}

pub(in crate::rest) async fn collection_diff(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    Body(body): Body<DiffBody>,
) -> Answer {
    ok(service.collection_diff(&caller, &db, &id, &body)?)
}

pub(in crate::rest) async fn list_collections(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_collections(&caller, &db)?)
}

pub(in crate::rest) async fn get_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    let view = service.get_collection(&caller, &db, &id)?;
    Ok(versioned(StatusCode::OK, view["version"].as_u64().unwrap_or_default(), view))
}

pub(in crate::rest) async fn put_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<CollectionChange>,
) -> Answer {
    written(service.put_collection(&caller, &db, &id, body, if_match(&headers)?).await?)
}

pub(in crate::rest) async fn delete_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_collection(&caller, &db, &id, if_match(&headers)?).await?)
}
