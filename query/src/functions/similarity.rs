//! How alike two texts are. Distances count bytes unless the name ends in UTF8.

use super::{
    registry::Entry,
    text::{bytes, characters, check, f, float, n, strict},
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use std::collections::{HashMap, HashSet};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "byteHammingDistance",
    "damerauLevenshteinDistance",
    "editDistance",
    "editDistanceUTF8",
    "jaroSimilarity",
    "jaroWinklerSimilarity",
    "ngramDistance",
    "ngramDistanceCaseInsensitive",
    "ngramDistanceCaseInsensitiveUTF8",
    "ngramDistanceUTF8",
    "ngramSearch",
    "ngramSearchCaseInsensitive",
    "ngramSearchCaseInsensitiveUTF8",
    "ngramSearchUTF8",
    "stringJaccardIndex",
    "stringJaccardIndexUTF8",
];

/// Most pairs of bytes of two texts whose distance takes time by their product: nothing can stop a call within a row.
const COMPARED_PAIRS_MAX: usize = 1 << 24;

/// Longest text of which ngrams are compared, as in ClickHouse.
const NGRAM_BYTES_MAX: usize = 1 << 15;

fn distance(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "ss~", ChType::UInt(64))
}

fn share(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "ss~", ChType::Float(64))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "byteHammingDistance" => strict(2, 2, distance, |_, a| {
            let (x, y) = (bytes(a, 0), bytes(a, 1));
            let differing = x.iter().zip(y.iter()).filter(|(x, y)| x != y).count();
            n(differing + x.len().abs_diff(y.len()))
        }),
        "editDistance" => strict(2, 2, distance, |call, a| {
            let (x, y) = compared(call, a)?;
            n(strsim::generic_levenshtein(&Items(&x), &Items(&y)))
        }),
        "editDistanceUTF8" => strict(2, 2, distance, |call, a| {
            let (x, y) = compared(call, a)?;
            n(strsim::generic_levenshtein(&Items(&characters(&x)), &Items(&characters(&y))))
        }),
        "damerauLevenshteinDistance" => strict(2, 2, distance, |call, a| {
            let (x, y) = compared(call, a)?;
            n(optimal_alignment(&x, &y))
        }),
        "jaroSimilarity" | "jaroWinklerSimilarity" => strict(2, 2, share, |call, a| {
            let (x, y) = compared(call, a)?;
            f(jaro(&x, &y, call.name == "jaroWinklerSimilarity"))
        }),
        "stringJaccardIndex" | "stringJaccardIndexUTF8" => strict(2, 2, share, |call, a| {
            let (x, y) = (bytes(a, 0), bytes(a, 1));
            f(if call.name.ends_with("UTF8") {
                jaccard(&characters(&x), &characters(&y))
            } else {
                jaccard(&x, &y)
            })
        }),
        _ if name.starts_with("ngram") && NAMES.contains(&name) => {
            strict(2, 2, |a| check(a, "ss~", ChType::Float(32)), ngram)
        }
        _ => None,
    }
}

/// Items as [`strsim`] takes them.
struct Items<'a, T>(&'a [T]);

impl<'a, T> IntoIterator for &'a Items<'_, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// Both texts, if they are not too long.
fn compared(call: &Call, args: &[Value]) -> SqlResult<(Vec<u8>, Vec<u8>)> {
    let (x, y) = (bytes(args, 0), bytes(args, 1));
    if x.len().saturating_mul(y.len()) > COMPARED_PAIRS_MAX {
        let message = format!(
            "The texts are too long for function {}: their lengths multiplied must not exceed {COMPARED_PAIRS_MAX}",
            call.name
        );
        return Err(SqlError::new(ChCode::TooLargeStringSize, message));
    }
    Ok((x.into_owned(), y.into_owned()))
}

/// Edits and swaps of neighbours, no part edited twice.
fn optimal_alignment(x: &[u8], y: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=y.len()).collect();
    let at = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX / 2);
    for (i, a) in x.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in y.iter().enumerate() {
            let edited = (at(&above, j) + usize::from(a != b))
                .min(at(&above, j + 1) + 1)
                .min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && x.get(i - 1) == Some(b) && y.get(j - 1) == Some(a);
            row.push(if swapped { edited.min(at(&before, j - 1) + 1) } else { edited });
        }
        before = std::mem::replace(&mut above, row);
    }
    at(&above, y.len())
}

