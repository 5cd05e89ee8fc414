//! The service layer and its faces: REST and MCP.
//!
//! [`service::Service`] has one typed method per operation; it authorises and decides. `rest` and `mcp` translate requests
//! into those methods and answers; they decide nothing.

pub mod auth;
pub mod operation;
pub mod rest;
pub mod server;
pub mod service;

mod login;
mod mcp;
mod nearest;
mod oauth;
mod password;
mod results;
mod trace;

pub use mcp::{WITHOUT_TOOL, tool_of};
pub use oauth::OAuthConfig;
pub use rekor_ingest::Thresholds;
pub use rekor_query as query;
pub use rekor_query::{Execution, Pushdown};
pub use server::{local_router, router, serve};
pub use service::{Service, ServiceConfig};
