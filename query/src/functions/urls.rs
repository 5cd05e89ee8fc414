//! Parts of URLs. As in ClickHouse nothing is decoded and nothing is refused: what does not look like a URL has empty parts.

use super::{
    registry::Entry,
    text::{bytes, check, items, list, n, optional, s, strict},
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "URLHierarchy",
    "URLPathHierarchy",
    "cutFragment",
    "cutQueryString",
    "cutQueryStringAndFragment",
    "cutURLParameter",
    "cutWWW",
    "domain",
    "domainWithoutWWW",
    "extractURLParameter",
    "extractURLParameterNames",
    "extractURLParameters",
    "fragment",
    "netloc",
    "path",
    "pathFull",
    "port",
    "protocol",
    "queryString",
    "queryStringAndFragment",
    "topLevelDomain",
];

fn string(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "s", ChType::String)
}

fn strings(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "s", ChType::Array(Box::new(ChType::String)))
}

/// Finds a part of a URL.
pub(super) type Part = fn(&[u8]) -> &[u8];

/// The functions that answer a part of a URL.
pub(super) fn part(name: &str) -> Option<Part> {
    Some(match name {
        "protocol" => protocol,
        "domain" => domain,
        "domainWithoutWWW" => |url| {
            let domain = domain(url);
            domain.strip_prefix(b"www.").filter(|rest| !rest.is_empty()).unwrap_or(domain)
        },
        "topLevelDomain" => |url| {
            let last = domain(url).rsplit(|byte| *byte == b'.').next().unwrap_or_default();
            if last.first().is_some_and(u8::is_ascii_digit) { b"" } else { last }
        },
        "netloc" => netloc,
        "path" => |url| until(path(url), b"?#"),
        "pathFull" => path,
        "queryString" => |url| until(after(url, b"?"), b"#"),
        "fragment" => |url| after(url, b"#"),
        "queryStringAndFragment" => |url| match place(url, b"?", 0) {
            Some(at) => from(url, at + 1),
            None => from(url, place(url, b"#", 0).unwrap_or(url.len())),
        },
        "cutFragment" => |url| until(url, b"#"),
        "cutQueryStringAndFragment" => {
            |url| if url.contains(&b'?') { until(url, b"?") } else { until(url, b"#") }
        }
        _ => return None,
    })
}

fn url_part(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let of = part(&call.name)
        .ok_or_else(|| SqlError::new(ChCode::LogicalError, "a part of URLs without a function"))?;
    s(of(&bytes(args, 0)))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    if part(name).is_some() {
        return strict(1, 1, string, url_part);
    }
    match name {
        "cutQueryString" => strict(1, 1, string, |_, a| {
            let url = bytes(a, 0);
            let start = place(&url, b"?", 0).unwrap_or(url.len());
            let end = place(&url, b"#", start).unwrap_or(url.len());
            s([before(&url, start), from(&url, end)].concat())
        }),
        "cutWWW" => strict(1, 1, string, |_, a| s(cut_www(&bytes(a, 0)))),
        "port" => strict(
            1,
            2,
            |a| check(a, "su~", ChType::UInt(16)),
            |_, a| n(port(&bytes(a, 0)).unwrap_or_else(|| optional(a, 1).unwrap_or(0))),
        ),
        "extractURLParameter" => strict(
            2,
            2,
            |a| check(a, "ss", ChType::String),
            |_, a| {
                let (url, name) = (bytes(a, 0), bytes(a, 1));
                s(Parameter::named(&name).value(&url))
            },
        ),
        "cutURLParameter" => strict(2, 2, parameter_types, cut_parameters),
        "extractURLParameters" => strict(1, 1, strings, |_, a| list(parameters(&bytes(a, 0)))),
        "extractURLParameterNames" => strict(1, 1, strings, |_, a| {
            list(parameters(&bytes(a, 0)).into_iter().map(|parameter| until(parameter, b"=")))
        }),
        "URLHierarchy" | "URLPathHierarchy" => strict(1, 1, strings, hierarchy),
        _ => None,
    }
}

/// The first place of one of some bytes, from `start`.
fn place(url: &[u8], set: &[u8], start: usize) -> Option<usize> {
    let rest = from(url, start);
    let found = match *set {
        [a] => memchr::memchr(a, rest),
        [a, b] => memchr::memchr2(a, b, rest),
        [a, b, c] => memchr::memchr3(a, b, c, rest),
        _ => rest.iter().position(|byte| set.contains(byte)),
    };
    found.map(|at| at + start)
}

fn from(url: &[u8], start: usize) -> &[u8] {
    url.get(start..).unwrap_or_default()
}

