//! Databases, previews and promotions.

use super::{Page, Shared, created, ok};
use crate::{
    rest::extract::{Answer, Body, By, Path, Query},
    service::{
        database::{DatabaseChange, NewDatabase, NewPreview},
        promote::{Promotion, RollbackBody},
    },
};
use axum::extract::State;
use serde::Deserialize;

/// The query of the list of databases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct DatabasePage {
    tag: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

pub(in crate::rest) async fn create_database(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewDatabase>,
) -> Answer {
    created(service.create_database(&caller, body).await?, true)
}

pub(in crate::rest) async fn list_databases(
    State(service): Shared,
    By(caller): By,
    Query(query): Query<DatabasePage>,
) -> Answer {
    let page = Page { limit: query.limit, offset: query.offset };
    page.list(service.list_databases(&caller, query.tag.as_deref())?)
}

pub(in crate::rest) async fn get_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.get_database(&caller, &id)?)
}

pub(in crate::rest) async fn change_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<DatabaseChange>,
) -> Answer {
    ok(service.change_database(&caller, &id, body).await?)
}

pub(in crate::rest) async fn delete_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.delete_database(&caller, &id).await?)
}

pub(in crate::rest) async fn restore_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.restore_database(&caller, &id).await?)
}

pub(in crate::rest) async fn create_preview(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<NewPreview>,
) -> Answer {
    created(service.create_preview(&caller, &id, body).await?, true)
}

pub(in crate::rest) async fn list_previews(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_previews(&caller, &id)?)
}

pub(in crate::rest) async fn promote(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<Promotion>,
) -> Answer {
    ok(service.promote(&caller, &id, body).await?)
}

pub(in crate::rest) async fn promotions(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.promotions(&caller, &id)?)
}

pub(in crate::rest) async fn promotion(
    State(service): Shared,
    By(caller): By,
    Path((id, promotion)): Path<(String, String)>,
) -> Answer {
    ok(service.promotion(&caller, &id, &promotion)?)
}

pub(in crate::rest) async fn rollback(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<RollbackBody>,
) -> Answer {
    ok(service.rollback(&caller, &id, body).await?)
}
