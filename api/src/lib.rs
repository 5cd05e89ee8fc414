//! The service layer and its REST face.
//!
//! [`service::Service`] has one typed method per operation; it authorises and decides. `rest` translates requests into
//! those methods and answers; it decides nothing.

pub mod auth;
pub mod operation;
pub mod rest;
pub mod server;
pub mod service;

mod login;
mod password;

pub use rekor_ingest::Thresholds;
pub use rekor_query as query;
pub use rekor_query::{Execution, Pushdown};
pub use server::{local_router, router, serve};
pub use service::{Service, ServiceConfig};