fn before(url: &[u8], end: usize) -> &[u8] {
    url.get(..end).unwrap_or(url)
}

fn after<'a>(url: &'a [u8], set: &[u8]) -> &'a [u8] {
    from(url, place(url, set, 0).map_or(url.len(), |at| at + 1))
}

fn until<'a>(url: &'a [u8], set: &[u8]) -> &'a [u8] {
    before(url, place(url, set, 0).unwrap_or(url.len()))
}

/// The scheme, if a colon and three more bytes follow it.
fn protocol(url: &[u8]) -> &[u8] {
    let length = scheme_length(url);
    let rest = from(url, length);
    if rest.len() >= 4 && rest.starts_with(b":") { before(url, length) } else { b"" }
}

fn scheme_length(url: &[u8]) -> usize {
    let in_scheme = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    match url.first() {
        Some(first) if first.is_ascii_alphabetic() => url.iter().take_while(in_scheme).count(),
        _ => 0,
    }
}

/// Whether no URL has a byte before its path.
fn is_forbidden(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'<'
            | b'>'
            | b'%'
            | b'{'
            | b'}'
            | b'|'
            | b'\\'
            | b'^'
            | b'~'
            | b'['
            | b']'
            | b';'
            | b'='
            | b'&'
    )
}

/// Longest scheme with its `://` that the functions of hosts look for.
const SCHEME_BYTES_MAX: usize = 16;

/// Where the authority begins: behind `//` or a short scheme, else at the start. `None` if the URL cannot be one.
fn authority(url: &[u8]) -> Option<usize> {
    if url.starts_with(b"//") {
        return Some(2);
    }
    let head = before(url, SCHEME_BYTES_MAX);
    let in_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let end = from(head, 1).iter().position(|byte| !in_scheme(byte)).map(|at| at + 1);
    match end {
        Some(end) if head.get(end).is_some_and(|byte| is_forbidden(*byte)) => None,
        Some(end) if from(head, end).starts_with(b"://") => Some(end + 3),
        _ => Some(0),
    }
}

/// The host, if it has a dot and something behind the dot.
fn domain(url: &[u8]) -> &[u8] {
    host(url).and_then(|(start, end)| url.get(start..end)).unwrap_or_default()
}

fn host(url: &[u8]) -> Option<(usize, usize)> {
    let mut start = authority(url)?;
    let (mut end, mut dot) = (url.len(), None);
    for (at, byte) in url.iter().enumerate().skip(start) {
        match byte {
            b'.' => dot = Some(at),
            b'@' => start = at + 1,
            b':' | b'/' | b'?' | b'#' => {
                end = at;
                break;
            }
            byte if is_forbidden(*byte) => return None,
            _ => {}
        }
    }
    let behind_dot = url.get(dot? + 1)?;
    (start < end && !b":/?#".contains(behind_dot)).then_some((start, end))
}

fn port(url: &[u8]) -> Option<i64> {
    let digits = from(url, host(url)?.1).strip_prefix(b":")?;
    let mut port = None;
    for byte in digits.iter().take_while(|byte| !b"/?#".contains(byte)) {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        port = Some(port.unwrap_or(0) * 10 + i64::from(digit)).filter(|port| *port <= 0xFFFF);
        port?;
    }
    port
}

/// The authority with user and port. With nothing forbidden behind it ClickHouse ends it at the last slash, or at `#`.
fn netloc(url: &[u8]) -> &[u8] {
    let Some(start) = authority(url) else { return b"" };
    let (mut user, mut slash, mut query) = (false, None, None);
    let mut end = url.len();
    for (at, byte) in url.iter().enumerate().skip(start) {
        match byte {
            b'/' | b'?' if user => return url.get(start..at).unwrap_or_default(),
            b'/' => slash = Some(at),
            b'?' => query = Some(at),
            b'#' => return url.get(start..at).unwrap_or_default(),
            b'@' => user = true,
            b'=' | b'&' => {}
            byte if is_forbidden(*byte) => {
                end = at;
                break;
            }
            _ => {}
        }
    }
    if end == url.len() && user {
        return from(url, start);
    }
    let end = [Some(end), slash, query].into_iter().flatten().min().unwrap_or(end);
    url.get(start..end).unwrap_or_default()
}

/// Everything from the first slash that is not part of `//`.
fn path(url: &[u8]) -> &[u8] {
    let Some(slash) = place(url, b"/", 0) else { return b"" };
    let start =
        if url.get(slash + 1) == Some(&b'/') { place(url, b"/", slash + 2) } else { Some(slash) };
    from(url, start.unwrap_or(url.len()))
}

