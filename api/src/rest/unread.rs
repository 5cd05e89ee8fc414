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

/// Bodies up to this are on their way as a whole: the connection takes in the rest of them by itself.
const SHORT_BYTES_MAX: u64 = 16_384;

/// Reads what is left of a long body when its request is refused, up to a limit.
pub(super) async fn read_on(request: Request, next: Next) -> Response {
    if !is_long(request.headers()) {
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

/// Whether a body is long, or may be. A client that waits for leave to send gets none with a refusal.
fn is_long(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length: Option<u64> = length.and_then(|length| length.parse().ok());
    let is_long = length.is_some_and(|length| length > SHORT_BYTES_MAX)
        || headers.contains_key(header::TRANSFER_ENCODING);
    is_long && !headers.contains_key(header::EXPECT)
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
