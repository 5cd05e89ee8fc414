//! What keeps a root in order.

use super::{Shared, ok};
use crate::rest::extract::{Answer, By};
use axum::extract::State;

pub(in crate::rest) async fn stats(State(service): Shared, By(caller): By) -> Answer {
    ok(service.stats(&caller)?)
}

pub(in crate::rest) async fn check(State(service): Shared, By(caller): By) -> Answer {
    ok(service.check(&caller).await?)
}

pub(in crate::rest) async fn verify_audit(State(service): Shared, By(caller): By) -> Answer {
    ok(service.verify_audit(&caller).await?)
}

pub(in crate::rest) async fn flush(State(service): Shared, By(caller): By) -> Answer {
    ok(service.flush(&caller).await?)
}

pub(in crate::rest) async fn compact(State(service): Shared, By(caller): By) -> Answer {
    ok(service.compact(&caller).await?)
}