/// The similarity of Jaro, and with the weight that Winkler gives a common beginning.
fn jaro(x: &[u8], y: &[u8], winkler: bool) -> f64 {
    if x.is_empty() || y.is_empty() {
        return 0.0;
    }
    let window = (x.len().max(y.len()) / 2).saturating_sub(1);
    let mut taken = vec![false; y.len()];
    let mut matched_x = Vec::new();
    for (i, byte) in x.iter().enumerate() {
        let (from, to) = (i.saturating_sub(window), (i + window + 1).min(y.len()));
        let found = (from..to).find(|j| y.get(*j) == Some(byte) && taken.get(*j) == Some(&false));
        if let Some(taken) = found.and_then(|j| taken.get_mut(j)) {
            *taken = true;
            matched_x.push(*byte);
        }
    }
    let matched_y = y.iter().zip(&taken).filter(|(_, taken)| **taken).map(|(byte, _)| byte);
    let swapped = matched_x.iter().zip(matched_y).filter(|(a, b)| a != b).count() / 2;
    let count = float(matched_x.len());
    if matched_x.is_empty() {
        return 0.0;
    }
    let similarity =
        (count / float(x.len()) + count / float(y.len()) + (count - float(swapped)) / count) / 3.0;
    let common = x.iter().zip(y).take(4).take_while(|(a, b)| a == b).count();
    if winkler && similarity > 0.7 {
        float(common).mul_add(0.1 * (1.0 - similarity), similarity)
    } else {
        similarity
    }
}

/// Common items among all items.
fn jaccard<T: std::hash::Hash + Eq>(x: &[T], y: &[T]) -> f64 {
    let (x, y): (HashSet<&T>, HashSet<&T>) = (x.iter().collect(), y.iter().collect());
    let all = x.union(&y).count();
    if all == 0 { 0.0 } else { float(x.intersection(&y).count()) / float(all) }
}

/// CRC-32C of eight bytes, as the processor's instruction computes it.
fn crc(seed: u32, value: u64) -> u32 {
    !crc32c::crc32c_append(!seed, &value.to_le_bytes())
}

/// Hashes of 16 bits of all ngrams: of 4 bytes, or of 3 characters.
fn ngram_hashes(call: &Call, value: &[u8]) -> Vec<u16> {
    let ignore_case = call.name.contains("CaseInsensitive");
    let low =
        |hash: u32| hash.to_le_bytes().first_chunk().map_or(0, |low| u16::from_le_bytes(*low));
    if !call.name.ends_with("UTF8") {
        let value = if ignore_case { value.to_ascii_lowercase() } else { value.to_vec() };
        let hash = |gram: &[u8]| gram.try_into().map_or(0, u32::from_le_bytes);
        return value.windows(4).map(|gram| low(crc(u32::MAX, u64::from(hash(gram))))).collect();
    }
    let points: Vec<u32> =
        characters(value).into_iter().map(|c| code_point(c, ignore_case)).collect();
    points
        .windows(3)
        .map(|gram| match gram {
            [a, b, c] => low(crc(*c, u64::from(*a) << 32 | u64::from(*b))),
            _ => 0,
        })
        .collect()
}

/// The bytes of a character as a number; without the bits that tell most letters in upper and lower case apart.
fn code_point(c: &[u8], ignore_case: bool) -> u32 {
    let point = c.iter().rev().fold(0, |point, byte| point << 8 | u32::from(*byte));
    let dropped = match c.len() {
        _ if !ignore_case => 0,
        0 | 1 => 0x20,
        2 => 0x2021,
        3 => 0x20_2021,
        _ => 0x2020_2021,
    };
    point & !dropped
}

/// `ngramDistance`: ngrams that only one text has, among all. `ngramSearch`: ngrams of the needle that are in the haystack.
#[expect(clippy::cast_possible_truncation, reason = "the answer is a Float32")]
fn ngram(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (haystack, needle) = (bytes(args, 0), bytes(args, 1));
    let symmetric = call.name.starts_with("ngramDistance");
    if haystack.len().max(needle.len()) > NGRAM_BYTES_MAX {
        return f(if symmetric { 1.0 } else { 0.0 });
    }
    let (haystack, needle) = (ngram_hashes(call, &haystack), ngram_hashes(call, &needle));
    let mut left: HashMap<u16, usize> = HashMap::new();
    for hash in &needle {
        *left.entry(*hash).or_default() += 1;
    }
    let mut only_needle = needle.len();
    let mut only_haystack = 0;
    for hash in &haystack {
        match left.get_mut(hash).filter(|count| **count > 0) {
            Some(count) => {
                *count -= 1;
                only_needle -= 1;
            }
            None => only_haystack += 1,
        }
    }
    let answer = if symmetric {
        float(only_needle + only_haystack) as f32
            / float((haystack.len() + needle.len()).max(1)) as f32
    } else {
        1.0 - float(only_needle) as f32 / float(needle.len().max(1)) as f32
    };
    f(f64::from(answer))
}
