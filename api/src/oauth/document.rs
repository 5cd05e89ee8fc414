//! Client-id metadata documents: the id of a client is the URL of a page that says who it is.
//!
//! Whoever starts an authorization chooses that URL, so fetching it is guarded: https to public addresses only, the address that
//! was checked is the one that is connected to, no redirects, no proxy, few bytes, little time, few at once.

use super::{
    client::{Client, Metadata},
    refusal::Refusal,
};
use crate::login::is_loopback;
use rekor_core::{Timestamp, limits};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header,
    redirect::Policy,
};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tokio::sync::Semaphore;
use url::{Host, Url};

/// Documents that are fetched at the same time.
const FETCHES_MAX: usize = 4;
/// Documents that are remembered.
const CACHED_MAX: usize = 256;
/// How long a document is remembered that does not say: five minutes.
const CACHE_MS: i64 = 5 * 60_000;
/// How long a document is remembered at most, whatever it says: a day.
const CACHE_MS_MAX: i64 = 24 * 60 * 60_000;

/// The documents of clients.
#[derive(Debug)]
pub(crate) struct Documents {
    /// Whether documents may be on this machine, without TLS.
    local_clients: bool,
    http: OnceLock<reqwest::Client>,
    fetches: Semaphore,
    cached: Mutex<HashMap<String, (Client, Timestamp)>>,
}

impl Documents {
    pub(crate) fn new(local_clients: bool) -> Self {
        Self {
            local_clients,
            http: OnceLock::new(),
            fetches: Semaphore::new(FETCHES_MAX),
            cached: Mutex::default(),
        }
    }

    /// The URL of a client id, if it may be fetched at all.
    ///
    /// # Errors
    /// `invalid_client`, saying what is wrong with it.
    pub(crate) fn url(&self, client_id: &str) -> Result<Url, Refusal> {
        let wrong =
            |rule: &str| Refusal::invalid_client(format!("The client id {client_id:?} {rule}."));
        if client_id.len() > limits::OAUTH_URL_BYTES_MAX {
            return Err(Refusal::invalid_client("The client id is too long."));
        }
        let url = Url::parse(client_id).map_err(|_| wrong("is no URL"))?;
        let local = self.local_clients && url.scheme() == "http" && is_loopback(&url);
        if url.scheme() != "https" && !local {
            return Err(wrong("must be a URL with https"));
        }
        let bare =
            url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if !bare || url.as_str() != client_id || url.path() == "/" {
            return Err(wrong(
                "must have a path, no user, no fragment, and be written in its normal form",
            ));
        }
        let address = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        };
        if !local && address.is_some_and(|ip| !is_public(ip)) {
            return Err(wrong("leads into a private network"));
        }
        Ok(url)
    }

    /// The client whose id is a URL, as its document describes it.
    ///
    /// # Errors
    /// `invalid_client` if the document cannot be had or is not what it must be.
    pub(crate) async fn client(&self, client_id: &str, now: Timestamp) -> Result<Client, Refusal> {
        let url = self.url(client_id)?;
        if let Some(client) = self.remembered(client_id, now) {
            return Ok(client);
        }
        let failed = |why: String| {
            Refusal::invalid_client(format!(
                "The document {client_id} that should describe the client {why}."
            ))
        };
        let _fetch = self.fetches.acquire().await.map_err(|error| failed(error.to_string()))?;
        let (bytes, kept_ms) = self.fetch(&url).await.map_err(failed)?;
        let metadata: Metadata = serde_json::from_slice(&bytes)
            .map_err(|error| failed(format!("is not valid: {error}")))?;
        let client = described(client_id, &url, &metadata).map_err(failed)?;
        self.remember(&client, Timestamp(now.0 + kept_ms), now);
        Ok(client)
    }

    fn remembered(&self, client_id: &str, now: Timestamp) -> Option<Client> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        let (client, until) = cached.get(client_id)?;
        (*until > now).then(|| client.clone())
    }

    fn remember(&self, client: &Client, until: Timestamp, now: Timestamp) {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        cached.retain(|_, (_, until)| *until > now);
        if cached.len() < CACHED_MAX {
            cached.insert(client.id.clone(), (client.clone(), until));
        }
    }

    /// The bytes of a document, and for how long they may be kept.
    async fn fetch(&self, url: &Url) -> Result<(Vec<u8>, i64), String> {
        let http = match self.http.get() {
            Some(http) => http,
            None => {
                let made = client(self.local_clients).map_err(|error| error.to_string())?;
                self.http.get_or_init(|| made)
            }
        };
        // What went wrong below is not said: it would tell the asker about the network that the server is in.
        let unreachable = |_| "cannot be fetched".to_owned();
        let request = http.get(url.clone()).header(header::ACCEPT, "application/json");
        let mut answer = request.send().await.map_err(unreachable)?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(format!("is answered with {}", answer.status().as_u16()));
        }
        let text = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let media = text(header::CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
        let media = media.split(';').next().unwrap_or_default().trim();
        if media != "application/json"
            && !(media.starts_with("application/") && media.ends_with("+json"))
        {
            return Err("is no application/json".to_owned());
        }
        let kept_ms = kept_ms(text(header::CACHE_CONTROL).unwrap_or_default());
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > limits::OAUTH_DOCUMENT_BYTES_MAX {
                return Err(format!("has more than {} bytes", limits::OAUTH_DOCUMENT_BYTES_MAX));
            }
        }
        Ok((bytes, kept_ms))
    }
}

