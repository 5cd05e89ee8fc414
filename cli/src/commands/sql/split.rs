//! Where statements end: at a `;` or `\G` outside of quotes and comments.

/// A statement of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// Without what ends it.
    pub(super) text: &'a str,
    /// Whether it ends with `\G`: its answer is wanted line by line.
    pub(super) vertical: bool,
}

/// The statements of a text; the last one may lack its terminator.
pub(super) fn statements(text: &str) -> Vec<Statement<'_>> {
    scan(text).0
}

/// Whether nothing but comments follows the last terminator of a text.
pub(super) fn is_complete(text: &str) -> bool {
    scan(text).1
}

/// A part of a text.
enum Part {
    /// Quoted, or a word, or a sign.
    Words,
    /// White space or a comment.
    Nothing,
    /// `;`, or `\G` if it is true.
    Terminator(bool),
}

/// The first part of a text, and its length.
fn part(text: &[u8]) -> (Part, usize) {
    match text {
        [quote @ (b'\'' | b'"' | b'`'), ..] => (Part::Words, quoted(text, *quote)),
        [b'-', b'-', ..] | [b'#', b' ' | b'!', ..] => {
            (Part::Nothing, text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len()))
        }
        [b'/', b'*', ..] => (Part::Nothing, comment(text)),
        [b';', ..] => (Part::Terminator(false), 1),
        [b'\\', b'G', ..] => (Part::Terminator(true), 2),
        [byte, ..] if byte.is_ascii_whitespace() => (Part::Nothing, 1),
        _ => (Part::Words, 1),
    }
}

fn scan(text: &str) -> (Vec<Statement<'_>>, bool) {
    let (mut found, mut start, mut at) = (Vec::new(), 0, 0);
    let (mut has_words, mut complete) = (false, false);
    let statement = |start, end, vertical| {
        text.get(start..end).map(|text| Statement { text: text.trim(), vertical })
    };
    while let Some(rest) = text.as_bytes().get(at..).filter(|rest| !rest.is_empty()) {
        let (part, length) = part(rest);
        match part {
            Part::Words => (has_words, complete) = (true, false),
            Part::Nothing => {}
            Part::Terminator(vertical) => {
                found.extend(statement(start, at, vertical).filter(|_| has_words));
                (start, has_words, complete) = (at + length, false, true);
            }
        }
        at += length;
    }
    found.extend(statement(start, text.len(), false).filter(|_| has_words));
    (found, complete)
}

/// Length of a quoted text, with its quotes.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 1,
            _ if byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// Length of a comment, which may hold others.
fn comment(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest.starts_with(b"*/") {
            (depth, at) = (depth.saturating_sub(1), at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_outside_of_quotes_and_comments() {
        let texts = |text| statements(text).iter().map(|s| s.text).collect::<Vec<_>>();
        assert_eq!(texts("SELECT ';' ; SELECT 2 -- ; no\n;"), ["SELECT ';'", "SELECT 2 -- ; no"]);
        let whole = "SELECT 'it\\';s', `a;b` /* ; /* ; */ ; */";
        assert_eq!(texts(whole), [whole]);
        assert_eq!(texts(" ;; -- nothing\n"), Vec::<&str>::new());
        assert!(statements("SELECT 1\\G")[0].vertical);
        assert_eq!(texts("SELECT 'ä"), ["SELECT 'ä"]);
    }

    #[test]
    fn a_text_is_complete_after_its_terminator() {
        assert!(is_complete("SELECT 1;  -- done\n") && is_complete("SELECT 1\\G"));
        assert!(!is_complete("SELECT 1; SELECT") && !is_complete("SELECT ';'"));
    }
}
