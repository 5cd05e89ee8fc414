//! Where codes may be sent: to a page with TLS, or to a program on the person's own machine.

use crate::login::is_loopback;
use rekor_core::limits;
use url::Url;

/// Reads a redirect URI.
///
/// # Errors
/// Says which rule it breaks.
pub(crate) fn parse(uri: &str) -> Result<Url, String> {
    let wrong = |rule: &str| Err(format!("The redirect URI {uri:?} {rule}."));
    if uri.len() > limits::OAUTH_URL_BYTES_MAX {
        return Err(format!("A redirect URI has at most {} bytes.", limits::OAUTH_URL_BYTES_MAX));
    }
    let Ok(url) = Url::parse(uri) else { return wrong("is no absolute URL") };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => {
            return wrong(
                "is neither https nor http on this machine (127.0.0.1, [::1], localhost)",
            );
        }
    }
    if uri.contains('#') || !url.username().is_empty() || url.password().is_some() {
        return wrong("must have no fragment and no user");
    }
    Ok(url)
}

/// Whether a client that registered some URIs may have its code sent to this one: the same text, but for the port of a
/// program on the person's machine, which the system chooses anew each time (RFC 8252, section 7.3).
pub(crate) fn is_registered(registered: &[String], given: &str) -> bool {
    registered.iter().any(|known| known == given || is_same_program(known, given))
}

fn is_same_program(known: &str, given: &str) -> bool {
    let without_port = |uri: &str| {
        let mut url = parse(uri).ok().filter(|url| url.scheme() == "http")?;
        url.set_port(None).ok()?;
        Some(url)
    };
    without_port(known).is_some_and(|known| without_port(given) == Some(known))
}

/// The origin of a redirect URI, for a content security policy. It has no words for an IPv6 address: all of `http:` then.
pub(crate) fn source(url: &Url) -> String {
    match url.host() {
        Some(url::Host::Ipv6(_)) => format!("{}:", url.scheme()),
        _ => url.origin().ascii_serialization(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_go_where_the_client_said() {
        for wrong in [
            "http://example.com/cb",
            "javascript:alert(1)",
            "cursor://callback",
            "/cb",
            "https://a.b/#x",
            "https://user@a.b/",
            "http://127.0.0.1.evil.example/",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let registered = ["http://127.0.0.1:1/cb", "http://localhost/cb", "https://a.b/cb?x=1"]
            .map(str::to_owned);
        for (given, fits) in [
            ("http://127.0.0.1:1/cb", true),
            ("http://127.0.0.1:40000/cb", true),
            ("http://localhost:5/cb", true),
            ("https://a.b/cb?x=1", true),
            ("http://127.0.0.1:1/cb/", false),
            ("http://127.0.0.1:1/cb?x=1", false),
            ("http://[::1]:1/cb", false),
            ("https://127.0.0.1:1/cb", false),
            ("https://a.b/cb", false),
            ("https://a.b/cb?x=1&y=2", false),
            ("https://a.b:444/cb?x=1", false),
            ("https://A.B/cb?x=1", false),
            ("https://a.b.evil.example/cb?x=1", false),
        ] {
            assert_eq!(is_registered(&registered, given), fits, "{given}");
        }
    }
}