/// How long a `Cache-Control` lets a document be kept, in milliseconds.
fn kept_ms(cache_control: &str) -> i64 {
    let mut directives = cache_control.split(',').map(|part| part.trim().to_ascii_lowercase());
    let mut kept = CACHE_MS;
    for directive in directives.by_ref() {
        if directive == "no-store" || directive == "no-cache" {
            return 0;
        }
        let seconds = directive.strip_prefix("max-age=").and_then(|text| text.parse::<i64>().ok());
        kept = seconds.map_or(kept, |seconds| seconds.saturating_mul(1_000).clamp(0, CACHE_MS_MAX));
    }
    kept
}

fn described(client_id: &str, url: &Url, metadata: &Metadata) -> Result<Client, String> {
    if metadata.client_id.as_deref() != Some(client_id) {
        return Err("has another client_id than its URL".to_owned());
    }
    if metadata.client_secret.is_some() {
        return Err("holds a client_secret, which is none there".to_owned());
    }
    let method = metadata.token_endpoint_auth_method.as_deref().unwrap_or("none");
    if method != "none" {
        return Err(format!("wants token_endpoint_auth_method {method:?}; only none is supported"));
    }
    if metadata.client_name.as_deref().unwrap_or_default().trim().is_empty() {
        return Err("has no client_name".to_owned());
    }
    let (name, redirect_uris) = metadata.checked().map_err(|refusal| {
        format!("is not valid: {}", refusal.description.trim_end_matches('.'))
    })?;
    let host = url.host_str().map(str::to_owned);
    Ok(Client { id: client_id.to_owned(), name, host, redirect_uris })
}

fn client(local_clients: bool) -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(concat!("rekor/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(limits::OAUTH_DOCUMENT_TIME_MAX)
        .https_only(!local_clients)
        .dns_resolver(Arc::new(PublicOnly { local_clients }))
        .build()
}

/// Resolves names to public addresses only. A name that leads to any other is refused whole, so that it cannot answer
/// differently to the check and to the connection.
struct PublicOnly {
    local_clients: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let local_clients = self.local_clients && name.as_str() == "localhost";
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let fits = |address: &SocketAddr| {
                is_public(address.ip()) || (local_clients && address.ip().is_loopback())
            };
            if found.is_empty() || !found.iter().all(fits) {
                return Err("the name leads into a private network".into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is one of the public internet. What is not known to be so is not.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let reserved = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        // Carrier-grade NAT, protocol assignments, the old 6to4 relays, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19));
    !reserved
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Global unicast, without documentation, and without what carries an IPv4 address inside (Teredo, 6to4).
    let global = (0x2000..0x4000).contains(&first);
    let special = (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        || first == 0x2002
        || (first == 0x3fff && second < 0x1000);
    global && !special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_fetched_from() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2001::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in
            ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn ids_that_are_not_fetched() {
        let documents = Documents::new(false);
        for wrong in [
            "http://app.example.com/c.json",
            "https://app.example.com/",
            "https://app.example.com",
            "https://app.example.com/a/../c.json",
            "https://app.example.com/c.json#x",
            "https://user@app.example.com/c.json",
            "https://APP.example.com/c.json",
            "https://127.0.0.1/c.json",
            "https://2130706433/c.json",
            "https://[::ffff:10.0.0.1]/c.json",
            "https://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:1/c.json",
            "ftp://app.example.com/c.json",
        ] {
            assert!(documents.url(wrong).is_err(), "{wrong}");
        }
        assert!(documents.url("https://app.example.com/c.json").is_ok());
        let local = Documents::new(true);
        assert!(local.url("http://127.0.0.1:1/c.json").is_ok());
        assert!(local.url("http://app.example.com/c.json").is_err());
        assert!(local.url("https://10.0.0.1/c.json").is_err());
    }

    #[tokio::test]
    async fn a_name_that_leads_here_is_refused() {
        let resolver = PublicOnly { local_clients: false };
        assert!(resolver.resolve("localhost".parse().unwrap()).await.is_err());
        let local = PublicOnly { local_clients: true };
        assert!(local.resolve("localhost".parse().unwrap()).await.is_ok());
    }

    #[test]
    fn caches_say_for_how_long() {
        assert_eq!(kept_ms(""), CACHE_MS);
        assert_eq!(kept_ms("public, max-age=60"), 60_000);
        assert_eq!(kept_ms("max-age=99999999999999"), CACHE_MS_MAX);
        assert_eq!(kept_ms("no-store, max-age=60"), 0);
    }
}
