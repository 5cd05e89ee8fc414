//! Which pages and names may reach the MCP server: a browser that was led astray must not speak to it.
//!
//! A page can make a browser send requests to another name than its own (`Origin`), or let its own name lead to this
//! machine (DNS rebinding, seen in `Host`). Programs send no `Origin`, and a rebound name is never an address.

use axum::http::{HeaderMap, Uri, header, uri::Authority};
use rekor_core::{Error, Result};
use std::net::IpAddr;

const LOCALHOST: &str = "localhost";

/// Refuses requests for names that are not the server's, and from pages that may not call it.
///
/// # Errors
/// `Forbidden`, saying which flag of the server lets the name or page in.
pub(super) fn check(
    headers: &HeaderMap,
    public_url: Option<&str>,
    cors_origins: &[String],
) -> Result<()> {
    let host = text(headers, header::HOST);
    if let Some(host) = host
        && !is_own_name(host, public_url)
    {
        return Err(Error::forbidden(format!(
            "The name {host} is not this server's. If it should be, start it with --public-url https://{host}."
        )));
    }
    let Some(origin) = text(headers, header::ORIGIN) else { return Ok(()) };
    let allowed = cors_origins.iter().any(|allowed| allowed.trim_end_matches('/') == origin)
        || public_url.is_some_and(|url| origin_of(url).as_deref() == Some(origin))
        || is_local_page(origin, host);
    if allowed {
        return Ok(());
    }
    Err(Error::forbidden(format!(
        "Pages of {origin} may not call this server. If they should, start it with --cors-origin {origin}."
    )))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

/// A name of this machine, an address, or the public name.
fn is_own_name(host: &str, public_url: Option<&str>) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host();
    let is_public = |url: &str| {
        let url = url.parse::<Uri>().ok();
        url.is_some_and(|url| url.host().is_some_and(|own| own.eq_ignore_ascii_case(name)))
    };
    name.eq_ignore_ascii_case(LOCALHOST)
        || address(name).is_some()
        || public_url.is_some_and(is_public)
}

fn is_local(name: &str) -> bool {
    name.eq_ignore_ascii_case(LOCALHOST) || address(name).is_some_and(|it| it.is_loopback())
}

fn address(name: &str) -> Option<IpAddr> {
    name.trim_matches(['[', ']']).parse().ok()
}

/// A page of this machine that calls a server of this machine, as inspectors do.
fn is_local_page(origin: &str, host: Option<&str>) -> bool {
    let page = origin.parse::<Uri>().ok();
    let server = host.and_then(|host| host.parse::<Authority>().ok());
    page.is_some_and(|page| page.host().is_some_and(is_local))
        && server.is_some_and(|server| is_local(server.host()))
}

fn origin_of(url: &str) -> Option<String> {
    let url = url.parse::<Uri>().ok()?;
    Some(format!("{}://{}", url.scheme_str()?, url.authority()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        check(&headers, Some("https://data.acme.com/"), &["https://app.acme.com".to_owned()])
            .is_ok()
    }

    #[test]
    fn names_and_addresses() {
        for host in ["localhost:7373", "127.0.0.1:7373", "[::1]:7373", "10.1.2.3", "data.acme.com"]
        {
            assert!(allowed(host, None), "{host}");
        }
        for host in ["evil.example", "evil.example:7373", "localhost.evil.example", "not a name"] {
            assert!(!allowed(host, None), "{host}");
        }
    }

    #[test]
    fn pages() {
        assert!(allowed("localhost:7373", Some("http://localhost:6274")));
        assert!(allowed("data.acme.com", Some("https://app.acme.com")));
        assert!(allowed("data.acme.com", Some("https://data.acme.com")));
        for origin in ["https://evil.example", "null", "http://app.acme.com", "http://localhost:1"]
        {
            assert!(!allowed("data.acme.com", Some(origin)), "{origin}");
        }
        assert!(!allowed("127.0.0.1", Some("http://evil.example")));
    }
}
