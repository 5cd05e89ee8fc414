//! The shredder against the extraction kernel: whatever column a file has equals what the kernel cuts out of the texts,
//! and a column it does not have would hold nothing.

#![expect(clippy::unwrap_used, reason = "a test may")]

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray};
use proptest::prelude::*;
use rekor_core::{
    data_file::is_at_or_below,
    shred::{Shredded, Shredder, extract},
    subcolumn::{DocPath, LeafType, SubColumn, SubKind},
};

/// JSON texts with repeated and dotted member names, mixed arrays and nested arrays of objects.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|v| v.to_string()),
        (-5_i64..5).prop_map(|v| v.to_string()),
        Just(u64::MAX.to_string()),
        Just("123456789012345678901234567890".to_owned()),
        (-2..2).prop_map(|v| format!("{v}.5")),
        "[a-c]{0,2}".prop_map(|v| format!("\"{v}\"")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec(object(inner.clone()), 1..3)
                .prop_map(|v| format!("[{}]", v.join(","))),
            object(inner),
        ]
    })
}

fn object(inner: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::vec(("(a|b|a\\.b|\\[%|)", inner), 0..3).prop_map(|members| {
        let members: Vec<String> = members.iter().map(|(n, v)| format!("\"{n}\":{v}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

fn shred(texts: &[String]) -> Shredded {
    let mut shredder = Shredder::default();
    texts.iter().for_each(|text| shredder.push(text).unwrap());
    shredder.finish().unwrap()
}

/// The column that a name of the file means; `None` for `#kind`.
fn parse(name: &str) -> Option<SubColumn> {
    let name = name.strip_prefix("data.").unwrap();
    if let Some(path) = name.strip_suffix(".#len") {
        return Some(SubColumn { path: DocPath::new(path), kind: SubKind::ObjectArrayLen });
    }
    let (path, leaf) = name.rsplit_once(".:")?;
    Some(SubColumn::typed(DocPath::new(path), LeafType::parse(leaf).unwrap()))
}

fn is_missing(array: &ArrayRef) -> bool {
    match array.as_list_opt::<i32>() {
        Some(lists) => {
            (0..lists.len()).all(|row| lists.is_null(row) || lists.value(row).is_empty())
        }
        None => array.null_count() == array.len(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn columns_equal_the_kernel_and_absent_columns_are_empty(
        texts in prop::collection::vec(object(value()), 1..6),
    ) {
        let array = StringViewArray::from_iter_values(&texts);
        let shredded = shred(&texts);
        for (name, values) in &shredded.columns {
            let Some(column) = parse(name) else { continue };
            let cut = extract(&array, std::slice::from_ref(&column)).unwrap().remove(0);
            prop_assert_eq!(values, &cut, "{} of {:?}", name, texts);
        }
        let has = |name: &str| shredded.columns.iter().any(|(known, _)| known == name);
        for path in ["a", "b", "a.b", "a.a", "a[].b", "b[].a", "a.b[].a", "%5B%25", "a.%00"] {
            if shredded.overflow_paths.iter().any(|above| is_at_or_below(path, above)) {
                continue;
            }
            let arrays = LeafType::SCALARS.map(|item| LeafType::Array(Box::new(item)));
            for leaf in LeafType::SCALARS.into_iter().chain(arrays) {
                let untyped = matches!(leaf, LeafType::Array(_))
                    && shredded.untyped_array_paths.iter().any(|known| known == path);
                let column = SubColumn::typed(DocPath::new(path), leaf);
                let elements = path.rsplit_once("[]").map(|(above, _)| format!("data.{above}.#len"));
                if has(&column.name()) || untyped || elements.is_some_and(|len| has(&len)) {
                    continue;
                }
                let cut = extract(&array, std::slice::from_ref(&column)).unwrap().remove(0);
                prop_assert!(is_missing(&cut), "{} of {:?}: {:?}", column.name(), texts, shredded);
            }
        }
    }
}

#[test]
fn what_has_no_exact_column_overflows() {
    let texts = [
        r#"{"a":1,"a":2,"b":[1,"x"],"c":[[1]],"d":[{"e":[1]}],"f":[{"g":1},2],"ok":true}"#
            .to_owned(),
        format!(
            "{{\"wide\":{{{}}}}}",
            (0..300).map(|i| format!("\"k{i}\":1")).collect::<Vec<_>>().join(",")
        ),
    ];
    let shredded = shred(&texts);
    assert_eq!(shredded.overflow_paths, ["a", "b", "c", "d[].e", "f", "wide"]);
    let names: Vec<&str> = shredded.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["data.d.#len", "data.ok.:Bool"]);
}

#[test]
fn columns_are_capped() {
    let member = |i: usize| format!("\"o{}\":{{\"k{i}\":1}}", i / 50);
    let mut text = String::from("{");
    for group in 0..30 {
        let members: Vec<String> = (0..50).map(|i| format!("\"k{i}\":{i}")).collect();
        text.push_str(&format!("\"o{group}\":{{{}}},", members.join(",")));
    }
    text.push_str(&member(9_999));
    text.push('}');
    let shredded = shred(&[text]);
    assert_eq!(shredded.columns.len(), 1_000);
    assert_eq!(shredded.overflow_paths.len(), 501);
}
