//! What is known of one difference, and how a mode judges it.

use super::{Category, Mode, Verdict, place::Anchor};
use serde_json::Value;

/// Rule of whatever cannot be decided.
pub(super) const UNDECIDED: &str = "REKOR_UNDECIDED";

/// Which inclusions between two schemas are shown. `false` means broken or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Relation {
    /// Every value valid under the old schema is valid under the new one.
    pub(super) back: bool,
    /// Every value valid under the new schema is valid under the old one.
    pub(super) fwd: bool,
}

impl Relation {
    pub(super) const BOTH: Self = Self { back: true, fwd: true };
    pub(super) const NEITHER: Self = Self { back: false, fwd: false };

    /// Of a conjunction of both.
    pub(super) fn and(self, other: Self) -> Self {
        Self { back: self.back && other.back, fwd: self.fwd && other.fwd }
    }

    /// Of one for which there are two reasons.
    pub(super) fn or(self, other: Self) -> Self {
        Self { back: self.back || other.back, fwd: self.fwd || other.fwd }
    }
}

/// A difference as the rooms report it.
pub(super) struct Report<'r, 's> {
    pub(super) rule: &'static str,
    pub(super) category: Category,
    pub(super) steps: &'r [&'r str],
    pub(super) old: Option<&'r Value>,
    pub(super) new: Option<&'r Value>,
    pub(super) relation: Relation,
    pub(super) backward: Verdict,
    pub(super) anchor: Option<Anchor<'s>>,
}

impl<'r, 's> Report<'r, 's> {
    /// A difference below the place at `steps`. Stored rows decide about what breaks *back*; the rest passes.
    pub(super) fn new(rule: &'static str, steps: &'r [&'r str], relation: Relation) -> Self {
        let (category, backward) = if relation.back {
            (Category::Read, Verdict::Pass)
        } else {
            (Category::Write, Verdict::Probe)
        };
        Self { rule, category, steps, old: None, new: None, relation, backward, anchor: None }
    }

    /// One that nothing is known of.
    pub(super) fn undecided(steps: &'r [&'r str]) -> Self {
        Self { category: Category::Data, ..Self::new(UNDECIDED, steps, Relation::NEITHER) }
    }

    /// Keyword or subschema before and after.
    pub(super) fn values(self, old: Option<&'r Value>, new: Option<&'r Value>) -> Self {
        Self { old, new, ..self }
    }

    /// Warns that readers may meet new shapes, where nothing worse is known.
    pub(super) fn warn_readers(self) -> Self {
        let quiet = self.backward == Verdict::Pass && !self.relation.fwd;
        Self { backward: if quiet { Verdict::Warn } else { self.backward }, ..self }
    }

    pub(super) fn category(self, category: Category) -> Self {
        Self { category, ..self }
    }

    pub(super) fn verdict(self, backward: Verdict) -> Self {
        Self { backward, ..self }
    }

    pub(super) fn at(self, anchor: Anchor<'s>) -> Self {
        Self { anchor: Some(anchor), ..self }
    }
}

/// A difference as it is kept.
#[derive(Debug)]
pub(super) struct Diff<'s> {
    pub(super) rule: &'static str,
    pub(super) category: Category,
    pub(super) path: String,
    pub(super) old: Value,
    pub(super) new: Value,
    pub(super) relation: Relation,
    pub(super) backward: Verdict,
    pub(super) anchor: Anchor<'s>,
}

impl Diff<'_> {
    pub(super) fn verdict(&self, mode: Mode) -> Verdict {
        match mode {
            Mode::None => self.backward.min(Verdict::Warn),
            Mode::Backward | Mode::BackwardTransitive => self.backward,
            Mode::Forward | Mode::ForwardTransitive => self.forward(),
            Mode::Full | Mode::FullTransitive => self.backward.max(self.forward()),
        }
    }

    /// Stored rows were written by the past: they cannot tell whether old readers survive, so there is no probe here.
    fn forward(&self) -> Verdict {
        if self.rule == UNDECIDED {
            Verdict::Probe
        } else if !self.relation.fwd {
            Verdict::Block
        } else if !self.relation.back {
            Verdict::Warn
        } else {
            self.backward.min(Verdict::Warn)
        }
    }
}
