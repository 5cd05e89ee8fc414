//! Who asks: logins, people, tokens and clients.

use super::{Page, Shared, created, ok};
use crate::{
    rest::extract::{Answer, Body, By, Path, Query},
    service::{
        session::{Confirmation, Enrolment, Login, PasswordChange},
        token::NewToken,
        user::{NewUser, UserChange},
    },
};
use axum::extract::State;

pub(in crate::rest) async fn whoami(State(service): Shared, By(caller): By) -> Answer {
    ok(service.whoami(&caller)?)
}

pub(in crate::rest) async fn enrol(State(service): Shared, Body(body): Body<Enrolment>) -> Answer {
    created(service.enrol(body).await?, true)
}

pub(in crate::rest) async fn login(State(service): Shared, Body(body): Body<Login>) -> Answer {
    ok(service.login(body).await?)
}

pub(in crate::rest) async fn logout(State(service): Shared, By(caller): By) -> Answer {
    ok(service.logout(&caller).await?)
}

pub(in crate::rest) async fn confirm(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<Confirmation>,
) -> Answer {
    ok(service.confirm(&caller, body).await?)
}

pub(in crate::rest) async fn change_password(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<PasswordChange>,
) -> Answer {
    ok(service.change_password(&caller, body).await?)
}

pub(in crate::rest) async fn list_users(
    State(service): Shared,
    By(caller): By,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_users(&caller)?)
}

pub(in crate::rest) async fn create_user(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewUser>,
) -> Answer {
    created(service.create_user(&caller, body).await?, true)
}

pub(in crate::rest) async fn change_user(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<UserChange>,
) -> Answer {
    ok(service.change_user(&caller, &id, body).await?)
}

pub(in crate::rest) async fn delete_user(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.delete_user(&caller, &id).await?)
}

pub(in crate::rest) async fn create_token(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewToken>,
) -> Answer {
    created(service.create_token(&caller, body).await?, true)
}

pub(in crate::rest) async fn list_tokens(
    State(service): Shared,
    By(caller): By,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_tokens(&caller)?)
}

pub(in crate::rest) async fn revoke_token(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.revoke_token(&caller, &id).await?)
}

pub(in crate::rest) async fn create_client(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewToken>,
) -> Answer {
    created(service.create_client(&caller, body).await?, true)
}

pub(in crate::rest) async fn list_clients(
    State(service): Shared,
    By(caller): By,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_clients(&caller)?)
}

pub(in crate::rest) async fn revoke_client(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.revoke_client(&caller, &id).await?)
}
