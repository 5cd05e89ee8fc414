//! Functions of text: ASCII, other characters, and bytes that are no characters.

use super::{Form, agree, text, texts};
use crate::types::ChType;
use datafusion::{
    arrow::array::{ArrayRef, StringViewArray},
    logical_expr::ColumnarValue,
};
use std::sync::Arc;

fn column(texts: &ArrayRef) -> (ColumnarValue, ChType) {
    (ColumnarValue::Array(Arc::clone(texts)), ChType::String.nullable())
}

fn constant(value: &str) -> (ColumnarValue, ChType) {
    let (value, ty) = text(value);
    (ColumnarValue::Scalar(value), ty)
}

fn urls() -> ArrayRef {
    texts(&[
        "http://", "https://", "//", "www.", "example", ".com", ".", "/", "?", "q=", "&", "#",
        "user@", ":80", "ä", "path", " ", "=", "12",
    ])
}

/// Every batch that the functions tell apart.
fn batches() -> [(ArrayRef, Form); 3] {
    [
        (
            texts(&["a", "B", "c", " ", "ab", "%", "_", "\\", "\n", "longer than a view,"]),
            Form::Whole,
        ),
        (texts(&["a", "B", " ", "ä", "😀", "ß", "K", "ſ", "longer than a view,"]), Form::Whole),
        (texts(&["a", "B", "ä", "\u{10FFC3}", "\u{10FFA4}"]), Form::Any),
    ]
}

#[test]
fn plain_text_has_whole_forms() {
    for (batch, form) in batches() {
        for name in [
            "length",
            "lengthUTF8",
            "empty",
            "notEmpty",
            "lower",
            "upper",
            "reverseUTF8",
            "trimBoth",
            "trimLeft",
            "trimRight",
        ] {
            agree(name, &[column(&batch)], form);
        }
        for name in ["lowerUTF8", "upperUTF8", "reverse"] {
            agree(name, &[column(&batch)], Form::Any);
        }
        for name in ["startsWith", "endsWith", "position"] {
            for part in ["a", "ab", "ä", "😀", "longer than a view,a"] {
                agree(name, &[column(&batch), constant(part)], form);
            }
            agree(name, &[column(&batch), constant("")], Form::Any);
        }
        for (old, new) in [("a", "xyz"), ("ab", ""), ("ä", "ae"), ("zzz", "y")] {
            agree("replaceAll", &[column(&batch), constant(old), constant(new)], form);
        }
        agree("replaceAll", &[column(&batch), constant(""), constant("x")], Form::Any);
    }
}

#[test]
fn patterns() {
    for (batch, form) in batches() {
        for name in ["like", "notLike", "ilike", "notILike"] {
            for pattern in [
                "%ab%", "ab%", "%ab", "ab", "", "%", "%%", "a%b", "a_", "%\\%%", "%Ä%", "%k%",
                "%S", "LONGER%", "%_%",
            ] {
                agree(name, &[column(&batch), constant(pattern)], form);
            }
        }
        for pattern in ["a[bc ]*", "(a)(B)?", "^$", "ä|😀", "x?", "([a-z]+) (than)", "."] {
            for name in ["match", "extract"] {
                agree(name, &[column(&batch), constant(pattern)], form);
            }
            agree("regexpExtract", &[column(&batch), constant(pattern)], form);
        }
        // Half a character is no text.
        agree("extract", &[column(&batch), constant("(?-u:\\xC3)")], Form::Any);
        agree("match", &[column(&batch), constant("(")], Form::Any);
    }
}

#[test]
fn joined_and_split() {
    for (batch, form) in batches() {
        let other = texts(&["x", "ü", "", "a longer text for a buffer"]);
        agree("concat", &[column(&batch), constant("-"), column(&other)], form);
        agree("concat", &[constant("«"), column(&batch)], form);
        agree("concatWithSeparator", &[constant(", "), column(&batch), column(&other)], form);
        for separator in ["a", " ", "ab", "ä"] {
            agree("splitByString", &[constant(separator), column(&batch)], form);
        }
        agree("splitByChar", &[constant("a"), column(&batch)], form);
        agree("splitByString", &[constant(""), column(&batch)], Form::Any);
        agree("splitByChar", &[constant("ab"), column(&batch)], Form::Fails);
    }
    // Halves of a character become one when they meet.
    let halves: ArrayRef = Arc::new(StringViewArray::from(vec!["\u{10FFC3}", "a"]));
    let ends: ArrayRef = Arc::new(StringViewArray::from(vec!["\u{10FFA4}", "b"]));
    agree("concat", &[column(&halves), column(&ends)], Form::Any);
}

#[test]
fn hashes() {
    let number = |values: Vec<Option<i64>>, ty: ChType| {
        let values: Vec<crate::value::Value> = values
            .into_iter()
            .map(|v| v.map_or(crate::value::Value::Null, |v| crate::value::Value::Int(v.into())))
            .cycle()
            .take(super::ROWS)
            .collect();
        (ColumnarValue::Array(crate::value::to_array(&values, &ty).unwrap()), ty)
    };
    for name in [
        "cityHash64",
        "farmHash64",
        "farmFingerprint64",
        "sipHash64",
        "halfMD5",
        "xxHash32",
        "xxHash64",
        "xxh3",
        "murmurHash2_32",
        "murmurHash2_64",
        "gccMurmurHash",
        "murmurHash3_32",
        "murmurHash3_64",
    ] {
        for (batch, form) in batches() {
            agree(name, &[column(&batch)], form);
            agree(name, &[column(&batch), constant("x"), column(&batch)], form);
        }
        for (low, ty) in [
            (i64::MIN, ChType::Int(64).nullable()),
            (-128, ChType::Int(8).nullable()),
            (-40_000, ChType::Int(32).nullable()),
            (0, ChType::UInt(16).nullable()),
        ] {
            let numbers = number(vec![Some(low), Some(-1), Some(7), None, Some(0)], ty);
            let numbers = if low == 0 { number(vec![Some(1), None], numbers.1) } else { numbers };
            agree(name, std::slice::from_ref(&numbers), Form::Whole);
            agree(name, &[numbers, column(&batches()[0].0)], Form::Whole);
        }
    }
}

#[test]
fn parts_of_urls() {
    let urls = urls();
    for name in [
        "protocol",
        "domain",
        "domainWithoutWWW",
        "topLevelDomain",
        "netloc",
        "path",
        "pathFull",
        "queryString",
        "fragment",
        "queryStringAndFragment",
        "cutFragment",
        "cutQueryStringAndFragment",
    ] {
        agree(name, &[column(&urls)], Form::Whole);
    }
    for parameter in ["q", "path", "", "ä"] {
        agree("extractURLParameter", &[column(&urls), constant(parameter)], Form::Whole);
    }
}
