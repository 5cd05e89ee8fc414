//! The token pass: ClickHouse syntax that sqlparser cannot read becomes syntax it can, with positions kept.

use crate::error::{ChCode, SqlError, SqlResult};
use sqlparser::{
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan, Word},
};

type T = TokenWithSpan;
fn tk(t: Token) -> T {
    TokenWithSpan { token: t, span: Span::empty() }
}
fn q(v: String) -> Token {
    Token::Word(Word { value: v, quote_style: Some('`'), keyword: Keyword::NoKeyword })
}
fn w(v: &str) -> Token {
    Token::make_word(v, None)
}
fn is_w(t: &Token, s: &str) -> bool {
    matches!(t, Token::Word(x) if x.quote_style.is_none() && x.value.eq_ignore_ascii_case(s))
}
fn kw(t: &T, ss: &[&str]) -> bool {
    ss.iter().any(|s| is_w(&t.token, s))
}

/// The number that digits and the word right behind them make together: binary digits, or digits behind underscores.
fn number_goes_on(digits: &str, next: Option<&Token>) -> Option<String> {
    let Some(Token::Word(Word { value, quote_style: None, .. })) = next else { return None };
    if digits == "0" {
        let binary = value.strip_prefix('b')?.replace('_', "");
        return u64::from_str_radix(&binary, 2).ok().map(|number| number.to_string());
    }
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    let rest = value.strip_prefix('_').filter(|_| plain)?;
    let fine = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    fine.then(|| format!("{digits}{}", rest.replace('_', "")))
}

/// A `WITH expr AS name`: the name and the expression's tokens.
pub(super) type WithAlias = (String, Vec<T>);