fn cut_www(url: &[u8]) -> Vec<u8> {
    let start = place(url, b"/", 0)
        .filter(|slash| url.get(slash + 1) == Some(&b'/'))
        .map(|slash| slash + 2);
    let Some(mut start) = start else { return url.to_vec() };
    let authority = until(from(url, start), b"/?#");
    start += authority.iter().rposition(|byte| *byte == b'@').map_or(0, |at| at + 1);
    match from(url, start).strip_prefix(b"www.").filter(|rest| !rest.is_empty()) {
        Some(rest) => [before(url, start), rest].concat(),
        None => url.to_vec(),
    }
}

/// A parameter to look for.
pub(super) struct Parameter {
    /// Of the name and `=`.
    finder: memchr::memmem::Finder<'static>,
}

impl Parameter {
    pub(super) fn named(name: &[u8]) -> Self {
        Self { finder: memchr::memmem::Finder::new(&[name, b"="].concat()).into_owned() }
    }

    /// Where the parameter begins and where its value does: behind `?`, `#` or `&`.
    fn place(&self, url: &[u8]) -> Option<(usize, usize)> {
        let mut at = place(url, b"?#", 0)? + 1;
        loop {
            let found = self.finder.find(url.get(at..)?)? + at;
            let before = found.checked_sub(1).and_then(|i| url.get(i));
            if before.is_some_and(|byte| b"?#&".contains(byte)) {
                return Some((found, found + self.finder.needle().len()));
            }
            at = found + 1;
        }
    }

    /// The value of the parameter, empty without one.
    pub(super) fn value<'u>(&self, url: &'u [u8]) -> &'u [u8] {
        self.place(url).map_or(b"", |(_, value)| until(from(url, value), b"&#"))
    }
}

fn parameter_types(args: &[ChType]) -> SqlResult<ChType> {
    let list = match args.get(1) {
        Some(ChType::Array(item)) if **item == ChType::Nothing => "sx",
        Some(ChType::Array(item)) if **item != ChType::String => {
            let message = "Second argument of function cutURLParameter must be an array of strings";
            return Err(SqlError::new(ChCode::IllegalColumn, message));
        }
        Some(ChType::Array(_)) => "sa",
        _ => "ss",
    };
    check(args, list, ChType::String)
}

fn cut_parameters(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut url = bytes(args, 0).into_owned();
    let names = match args.get(1) {
        Some(Value::Array(_)) => items(args, 1),
        _ => vec![bytes(args, 1)],
    };
    for name in names {
        let Some((mut start, value)) = Parameter::named(&name).place(&url) else { continue };
        let mut end = place(&url, b"&#", value).unwrap_or(url.len());
        if url.get(end) == Some(&b'&') {
            end += 1;
        } else if start.checked_sub(1).and_then(|i| url.get(i)) == Some(&b'&') {
            start -= 1;
        }
        url.drain(start..end);
    }
    s(url)
}

/// The parameters of the query and of the fragment. One without `=` at the very end does not count, and `?` begins anew.
fn parameters(url: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::new();
    let Some(mut start) = place(url, b"?#", 0).map(|at| at + 1) else { return out };
    while start < url.len() {
        let Some(mut end) = place(url, b"=&#?", start) else { break };
        if url.get(end) == Some(&b'?') {
            start = end + 1;
            continue;
        }
        if url.get(end) == Some(&b'=') {
            end = place(url, b"&#", end).unwrap_or(url.len());
        }
        out.extend(url.get(start..end));
        start = end + 1;
    }
    out
}

/// The URL cut behind each `/`, `?` and `#` behind its host; of `URLPathHierarchy` without scheme and host.
fn hierarchy(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let url = bytes(args, 0);
    let of_path = call.name == "URLPathHierarchy";
    let separator = |at: usize| url.get(at).is_some_and(|byte| b"/?#".contains(byte));
    let scheme = url.iter().position(|byte| !byte.is_ascii_alphanumeric());
    let scheme = scheme.filter(|at| *at > 0 && from(&url, *at).starts_with(b"://"));
    let root = scheme.map_or(url.len(), |at| place(&url, b"/?#", at + 3).unwrap_or(url.len()));
    let mut out = Vec::new();
    let mut at = (root + 1).min(url.len());
    let start = if of_path { root } else { 0 };
    if !of_path && !url.is_empty() {
        out.push(before(&url, at));
    }
    loop {
        at += (at..).take_while(|at| separator(*at)).count();
        if at >= url.len() {
            break;
        }
        at = (at..url.len()).find(|at| separator(*at)).map_or(url.len(), |end| end + 1);
        super::text::room(out.len().saturating_mul(url.len()), &call.name)?;
        out.push(url.get(start..at).unwrap_or_default());
    }
    list(out)
}
