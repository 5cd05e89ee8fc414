//! The base functions by name, with the names that SQL and older versions of ClickHouse use for them.

use super::{
    categorical, combinator, events,
    function::{Compute, Signature},
    groups, intervals, maps, quantiles, simple, statistics, tests_of_means,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
};

/// What a base function does with NULLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NullRule {
    /// Rows with a NULL do not count; NULL if there is no other.
    Skip,
    /// Rows with a NULL do not count; without another the answer is that of no rows.
    Default,
    /// The function sees NULLs.
    Own,
}

/// A base function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    /// Fewest and most arguments.
    pub(super) args: (usize, usize),
    /// Fewest and most parameters.
    pub(super) parameters: (usize, usize),
    /// The type of the answer, for types without Nullable; checks types and parameters.
    pub(super) ret: fn(&Signature<'_>) -> SqlResult<ChType>,
    pub(super) compute: Compute,
    pub(super) nulls: NullRule,
}

/// Any number of arguments or parameters.
pub(super) const MANY: usize = usize::MAX;

impl Base {
    /// A function without parameters that skips NULLs.
    pub(super) const fn new(
        args: usize,
        ret: fn(&Signature<'_>) -> SqlResult<ChType>,
        compute: Compute,
    ) -> Self {
        Self { args: (args, args), parameters: (0, 0), ret, compute, nulls: NullRule::Skip }
    }

    pub(super) const fn args(self, fewest: usize, most: usize) -> Self {
        Self { args: (fewest, most), ..self }
    }

    pub(super) const fn parameters(self, fewest: usize, most: usize) -> Self {
        Self { parameters: (fewest, most), ..self }
    }

    pub(super) const fn nulls(self, nulls: NullRule) -> Self {
        Self { nulls, ..self }
    }

    /// Whether a name is a base function that sees NULLs.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.nulls == NullRule::Own && base(name).is_some()
    }

    /// Counts of arguments and parameters.
    pub(super) fn check_counts(&self, signature: &Signature<'_>) -> SqlResult<()> {
        let (given, (fewest, most)) = (signature.args.len(), self.args);
        if given < fewest || given > most {
            return Err(super::arguments(signature.name));
        }
        let (given, (fewest, most)) = (signature.parameters.len(), self.parameters);
        if most == 0 && given > 0 {
            return Err(SqlError::new(
                ChCode::AggregateFunctionDoesntAllowParameters,
                format!("Aggregate function {} cannot have parameters", signature.name),
            ));
        }
        if given < fewest || given > most {
            return Err(SqlError::new(
                ChCode::NumberOfArgumentsDoesntMatch,
                format!("Aggregate function {} has the wrong number of parameters", signature.name),
            ));
        }
        Ok(())
    }
}

/// Names known in any case, with what they stand for.
const INSENSITIVE: &[(&str, &str)] = &[
    ("any_value", "any"),
    ("any_value_respect_nulls", "any_respect_nulls"),
    ("approx_top_count", "approx_top_k"),
    ("approx_top_k", "approx_top_k"),
    ("approx_top_sum", "approx_top_sum"),
    ("array_agg", "groupArray"),
    ("array_concat_agg", "groupArrayArray"),
    ("avg", "avg"),
    ("bit_and", "groupBitAnd"),
    ("bit_or", "groupBitOr"),
    ("bit_xor", "groupBitXor"),
    ("corr", "corr"),
    ("count", "count"),
    ("covar_pop", "covarPop"),
    ("covar_samp", "covarSamp"),
    ("first_value", "any"),
    ("first_value_respect_nulls", "any_respect_nulls"),
    ("group_concat", "groupConcat"),
    ("last_value", "anyLast"),
    ("last_value_respect_nulls", "anyLast_respect_nulls"),
    ("max", "max"),
    ("max_by", "argMax"),
    ("min", "min"),
    ("min_by", "argMin"),
    ("regr_avgx", "regr_avgx"),
    ("regr_avgy", "regr_avgy"),
    ("regr_count", "regr_count"),
    ("regr_intercept", "regr_intercept"),
    ("regr_r2", "regr_r2"),
    ("regr_slope", "regr_slope"),
    ("regr_sxx", "regr_sxx"),
    ("regr_sxy", "regr_sxy"),
    ("regr_syy", "regr_syy"),
    ("std", "stddevPop"),
    ("stddev", "stddevSamp"),
    ("stddev_pop", "stddevPop"),
    ("stddev_samp", "stddevSamp"),
    ("string_agg", "groupConcat"),
    ("sum", "sum"),
    ("var_pop", "varPop"),
    ("var_samp", "varSamp"),
];

