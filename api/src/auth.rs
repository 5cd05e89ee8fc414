//! Who asks, and what they may do. One pure function decides; nothing else in Rekor does.

use rekor_core::{Error, ErrorKind, Result};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A person with a session. With `--dev`, the owner's credential.
    Human(String),
    /// A token, by its public id.
    Token(String),
    /// The in-process command line on a local data root: the rights of a full token, never those of a human.
    Local,
}

impl Principal {
    /// `human` or `token`, for the operations log.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Human(_) => "human",
            Self::Token(_) | Self::Local => "token",
        }
    }

    /// Id of the actor, for the operations log.
    pub fn id(&self) -> &str {
        match self {
            Self::Human(id) | Self::Token(id) => id,
            Self::Local => "local",
        }
    }
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    ReadDatabases,
    WriteDatabases,
    ReadCollections,
    WriteCollections,
    ReadDocuments,
    WriteDocuments,
    ReadRelationships,
    WriteRelationships,
    Query,
    ManageTokens,
    Administer,
    PromoteDryRun,
    Promote,
}

impl Action {
    /// Every action, for tests.
    pub const ALL: [Self; 13] = [
        Self::ReadDatabases,
        Self::WriteDatabases,
        Self::ReadCollections,
        Self::WriteCollections,
        Self::ReadDocuments,
        Self::WriteDocuments,
        Self::ReadRelationships,
        Self::WriteRelationships,
        Self::Query,
        Self::ManageTokens,
        Self::Administer,
        Self::PromoteDryRun,
        Self::Promote,
    ];
}

/// Decides. In this version every token has the full grant, so the only line drawn is the one no grant crosses:
/// promotion is a human act.
///
/// # Errors
/// `HumanRequired` for a promotion by anybody but a human.
pub fn authorise(principal: &Principal, action: Action) -> Result<()> {
    match (principal, action) {
        (Principal::Human(_), _) => Ok(()),
        (Principal::Token(_) | Principal::Local, Action::Promote) => Err(Error::new(
            ErrorKind::HumanRequired,
            "Promotion is a human act: a token cannot do it, whatever its grants. Ask a human to run `rekor databases promote`; \
             a dry run is allowed.",
        )),
        (Principal::Token(_) | Principal::Local, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_humans_promote_and_nothing_else_is_theirs_alone() {
        for action in Action::ALL {
            assert!(authorise(&Principal::Human("owner".into()), action).is_ok(), "{action:?}");
            for token in [Principal::Token("t".into()), Principal::Local] {
                let allowed = authorise(&token, action);
                assert_eq!(allowed.is_err(), action == Action::Promote, "{action:?}");
                if let Err(error) = allowed {
                    assert_eq!(error.kind, ErrorKind::HumanRequired);
                }
            }
        }
    }
}
