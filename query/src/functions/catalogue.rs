//! The list of all functions, for `system.functions`, `rekor sql --functions`, completion, suggestions and the reference.
//!
//! Names come from the modules' own lists; whether a name is known in any case is asked of the registry. Tests hold the list
//! against ClickHouse's own and against the recorded answers.

mod names;

use super::{
    aggregate, array_edit, array_sets, bits, calendar, conversion, encoding, hashes, ip, json,
    key_value_pairs, keyed, maps, markup, math, misc, printf, random, readable, reduce, regexp,
    registry, reinterpret, replace, rounding, search, similarity, slices, split, strings,
    time_floor, time_format, time_make, time_parse, time_shift, tuples, urls, uuids, vectors,
};
use std::collections::BTreeSet;

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionKind {
    /// One value of each row.
    Scalar,
    /// One value of many rows; with OVER also of a window.
    Aggregate,
    /// Only with OVER.
    Window,
    /// A suffix of aggregate functions.
    Combinator,
    /// Stands in FROM.
    Table,
}

impl FunctionKind {
    /// Its name in `system.functions`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Aggregate => "aggregate",
            Self::Window => "window",
            Self::Combinator => "combinator",
            Self::Table => "table",
        }
    }
}

/// A function as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// ClickHouse's name.
    pub name: &'static str,
    /// What it is.
    pub kind: FunctionKind,
    /// What it is about.
    pub family: &'static str,
    /// Its other names.
    pub aliases: Vec<&'static str>,
    /// Whether the name is known in any case.
    pub case_insensitive: bool,
    /// How its answers differ from ClickHouse's, if they do.
    pub difference: Option<&'static str>,
}

impl FunctionInfo {
    /// Whether the function's name, or one of its aliases, is known in any case.
    pub fn is_known_in_any_case(&self, name: &str) -> bool {
        is_known_in_any_case(name, self.kind)
    }

    /// `supported`, or `differs` if some answers are not ClickHouse's.
    pub fn status(&self) -> &'static str {
        if self.difference.is_some() { "differs" } else { "supported" }
    }
}

/// A family: what it is about, and the names of its functions.
type Family = (&'static str, &'static [&'static [&'static str]]);

/// Scalar functions by family, in the order of the reference.
const SCALARS: &[Family] = &[
    ("Arithmetic", &[names::ARITHMETIC]),
    ("Comparison", &[names::COMPARISON]),
    ("Logic", &[names::LOGIC]),
    ("Conditions and NULL", &[names::CONDITIONS]),
    ("Mathematics", &[math::NAMES]),
    ("Rounding", &[rounding::NAMES]),
    ("Bits", &[bits::NAMES]),
    ("Conversion", &[conversion::NAMES, names::CONVERSIONS, reinterpret::NAMES]),
    ("Text", &[names::TEXT, strings::NAMES, printf::NAMES, slices::NAMES]),
    ("Search in text", &[search::NAMES, regexp::NAMES]),
    ("Replacement in text", &[replace::NAMES]),
    ("Splitting and joining text", &[split::NAMES]),
    ("Similarity of text", &[similarity::NAMES]),
    ("Markup", &[markup::NAMES]),
    ("Encoding", &[encoding::NAMES]),
    ("Hashes", &[hashes::NAMES]),
    ("URLs", &[urls::NAMES]),
    ("IP addresses", &[ip::NAMES]),
    ("UUIDs", &[uuids::NAMES, uuids::CALLS]),
    ("Random values", &[random::NAMES]),
    ("Readable numbers", &[readable::NAMES]),
    ("Parts of times", &[calendar::NAMES, &["toTimezone"]]),
    ("Rounding of times", &[time_floor::NAMES]),
    ("Arithmetic of times", &[time_shift::NAMES]),
    ("Making times", &[time_make::NAMES]),
    ("Formatting times", &[time_format::NAMES]),
    ("Parsing times", &[time_parse::NAMES, names::TIME_PARSING]),
    ("Arrays", &[names::ARRAYS, array_edit::NAMES, array_sets::NAMES, reduce::NAMES]),
    ("Arrays with lambdas", &[keyed::NAMES, keyed::WITH_LAMBDA]),
    ("Maps", &[maps::NAMES, key_value_pairs::NAMES]),
    ("Tuples and variants", &[names::COMPOSITES, tuples::NAMES]),
    ("Vectors", &[vectors::NAMES]),
    ("JSON", &[names::JSON]),
    ("Others", &[misc::NAMES]),
];

