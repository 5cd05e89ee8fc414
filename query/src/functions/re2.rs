//! Patterns of RE2 in the syntax of the regex crate. The two differ in what classes such as `\w` contain, in quoting, in what
//! stands for itself, and inside brackets.

/// Reads a pattern.
struct Pattern<'a> {
    rest: &'a str,
    out: String,
}

/// The pattern in the syntax of the regex crate.
pub(super) fn of_re2(pattern: &str) -> String {
    let mut state = Pattern { rest: pattern, out: String::with_capacity(pattern.len() + 16) };
    while let Some(c) = state.next() {
        match c {
            '\\' => state.escape(),
            '[' => state.class(),
            '{' if !is_count(state.rest) => state.out.push_str("\\{"),
            other => state.out.push(other),
        }
    }
    state.out
}

/// Whether `n}`, `n,}` or `n,m}` follows a brace; RE2 takes any other brace as a character.
fn is_count(rest: &str) -> bool {
    let Some((count, _)) = rest.split_once('}') else { return false };
    let (low, high) = count.split_once(',').unwrap_or((count, ""));
    !low.is_empty() && low.chars().chain(high.chars()).all(|c| c.is_ascii_digit())
}

/// What a letter stands for in brackets.
fn members(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\x0C\\r ",
        _ => return None,
    })
}

impl Pattern<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        Some(c)
    }

    /// What follows a backslash outside of brackets.
    fn escape(&mut self) {
        let Some(c) = self.next() else {
            self.out.push('\\');
            return;
        };
        match c {
            'Q' => {
                let (quoted, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.out.push_str(&regex::escape(quoted));
                self.rest = rest;
            }
            'b' | 'B' => self.out.push_str(&format!("(?-u:\\{c})")),
            'C' => self.out.push_str("(?s-u:.)"),
            'd' | 'w' | 's' => {
                self.out.push_str(&format!("[{}]", members(c).unwrap_or_default()));
            }
            'D' | 'W' | 'S' => {
                let members = members(c.to_ascii_lowercase()).unwrap_or_default();
                self.out.push_str(&format!("[^{members}]"));
            }
            other => self.character(other),
        }
    }

    /// An escaped character: octal numbers become hexadecimal, and what need not be escaped is not.
    fn character(&mut self, c: char) {
        match c {
            '0'..='7' if c == '0' || self.rest.starts_with(|next: char| next.is_digit(8)) => {
                let digits: String =
                    self.rest.chars().take(2).take_while(|next| next.is_digit(8)).collect();
                self.rest = self.rest.get(digits.len()..).unwrap_or_default();
                let code = u32::from_str_radix(&format!("{c}{digits}"), 8).unwrap_or(0);
                self.out.push_str(&format!("\\x{{{code:X}}}"));
            }
            _ if c.is_ascii_alphanumeric() => self.out.extend(['\\', c]),
            _ => self.out.push_str(&regex::escape(&c.to_string())),
        }
    }

    /// A class in brackets: `[`, `&`, `~` are characters in it, `]` is one in the first place.
    fn class(&mut self) {
        self.out.push('[');
        if let Some(rest) = self.rest.strip_prefix('^') {
            self.out.push('^');
            self.rest = rest;
        }
        let mut first = true;
        while let Some(c) = self.next() {
            match c {
                ']' if !first => {
                    self.out.push(']');
                    return;
                }
                '[' if self.rest.starts_with(':') && self.rest.contains(":]") => {
                    let (name, rest) = self.rest.split_once(":]").unwrap_or_default();
                    self.out.push_str(&format!("[{name}:]"));
                    self.rest = rest;
                }
                ']' | '[' | '&' | '~' => self.out.extend(['\\', c]),
                '-' if self.rest.starts_with('-') => self.out.push_str("\\-"),
                '\\' => match self.next() {
                    Some(letter) if members(letter).is_some() => {
                        self.out.push_str(members(letter).unwrap_or_default());
                    }
                    Some(letter @ ('D' | 'W' | 'S')) => {
                        let members = members(letter.to_ascii_lowercase()).unwrap_or_default();
                        self.out.push_str(&format!("[^{members}]"));
                    }
                    Some('-') => self.out.push_str("\\-"),
                    Some('^') => self.out.push_str("\\^"),
                    Some(other) => self.character(other),
                    None => self.out.push('\\'),
                },
                other => self.out.push(other),
            }
            first = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::of_re2;

    #[test]
    fn patterns_of_re2_compile() {
        for (pattern, text) in [
            ("\\Qa.b\\E", "a.b"),
            ("[[]", "["),
            ("[a&&b]", "&"),
            ("[]]", "]"),
            ("[^]]", "a"),
            ("[\\w-]+", "a-b"),
            ("a{", "a{"),
            ("\\141", "a"),
            ("[[:alpha:]]", "x"),
            ("[\\]\\-]", "-"),
            ("a{1,2}", "a"),
        ] {
            let compiled = regex::bytes::Regex::new(&of_re2(pattern)).unwrap();
            assert!(compiled.is_match(text.as_bytes()), "{pattern}");
        }
    }
}