/// Other names of functions, as written.
const ALIASES: &[(&str, &str)] = &[
    ("anyLastRespectNulls", "anyLast_respect_nulls"),
    ("anyRespectNulls", "any_respect_nulls"),
    ("anyValueRespectNulls", "any_respect_nulls"),
    ("firstValueRespectNulls", "any_respect_nulls"),
    ("lastValueRespectNulls", "anyLast_respect_nulls"),
    ("median", "quantile"),
    ("medianBFloat16", "quantileBFloat16"),
    ("medianDD", "quantileDD"),
    ("medianDeterministic", "quantileDeterministic"),
    ("medianExact", "quantileExact"),
    ("medianExactHigh", "quantileExactHigh"),
    ("medianExactLow", "quantileExactLow"),
    ("medianExactWeighted", "quantileExactWeighted"),
    ("medianGK", "quantileGK"),
    ("medianInterpolatedWeighted", "quantileInterpolatedWeighted"),
    ("medianTDigest", "quantileTDigest"),
    ("medianTDigestWeighted", "quantileTDigestWeighted"),
    ("medianTiming", "quantileTiming"),
    ("medianTimingWeighted", "quantileTimingWeighted"),
];

/// The name as ClickHouse spells it.
pub(super) fn spelling(name: &str) -> &str {
    let aliased =
        |(known, canonical): &(&str, &'static str)| (*known == name).then_some(*canonical);
    if let Some(canonical) = ALIASES.iter().find_map(aliased) {
        return canonical;
    }
    let insensitive = INSENSITIVE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    insensitive.map_or(name, |(_, canonical)| canonical)
}

/// The base function of a name.
pub(super) fn base(name: &str) -> Option<Base> {
    let name = spelling(name);
    [
        simple::base,
        groups::base,
        quantiles::base,
        statistics::base,
        categorical::base,
        tests_of_means::base,
        events::base,
        intervals::base,
        maps::base,
    ]
    .iter()
    .find_map(|module| module(name))
}

/// The names of all base functions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [
        simple::NAMES,
        groups::NAMES,
        quantiles::NAMES,
        statistics::NAMES,
        categorical::NAMES,
        tests_of_means::NAMES,
        events::NAMES,
        intervals::NAMES,
        maps::NAMES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// A name taken apart.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) base: Base,
    /// The base name, as ClickHouse spells it.
    pub(super) base_name: &'a str,
    /// Innermost first.
    pub(super) combinators: Vec<&'static str>,
}

/// The base function and the combinators of a name.
pub(super) fn split(name: &str) -> Option<Parts<'_>> {
    let mut rest = spelling(name);
    let mut combinators = Vec::new();
    loop {
        if let Some(base) = base(rest) {
            combinators.reverse();
            return Some(Parts { base, base_name: spelling(rest), combinators });
        }
        let (nested, suffix) = combinator::outermost(rest)?;
        combinators.push(suffix);
        rest = nested;
    }
}

/// Whether -Map of the function also takes keys and values as arrays.
pub(super) fn is_mapped(name: &str) -> bool {
    matches!(spelling(name), "sum" | "min" | "max")
}

/// Whether the function counts rows or values.
pub(super) fn counts(name: &str) -> bool {
    let name = spelling(name);
    name == "count" || name.starts_with("uniq")
}

/// The error of a name that is no aggregate function.
pub(super) fn unknown(name: &str) -> SqlError {
    SqlError::new(
        ChCode::UnknownAggregateFunction,
        format!("Aggregate function with name '{name}' does not exist"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_function() {
        let others = ALIASES.iter().chain(INSENSITIVE).map(|(name, _)| *name);
        for name in names().chain(others) {
            assert!(split(name).is_some(), "{name}");
        }
        assert_eq!(split("sumArrayIf").unwrap().combinators, ["Array", "If"]);
        assert!(split("sumNosuch").is_none());
        assert!(split("If").is_none());
    }
}