/// Functions that some answers of are not ClickHouse's, and how.
const DIFFERENCES: &[(&[&str], &str)] = &[
    (
        &["uniq", "uniqCombined", "uniqCombined64", "uniqHLL12", "uniqTheta"],
        "counts exactly, where ClickHouse estimates large sets",
    ),
    (&["topK", "topKWeighted", "approx_top_k", "approx_top_sum"], "counts exactly"),
    (
        &[
            "quantile",
            "quantiles",
            "quantileTDigest",
            "quantilesTDigest",
            "quantileTDigestWeighted",
            "quantilesTDigestWeighted",
            "quantileBFloat16",
            "quantilesBFloat16",
            "quantileDD",
            "quantilesDD",
            "quantileGK",
            "quantilesGK",
            "quantileTiming",
            "quantilesTiming",
            "quantileTimingWeighted",
            "quantilesTimingWeighted",
        ],
        "exact on large inputs, where ClickHouse estimates",
    ),
    (&["groupArraySample"], "takes the first rows"),
    (&["windowFunnel"], "refuses strict_once and allow_reentry"),
    (&["arrayUnion", "arraySymmetricDifference"], "keeps the order of first items"),
    (&["arrayShuffle", "arrayPartialShuffle"], "takes no seed"),
    (&["rand", "rand64", "randCanonical"], "each call gives numbers of its own"),
    (&["farmHash64"], "refuses texts of 512 bytes or more"),
    (&["jaroSimilarity"], "0 for an empty text"),
    (&["bitSlice", "reinterpretAsString"], "an error where the bits are no UTF-8"),
    (&["modulo", "positiveModulo"], "of a Decimal and a whole number keeps the scale"),
];

/// All functions: scalars by family, then aggregates, windows, combinators, table functions.
pub fn functions() -> Vec<FunctionInfo> {
    let mut all = Vec::new();
    for (family, lists) in SCALARS {
        let names: BTreeSet<&str> = lists.iter().copied().flatten().copied().collect();
        let more: BTreeSet<&str> =
            if *family == "JSON" { json::names().collect() } else { BTreeSet::new() };
        let names = names.union(&more).copied();
        all.extend(names.map(|name| info(name, FunctionKind::Scalar, family)));
    }
    let aggregates: BTreeSet<&str> = aggregate::base_names().collect();
    let aggregates = aggregates.into_iter();
    all.extend(aggregates.map(|name| info(name, FunctionKind::Aggregate, "Aggregate functions")));
    for (names, kind, family) in [
        (names::WINDOWS, FunctionKind::Window, "Window functions"),
        (names::COMBINATORS, FunctionKind::Combinator, "Combinators of aggregate functions"),
        (names::TABLE_FUNCTIONS, FunctionKind::Table, "Table functions"),
    ] {
        all.extend(names.iter().map(|name| info(name, kind, family)));
    }
    let mut seen = BTreeSet::new();
    all.retain(|function| !is_alias(function.name) && seen.insert((function.name, function.kind)));
    all
}

fn is_alias(name: &str) -> bool {
    names::ALIASES.iter().any(|(alias, _)| *alias == name)
}

fn info(name: &'static str, kind: FunctionKind, family: &'static str) -> FunctionInfo {
    let aliases = names::ALIASES.iter().filter(|(_, of)| *of == name).map(|(alias, _)| *alias);
    let difference = DIFFERENCES.iter().find(|(names, _)| names.contains(&name));
    FunctionInfo {
        name,
        kind,
        family,
        aliases: aliases.collect(),
        case_insensitive: is_known_in_any_case(name, kind),
        difference: difference.map(|(_, how)| *how),
    }
}

/// Whether another case of a name means the same function.
fn is_known_in_any_case(name: &str, kind: FunctionKind) -> bool {
    let swapped: String =
        name.chars()
            .map(|c| {
                if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
            })
            .collect();
    match kind {
        FunctionKind::Scalar => {
            let name = registry::canonical(name);
            name == "CAST" || registry::canonical(&swapped) == name
        }
        FunctionKind::Aggregate => aggregate::spelling(&swapped) == aggregate::spelling(name),
        FunctionKind::Window => super::is_window_only(&swapped),
        FunctionKind::Combinator | FunctionKind::Table => false,
    }
}

/// All names and aliases, for suggestions.
pub(super) fn known_names() -> impl Iterator<Item = &'static str> {
    let functions = functions().into_iter();
    let functions = functions.filter(|function| function.kind != FunctionKind::Combinator);
    functions.flat_map(|function| std::iter::once(function.name).chain(function.aliases))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_are_of_listed_functions() {
        let all = functions();
        for (alias, name) in names::ALIASES {
            assert!(all.iter().any(|function| function.name == *name), "{alias}: {name}");
        }
    }

    #[test]
    fn differences_are_of_functions() {
        let all = functions();
        for name in DIFFERENCES.iter().flat_map(|(names, _)| *names) {
            assert!(all.iter().any(|function| function.name == *name), "{name}");
        }
    }
}
