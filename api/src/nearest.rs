//! The name somebody may have meant.

use rekor_core::{Error, ErrorKind, error::Detail};

/// The name that is most like a wrong one, if any is close.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&wrong, &name.to_lowercase());
    known
        .map(|name| (distance(name), name))
        .filter(|(distance, name)| *distance > 0 && *distance <= 1 + name.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The error about a missing thing, with the name that may have been meant. Only names that the caller reaches may be known
/// here: the answer must be the same for what does not exist and for what is out of reach.
pub(crate) fn with_nearest<'a>(
    error: Error,
    wrong: &str,
    reached: impl Iterator<Item = &'a str>,
) -> Error {
    match nearest(wrong, reached) {
        Some(near) if error.kind == ErrorKind::NotFound => {
            let message = format!("{} Did you mean {near}?", error.message);
            let detail = Detail::default().with("did_you_mean", near);
            Error { message, ..error }.with_detail(detail)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn close_names_only() {
        let known = || ["invoices", "payments", "db"].into_iter();
        assert_eq!(nearest("invoces", known()), Some("invoices"));
        assert_eq!(nearest("Invoice", known()), Some("invoices"));
        assert_eq!(nearest("bd", known()), Some("db"));
        assert_eq!(nearest("customers", known()), None);
        assert_eq!(nearest("payments", known()), None, "it is there");
    }
}
