//! The HTTP server.

use crate::{auth::Principal, rest, service::Service};
use axum::{Extension, Router};
use rekor_core::{Error, Result};
use std::{future::Future, sync::Arc};
use tokio::net::TcpListener;

/// All routes, behind bearer authentication.
pub fn router(service: Arc<Service>) -> Router {
    rest::routes(service)
}

/// All routes for the in-process command line, which acts as [`Principal::local`].
pub fn local_router(service: Arc<Service>) -> Router {
    rest::routes(service).layer(Extension(Principal::local()))
}

/// Serves until `shutdown` resolves, then finishes the requests under way and closes the engine.
///
/// # Errors
/// `Unavailable` if the listener fails.
pub async fn serve(
    service: Arc<Service>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let leaving = Arc::clone(&service);
    let shutdown = async move {
        shutdown.await;
        leaving.leave();
    };
    // Made once: a router itself would be copied, with all its routes, for every connection.
    let connections = router(Arc::clone(&service)).into_make_service();
    let served = axum::serve(listener, connections).with_graceful_shutdown(shutdown).await;
    let closed = tokio::task::spawn_blocking(move || service.close()).await;
    served.map_err(|error| Error::unavailable(format!("The server stopped: {error}.")))?;
    closed.map_err(|error| Error::internal(format!("closing the engine failed: {error}")))
}
