//! When two schemas surely have no value in common.

use super::{
    place::{Node, Object},
    types::Types,
    value,
    walk::Walk,
};

/// How deep members are looked into for one that tells two objects apart.
const LEVEL_MAX: usize = 4;

impl<'s> Walk<'s> {
    /// Whether no value matches both: their types differ, their listed values, or a member that both require.
    pub(super) fn is_disjoint(&mut self, a: Node<'s>, b: Node<'s>) -> bool {
        self.is_disjoint_at(a, b, LEVEL_MAX)
    }

    fn is_disjoint_at(&mut self, a: Node<'s>, b: Node<'s>, levels: usize) -> bool {
        let Some(levels) = levels.checked_sub(1).filter(|_| self.spend(2)) else { return false };
        let common = self.types(a).meet(self.types(b));
        if common.is_empty() {
            return true;
        }
        let (Some(a), Some(b)) = (self.resolved_object(a), self.resolved_object(b)) else {
            return false;
        };
        self.have_other_values(a, b)
            || (common == Types::OBJECT && self.have_other_member(a, b, levels))
    }

    fn have_other_values(&mut self, a: Object<'s>, b: Object<'s>) -> bool {
        let (Some(a), Some(b)) = (a.values(), b.values()) else { return false };
        self.spend(a.len() * b.len())
            && a.iter().all(|x| b.iter().all(|y| value::equal(x, y) == Some(false)))
    }

    fn have_other_member(&mut self, a: Object<'s>, b: Object<'s>, levels: usize) -> bool {
        let required = b.required();
        a.required().into_iter().filter(|name| required.contains(name)).any(|name| {
            match (a.entry("properties", name), b.entry("properties", name)) {
                (Some(a), Some(b)) => self.is_disjoint_at(a, b, levels),
                _ => false,
            }
        })
    }
}
