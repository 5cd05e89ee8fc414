//! An expression with its ClickHouse type: the node of the front end's typed tree.

use crate::types::ChType;
use datafusion::{
    common::ScalarValue,
    logical_expr::{Expr, cast, lit},
};

/// A DataFusion expression and the ClickHouse type of its values.
#[derive(Clone, Debug)]
pub(crate) struct Typed {
    /// The expression. Its physical type is `ty.arrow()`, or Boolean if `predicate`.
    pub(crate) expr: Expr,
    /// The ClickHouse type.
    pub(crate) ty: ChType,
    /// Whether `ty` is `UInt8` or `Nullable(UInt8)` and the expression is still a Boolean: comparisons stay Booleans until
    /// their value is needed, so that DataFusion can prune by them.
    pub(crate) predicate: bool,
    /// Whether the value stands so in a document: a float that is never NaN.
    pub(crate) stored: bool,
}

impl Typed {
    /// A value of its type.
    pub(crate) fn value(expr: Expr, ty: ChType) -> Self {
        Self { expr, ty, predicate: false, stored: false }
    }

    /// A Boolean that ClickHouse calls UInt8.
    pub(crate) fn predicate(expr: Expr, nullable: bool) -> Self {
        let ty = if nullable { ChType::UInt(8).nullable() } else { ChType::UInt(8) };
        Self { expr, ty, predicate: true, stored: false }
    }

    /// The expression as a value of `ty.arrow()`.
    pub(crate) fn into_value(self) -> Expr {
        if self.predicate { cast(self.expr, self.ty.arrow()) } else { self.expr }
    }

    /// The constant, if the expression is one.
    pub(crate) fn constant(&self) -> Option<&ScalarValue> {
        match &self.expr {
            Expr::Literal(value, _) => Some(value),
            _ => None,
        }
    }

    /// Whether it is the same in every row, and can be computed before there are any.
    pub(crate) fn is_fixed(&self) -> bool {
        self.expr.column_refs().is_empty() && !self.expr.is_volatile()
    }

    /// A bare NULL: `Nullable(Nothing)`.
    pub(crate) fn null() -> Self {
        Self::value(lit(ScalarValue::Null), ChType::Nullable(Box::new(ChType::Nothing)))
    }
}
