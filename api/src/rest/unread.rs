//! Bodies that nobody read because the request was refused before. If the server closed the connection while its client still
//! sends, the client would see that, and not the answer.

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use rekor_core::limits;
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

/// Reads what is left of a body when its request is refused, up to a limit. That of a short one may not be there yet, too.
pub(super) async fn read_on(request: Request, next: Next) -> Response {
    if !is_sent(request.headers()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = Shared(Arc::new(Mutex::new(body)));
    let given = Request::from_parts(parts, Body::new(body.clone()));
    let response = next.run(given).await;
    if response.status().is_client_error() || response.status().is_server_error() {
        let _late = tokio::time::timeout(limits::UNREAD_BODY_TIME_MAX, discard(body)).await;
    }
    response
}

/// Whether there is a body, and it comes in any case: a client that waits for leave to send gets none with a refusal.
fn is_sent(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    let has_body = length.is_some_and(|length| length != "0")
        || headers.contains_key(header::TRANSFER_ENCODING);
    has_body && !headers.contains_key(header::EXPECT)
}

async fn discard(mut body: Shared) {
    let mut left = limits::UNREAD_BODY_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// A body that can be read on when who was given it is done with it.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Body) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl http_body::Body for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| http_body::Body::size_hint(body))
    }
}
