//! A rate limit per credential, off unless the server was told one: a bucket of tokens that fills steadily.

use super::extract::Failure;
use crate::service::Service;
use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use rekor_core::{Error, ErrorKind};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

/// Credentials whose buckets are remembered; when there are more, full buckets are forgotten.
const BUCKETS_MAX: usize = 10_000;

/// The buckets of all credentials.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_second: f64,
    burst: f64,
    /// Seconds until there is room again.
    wait_s: u32,
    buckets: Mutex<HashMap<u64, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl RateLimit {
    /// So many requests a second for each credential, and a burst of as many.
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second.max(1));
        Self { per_second, burst: per_second, wait_s: 1, buckets: Mutex::default() }
    }

    /// So many requests a minute, which may come at once.
    pub(crate) fn per_minute(count: u32) -> Self {
        let count = count.max(1);
        let burst = f64::from(count);
        let wait_s = 60_u32.div_ceil(count);
        Self { per_second: burst / 60.0, burst, wait_s, buckets: Mutex::default() }
    }

    /// Takes a token; the seconds to wait, if there is none.
    pub(crate) fn take(&self, credential: u64, now: Instant) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |bucket: &Bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + since * self.per_second).min(self.burst)
        };
        if buckets.len() >= BUCKETS_MAX {
            buckets.retain(|_, bucket| filled(bucket) < self.burst);
        }
        let bucket = buckets.entry(credential).or_insert(Bucket { left: self.burst, at: now });
        *bucket = Bucket { left: filled(bucket), at: now };
        if bucket.left < 1.0 {
            return Err(self.wait_s);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

/// Refuses requests beyond the limit of their credential.
pub(super) async fn limit(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(limit) = &service.rate_limit else { return next.run(request).await };
    let mut hasher = DefaultHasher::new();
    request.headers().get(header::AUTHORIZATION).map(|value| value.as_bytes()).hash(&mut hasher);
    match limit.take(hasher.finish(), Instant::now()) {
        Ok(()) => next.run(request).await,
        Err(seconds) => {
            let mut error = Error::new(
                ErrorKind::RateLimited,
                "This credential sends more requests than the server takes; wait and try again.",
            );
            error.retry_after_s = Some(seconds);
            Failure(error).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_by_itself() {
        let (limit, start) = (RateLimit::new(5), Instant::now());
        assert!((0..5).all(|_| limit.take(1, start).is_ok()));
        assert!(limit.take(1, start).is_err());
        assert!(limit.take(2, start).is_ok(), "another credential has a bucket of its own");
        assert!(limit.take(1, start + Duration::from_millis(250)).is_ok());
        assert!(limit.take(1, start + Duration::from_millis(250)).is_err());
        let later = start + Duration::from_secs(60);
        assert_eq!((0..10).filter(|_| limit.take(1, later).is_ok()).count(), 5);
    }
}
