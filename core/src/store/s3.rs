//! S3-compatible buckets.

use crate::{Error, Result};
use object_store::{
    ClientConfigKey, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut},
    prefix::PrefixStore,
};
use std::{sync::Arc, time::Duration};

/// How often the client repeats a request by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retries {
    /// As its defaults say.
    Many,
    /// Never.
    None,
}

pub(super) fn open(
    bucket: &str,
    prefix: &str,
    variables: &[(String, String)],
    retries: Retries,
) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), "60s");
    let mut region = false;
    for (name, value) in variables {
        let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() else { continue };
        region |= matches!(key, AmazonS3ConfigKey::Region | AmazonS3ConfigKey::DefaultRegion);
        if matches!(key, AmazonS3ConfigKey::Endpoint) && value.starts_with("http://") {
            builder = builder.with_allow_http(true);
        }
        builder = builder.with_config(key, value);
    }
    if !region {
        builder = builder.with_region("us-east-1");
    }
    if retries == Retries::None {
        let retry = RetryConfig {
            max_retries: 0,
            retry_timeout: Duration::from_secs(60),
            ..RetryConfig::default()
        };
        builder = builder.with_retry(retry);
    }
    let store = builder.build().map_err(|error| {
        Error::validation(format!(
            "The bucket {bucket} cannot be opened: {error}. Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, \
             for anything but AWS, AWS_ENDPOINT_URL."
        ))
    })?;
    if prefix.is_empty() {
        Ok(Arc::new(store))
    } else {
        Ok(Arc::new(PrefixStore::new(store, prefix)))
    }
}
