//! Everything behind a name in SQL: overloads are resolved by ClickHouse types here, and only what is registered here can
//! be reached. DataFusion's own operators are used where they mean the same (they prune files); our kernels elsewhere.

mod aggregate;
mod args;
mod arithmetic;
mod array_edit;
mod array_sets;
mod arrays;
mod bits;
mod calendar;
mod catalogue;
mod compare;
mod conditional;
mod conversion;
mod convert;
mod dates;
mod encoding;
mod fold;
mod hashes;
mod ip;
mod json;
mod key_value_pairs;
mod keyed;
mod lambda;
mod maps;
mod markup;
mod math;
mod misc;
mod ordinal;
mod printf;
mod random;
mod re2;
mod readable;
mod reduce;
mod regexp;
mod registry;
mod reinterpret;
mod replace;
mod rounding;
mod search;
mod similarity;
mod slices;
mod split;
mod strings;
mod supertype;
mod text;
mod time_floor;
mod time_format;
mod time_make;
mod time_parse;
mod time_shift;
mod tuples;
mod udf;
mod urls;
mod uuids;
mod vectorised;
mod vectors;
mod window;

pub(crate) use aggregate::{AggregateCall, aggregate, is_aggregate};
pub use catalogue::{FunctionInfo, FunctionKind, functions};
pub(crate) use compare::{compared_type, in_values, reads_as, to_predicate};
pub(crate) use conditional::case;
pub(crate) use convert::{cast, convert, default_value, explicit_cast, parse_text, unified};
pub(crate) use fold::fold;
pub(crate) use json::json_path;
pub(crate) use lambda::{Lambda, has_limit, higher_order, is_higher_order, is_lambda_call};
pub(crate) use ordinal::ordinal;
pub(crate) use registry::scalar;
pub(crate) use supertype::{common_type, literal, scalar_of, shared_type};
pub(crate) use time_shift::shift;
pub(crate) use udf::is_call_of;
pub(crate) use window::{Over, is_window_only, window};

/// A quantity in words, as `formatReadableQuantity` gives it.
pub(crate) fn readable_quantity(value: f64) -> String {
    readable::quantity(value)
}

/// `array`, after a check that it is as long as `other`.
pub(crate) fn same_size(
    array: datafusion::logical_expr::Expr,
    other: datafusion::logical_expr::Expr,
) -> datafusion::logical_expr::Expr {
    lambda::same_size(array, other)
}