/// Rewrites the tokens of a statement into what sqlparser can parse.
///
/// # Errors
/// Constructs that are recognised here and not supported.
pub(super) fn rewrite(raw: &[T]) -> SqlResult<(Vec<T>, Vec<WithAlias>)> {
    // pass 1: adjacency-sensitive (whitespace still present)
    let mut o: Vec<T> = vec![];
    let mut i = 0;
    let path_ctx = |o: &Vec<T>| {
        // last token is a word that ends a dotted path
        let n = o.len();
        n >= 1
            && matches!(&o[n - 1].token, Token::Word(x) if x.quote_style.is_some() || x.keyword == Keyword::NoKeyword || (n >= 2 && o[n - 2].token == Token::Period))
    };
    while i < raw.len() {
        let t = &raw[i];
        let nx = |k: usize| raw.get(i + k).map(|x| &x.token);
        match &t.token {
            // 0b101 and 1_000: sqlparser ends the number before the letter
            Token::Number(digits, false) if number_goes_on(digits, nx(1)).is_some() => {
                let whole = number_goes_on(digits, nx(1)).unwrap_or_default();
                o.push(TokenWithSpan { token: Token::Number(whole, false), span: t.span });
                i += 2;
            }
            // 0xFF
            Token::HexStringLiteral(digits) => match i128::from_str_radix(digits, 16) {
                Ok(number) => {
                    let token = Token::Number(number.to_string(), false);
                    o.push(TokenWithSpan { token, span: t.span });
                    i += 1;
                }
                Err(_) => {
                    o.push(t.clone());
                    i += 1;
                }
            },
            // {name:Type} query parameter
            Token::LBrace if matches!(nx(1), Some(Token::Word(_)) | Some(Token::Whitespace(_))) => {
                let mut j = i + 1;
                let mut depth = 0;
                let mut body = vec![];
                while j < raw.len() {
                    match &raw[j].token {
                        Token::LParen => depth += 1,
                        Token::RParen => depth -= 1,
                        Token::RBrace if depth == 0 => break,
                        _ => {}
                    }
                    if !matches!(raw[j].token, Token::Whitespace(_)) {
                        body.push(raw[j].token.clone());
                    }
                    j += 1;
                }
                if body.len() >= 3 && matches!(body[0], Token::Word(_)) && body[1] == Token::Colon {
                    let name = body[0].to_string();
                    let ty: String = body[2..].iter().map(|x| x.to_string()).collect();
                    if ty == "Identifier" {
                        o.push(tk(q(format!("<{name}>"))));
                    } else {
                        for x in [
                            w("CAST"),
                            Token::LParen,
                            Token::Placeholder(format!("${name}")),
                            Token::Comma,
                            Token::SingleQuotedString(ty),
                            Token::RParen,
                        ] {
                            o.push(tk(x));
                        }
                    }
                    i = j + 1;
                    continue;
                }
                o.push(t.clone());
                i += 1;
            }
            Token::Period => match (nx(1), nx(2)) {
                (Some(Token::Colon), Some(Token::Word(x))) => {
                    // .:Type  or .:`Type`
                    let mut ty = x.value.clone();
                    let mut j = i + 3;
                    if x.quote_style.is_none() && nx(3) == Some(&Token::LParen) {
                        let mut dep = 0;
                        loop {
                            let s = &raw[j].token;
                            if *s == Token::LParen {
                                dep += 1
                            }
                            if *s == Token::RParen {
                                dep -= 1
                            }
                            ty += &s.to_string();
                            j += 1;
                            if dep == 0 {
                                break;
                            }
                        }
                    }
                    o.push(t.clone());
                    o.push(TokenWithSpan { token: q(format!(":{ty}")), span: raw[i + 2].span });
                    i = j;
                }
                (Some(Token::Caret), Some(Token::Word(x))) => {
                    o.push(t.clone());
                    o.push(TokenWithSpan {
                        token: q(format!("^{}", x.value)),
                        span: raw[i + 2].span,
                    });
                    i += 3;
                }
                _ => {
                    o.push(t.clone());
                    i += 1;
                }
            },
            // items[] / items[][]  => items.`:Array(JSON)`
            Token::LBracket if nx(1) == Some(&Token::RBracket) && path_ctx(&o) => {
                let mut n = 0;
                while nx(2 * n) == Some(&Token::LBracket) && nx(2 * n + 1) == Some(&Token::RBracket)
                {
                    n += 1;
                }
                let ty = format!("{}JSON{}", "Array(".repeat(n), ")".repeat(n));
                o.push(tk(Token::Period));
                o.push(tk(q(format!(":{ty}"))));
                i += 2 * n;
            }
            // t.1  (tokenizer yields Number(".1"))
            Token::Number(s, _)
                if s.starts_with('.')
                    && s.len() > 1
                    && o.last().is_some_and(|l| {
                        matches!(l.token, Token::Word(_) | Token::RParen | Token::RBracket)
                    })
                    && !matches!(raw[i - 1].token, Token::Whitespace(_)) =>
            {
                o.push(tk(Token::Period));
                o.push(TokenWithSpan { token: q(s[1..].to_string()), span: t.span });
                i += 1;
            }
            _ => {
                o.push(t.clone());
                i += 1;
            }
        }
    }
    // pass 2: whitespace-free keyword rewrites
    let v: Vec<T> = o.into_iter().filter(|t| !matches!(t.token, Token::Whitespace(_))).collect();
    let mut o: Vec<T> = vec![];
    let mut withs = vec![];
    let mut i = 0;
    let mut in_aj = false;
    let mods = [
        "ANY", "ALL", "ASOF", "SEMI", "ANTI", "LEFT", "RIGHT", "INNER", "FULL", "OUTER", "GLOBAL",
        "CROSS",
    ];
    while i < v.len() {
        let t = &v[i];
        // GLOBAL [NOT] IN
        if kw(t, &["GLOBAL"]) && i + 1 < v.len() && kw(&v[i + 1], &["IN", "NOT"]) {
            i += 1;
            continue;
        }
        // join modifiers: any order -> [side] [SEMI|ANTI] JOIN ; strictness recorded in a side table keyed by span
        if kw(t, &mods) && !(i > 0 && v[i - 1].token == Token::Period) {
            let mut j = i;
            while j < v.len() && kw(&v[j], &mods) {
                j += 1;
            }
            if j < v.len() && kw(&v[j], &["JOIN"]) {
                let has = |s: &str| v[i..j].iter().any(|x| is_w(&x.token, s));
                // GLOBAL means nothing on one server; the parser keeps it, so it carries ANY.
                if has("ANY") {
                    o.push(tk(w("GLOBAL")));
                }
                for s in ["LEFT", "RIGHT", "FULL", "INNER", "CROSS", "SEMI", "ANTI"] {
                    if has(s) {
                        o.push(tk(w(s)));
                    }
                }
                o.push(v[j].clone());
                if has("ASOF") {
                    return Err(SqlError::new(
                        ChCode::NotImplemented,
                        "ASOF joins are not supported yet; use a subquery with LIMIT 1 BY or an ordinary join.",
                    ));
                }
                i = j + 1;
                continue;
            }
        }
        // USING a, b -> USING (a, b)
        if kw(t, &["USING"]) && i + 1 < v.len() && matches!(v[i + 1].token, Token::Word(_)) {
            o.push(t.clone());
            o.push(tk(Token::LParen));
            i += 1;
            while i < v.len() {
                o.push(v[i].clone());
                i += 1;
                if i < v.len() && v[i].token == Token::Comma {
                    o.push(v[i].clone());
                    i += 1;
                } else {
                    break;
                }
            }
            o.push(tk(Token::RParen));
            continue;
        }
        // ARRAY JOIN [..]  -> ARRAY JOIN __expr([..])
        if kw(t, &["JOIN"]) && i > 0 && kw(&v[i - 1], &["ARRAY"]) {
            in_aj = true;
        }
        if kw(
            t,
            &[
                "WHERE", "PREWHERE", "GROUP", "ORDER", "LIMIT", "HAVING", "SETTINGS", "SELECT",
                "JOIN",
            ],
        ) && !(i > 0 && kw(&v[i - 1], &["ARRAY"]))
        {
            in_aj = false;
        }
        let after_as = i >= 2 && kw(&v[i - 2], &["AS"]);
        if (kw(t, &["JOIN"]) && in_aj || t.token == Token::Comma && in_aj && after_as)
            && i + 1 < v.len()
            && v[i + 1].token == Token::LBracket
        {
            o.push(t.clone());
            o.push(tk(w("__expr")));
            o.push(tk(Token::LParen));
            i += 1;
            let mut dep = 0;
            loop {
                match v[i].token {
                    Token::LBracket => dep += 1,
                    Token::RBracket => dep -= 1,
                    _ => {}
                }
                o.push(v[i].clone());
                i += 1;
                if dep == 0 {
                    break;
                }
            }
            o.push(tk(Token::RParen));
            continue;
        }
        // WITH expr AS name, cte AS (SELECT ..)
        if kw(t, &["WITH"])
            && i + 1 < v.len()
            && !kw(&v[i + 1], &["RECURSIVE", "TOTALS", "ROLLUP", "CUBE", "FILL", "TIES"])
        {
            let mut items: Vec<Vec<T>> = vec![vec![]];
            let mut dep = 0;
            let mut j = i + 1;
            while j < v.len() && !(dep == 0 && kw(&v[j], &["SELECT", "INSERT", "FROM"])) {
                match v[j].token {
                    Token::LParen | Token::LBracket => dep += 1,
                    Token::RParen | Token::RBracket => dep -= 1,
                    _ => {}
                }
                match items.last_mut() {
                    Some(item) if dep != 0 || v[j].token != Token::Comma => item.push(v[j].clone()),
                    _ => items.push(vec![]),
                }
                j += 1;
            }
            let mut ctes: Vec<Vec<T>> = vec![];
            for it in items {
                let n = it.len();
                let is_cte = n > 3
                    && kw(&it[1], &["AS"])
                    && it[2].token == Token::LParen
                    && kw(&it[3], &["SELECT", "WITH", "FROM"]);
                if !is_cte && n >= 3 && kw(&it[n - 2], &["AS"]) {
                    withs.push((it[n - 1].token.to_string(), it[..n - 2].to_vec()));
                } else {
                    ctes.push(it);
                }
            }
            if !ctes.is_empty() {
                o.push(t.clone());
                for (k, c) in ctes.into_iter().enumerate() {
                    if k > 0 {
                        o.push(tk(Token::Comma));
                    }
                    o.extend(c);
                }
            }
            i = j;
            continue;
        }
        // LIMIT n [OFFSET m | , m] BY e.. -> carried in SETTINGS __limit_by
        if kw(t, &["LIMIT"]) {
            let end = |mut j: usize| {
                let mut dep = 0;
                while j < v.len() {
                    match v[j].token {
                        Token::LParen | Token::LBracket => dep += 1,
                        Token::RParen | Token::RBracket => {
                            if dep == 0 {
                                break;
                            }
                            dep -= 1
                        }
                        Token::SemiColon => break,
                        _ => {}
                    }
                    if dep == 0
                        && kw(
                            &v[j],
                            &["LIMIT", "SETTINGS", "FORMAT", "UNION", "EXCEPT", "INTERSECT"],
                        )
                    {
                        break;
                    }
                    j += 1;
                }
                j
            };
            let e = end(i + 1);
            let ties = |k: &usize| kw(&v[*k], &["WITH"]) && *k + 1 < e && kw(&v[*k + 1], &["TIES"]);
            if let Some(b) = (i..e).find(ties) {
                o.extend(v[i..b].to_vec());
                let carrier =
                    [tk(w("__with_ties")), tk(Token::Eq), tk(Token::Number("1".into(), false))];
                let mut j = b + 2;
                o.push(tk(w("SETTINGS")));
                o.extend(carrier);
                if j < v.len() && kw(&v[j], &["SETTINGS"]) {
                    o.push(tk(Token::Comma));
                    j += 1;
                }
                i = j;
                continue;
            }
            if let Some(b) = (i..e).find(|&k| kw(&v[k], &["BY"])) {
                let head: Vec<T> = v[i + 1..b]
                    .iter()
                    .map(|x| if kw(x, &["OFFSET"]) { tk(Token::Comma) } else { x.clone() })
                    .collect();
                let mut carrier = vec![
                    tk(w("__limit_by")),
                    tk(Token::Eq),
                    tk(w("tuple")),
                    tk(Token::LParen),
                    tk(w("tuple")),
                    tk(Token::LParen),
                ];
                carrier.extend(head);
                carrier.push(tk(Token::RParen));
                carrier.push(tk(Token::Comma));
                carrier.extend(v[b + 1..e].to_vec());
                carrier.push(tk(Token::RParen));
                let mut j = e;
                if j < v.len() && kw(&v[j], &["LIMIT"]) {
                    let e2 = end(j + 1);
                    o.extend(v[j..e2].to_vec());
                    j = e2;
                }
                if j < v.len() && kw(&v[j], &["SETTINGS"]) {
                    o.push(v[j].clone());
                    o.extend(carrier);
                    o.push(tk(Token::Comma));
                    j += 1;
                } else {
                    o.push(tk(w("SETTINGS")));
                    o.extend(carrier);
                }
                i = j;
                continue;
            }
        }
        // DateTime('UTC')
        if is_w(&t.token, "DateTime")
            && i + 2 < v.len()
            && v[i + 1].token == Token::LParen
            && matches!(v[i + 2].token, Token::SingleQuotedString(_))
        {
            o.push(tk(w("DateTime64")));
            o.push(v[i + 1].clone());
            o.push(tk(Token::Number("0".into(), false)));
            o.push(tk(Token::Comma));
            i += 2;
            continue;
        }
        // INTERVAL '1 day'
        if kw(t, &["INTERVAL"])
            && let Some(Token::SingleQuotedString(s)) = v.get(i + 1).map(|x| &x.token)
            && let Some((n, u)) = s.split_once(' ')
        {
            o.push(t.clone());
            o.push(tk(Token::SingleQuotedString(n.into())));
            o.push(tk(w(u)));
            i += 2;
            continue;
        }
        // [AS x] FINAL: sqlparser 0.62 would take FINAL as a table alias -> drop it, record it
        if kw(t, &["FINAL"])
            && i > 0
            && !kw(&v[0], &["OPTIMIZE"])
            && matches!(v[i - 1].token, Token::Word(_) | Token::RParen)
        {
            /* every query sees the newest version of a row anyway */
            i += 1;
            continue;
        }
        // (1,) -> tuple(1)
        if t.token == Token::Comma && i + 1 < v.len() && v[i + 1].token == Token::RParen {
            let mut dep = 0;
            let mut k = o.len();
            while k > 0 {
                k -= 1;
                match o[k].token {
                    Token::RParen => dep += 1,
                    Token::LParen => {
                        if dep == 0 {
                            break;
                        }
                        dep -= 1
                    }
                    _ => {}
                }
            }
            if k == 0
                || !matches!(o[k - 1].token, Token::Word(ref x) if x.keyword == Keyword::NoKeyword)
            {
                o.insert(k, tk(w("tuple")));
            }
            i += 1;
            continue;
        }
        o.push(t.clone());
        i += 1;
    }
    Ok((o, withs))
}
