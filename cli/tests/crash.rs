//! kill -9 of the real server under load, on a local root and on S3.
//!
//! `REKOR_CRASH_CYCLES` sets the number of kills (`make soak` uses 50).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test may, and says what a killed server said"
)]

#[path = "support/crashing.rs"]
mod crashing;
#[path = "support/promoting.rs"]
mod promoting;
#[path = "support/s3.rs"]
mod s3;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/server.rs"]
mod server;

use server::Root;

#[test]
fn promotions_are_whole_or_nothing() {
    let data = tempfile::tempdir().unwrap();
    println!("{}", promoting::promotions_are_atomic(&Root::Local(data.path().to_owned()), 10));
}

#[test]
fn killed_servers_lose_nothing_acknowledged() {
    let cycles = std::env::var("REKOR_CRASH_CYCLES").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let data = tempfile::tempdir().unwrap();
    println!("{}", crashing::crash_cycles(&Root::Local(data.path().to_owned()), cycles));
}
