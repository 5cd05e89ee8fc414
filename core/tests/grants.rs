//! Grants: what they cover, and that nobody can hand out more than they have.

#![expect(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use rekor_core::{
    grant::{Grants, Permission, Subject},
    id::DatabaseId,
};
use serde_json::{Value, json};

fn grants(value: Value) -> Grants {
    Grants::parse(&value).unwrap()
}

fn id(text: &str) -> DatabaseId {
    DatabaseId::parse(text).unwrap()
}

#[test]
fn a_scope_covers_what_it_names() {
    let scoped = |scope: Value| grants(json!([{"scope": scope, "permissions": ["*"]}]));
    for (scope, covered, not) in [
        (json!({"databases": ["*"]}), vec!["a", "a--p"], vec![]),
        (json!({"databases": ["a"]}), vec!["a", "a--p"], vec!["b", "b--p", "ab"]),
        (json!({"databases": ["a"], "environments": ["production"]}), vec!["a"], vec!["a--p"]),
        (json!({"databases": ["a"], "environments": ["preview"]}), vec!["a--p"], vec!["a"]),
        (json!({"databases": ["a--p"]}), vec!["a--p"], vec!["a", "a--q"]),
        (json!({"databases": ["a--p"], "environments": ["production"]}), vec!["a--p"], vec!["a"]),
        (json!({"databases": ["*"], "environments": ["preview"]}), vec!["a--p"], vec!["a"]),
    ] {
        let grants = scoped(scope.clone());
        assert!(covered.iter().all(|name| grants.see(&id(name))), "{scope}");
        assert!(!not.iter().any(|name| grants.see(&id(name))), "{scope}");
    }
}

#[test]
fn both_vocabularies_are_read_and_one_is_written() {
    let old = grants(
        json!([{"scope": {"workspaces": ["w"], "collections": ["c"]}, "permissions": ["read:records", "write:inbound_webhooks"]}]),
    );
    assert_eq!(
        json!(old),
        json!([{"scope": {"databases": ["w"], "collections": ["c"]}, "permissions": ["read:documents", "write:hooks"]}])
    );
    assert_eq!(grants(json!(old)), old);
    for wrong in [
        json!([]),
        json!({}),
        json!([{"scope": {"databases": []}, "permissions": ["*"]}]),
        json!([{"scope": {"databases": ["*"]}, "permissions": []}]),
        json!([{"scope": {"databases": ["*"]}, "permissions": ["read:everything"]}]),
        json!([{"scope": {"databases": ["UPPER"]}, "permissions": ["*"]}]),
        json!([{"scope": {"databases": ["_rekor"]}, "permissions": ["*"]}]),
        json!([{"scope": {"databases": ["*"], "collection": ["x"]}, "permissions": ["*"]}]),
        json!([{"scope": {"collections": ["x"]}, "permissions": ["*"]}]),
    ] {
        let error = Grants::parse(&wrong).unwrap_err();
        assert!(error.message.contains("grants"), "{wrong}: {error}");
    }
}

fn grant() -> impl Strategy<Value = Value> {
    let databases = prop::sample::subsequence(vec!["*", "a", "b", "a--p", "b--q"], 1..3);
    let collections = prop::option::of(prop::sample::subsequence(vec!["*", "c", "d"], 1..3));
    let environments =
        prop::option::of(prop::sample::subsequence(vec!["production", "preview"], 0..3));
    let permissions = prop::sample::subsequence(
        vec!["*", "read:documents", "write:documents", "read:relationships"],
        1..4,
    );
    (databases, collections, environments, permissions).prop_map(|(d, c, e, p)| {
        let mut scope = json!({"databases": d});
        if let Some(c) = c {
            scope["collections"] = json!(c);
        }
        if let Some(e) = e {
            scope["environments"] = json!(e);
        }
        json!({"scope": scope, "permissions": p})
    })
}

/// Everything grants can be asked, on a small world.
fn reach(grants: &Grants) -> Vec<(String, String, Permission)> {
    let mut out = Vec::new();
    for database in ["a", "b", "z", "a--p", "a--x", "b--q", "z--z"] {
        for collection in ["c", "d", "other"] {
            for permission in Permission::all() {
                if grants.collections(permission, &id(database)).contains(collection) {
                    out.push((database.to_owned(), collection.to_owned(), permission));
                }
            }
        }
    }
    out
}

proptest! {
    #[test]
    fn a_token_within_a_ceiling_reaches_nothing_above_it(
        child in prop::collection::vec(grant(), 1..3),
        ceiling in prop::collection::vec(grant(), 1..3),
    ) {
        let (child, ceiling) = (grants(json!(child)), grants(json!(ceiling)));
        if child.are_within(&ceiling) {
            let above = reach(&ceiling);
            for reached in reach(&child) {
                prop_assert!(above.contains(&reached), "{reached:?}");
            }
        }
        prop_assert!(child.are_within(&child));
        prop_assert!(child.are_within(&Grants::full()));
    }
}

proptest! {
    #[test]
    fn what_is_narrowed_is_within_and_reaches_no_more_than_both(
        own in prop::collection::vec(grant(), 1..3),
        chosen in grant(),
    ) {
        let (own, chosen) = (grants(json!(own)), grants(json!([chosen])));
        let narrowed = own.narrowed(&chosen.0[0]);
        prop_assert!(narrowed.are_within(&own), "{}", json!(narrowed));
        let (above, wanted) = (reach(&own), reach(&chosen));
        for reached in reach(&narrowed) {
            prop_assert!(above.contains(&reached) && wanted.contains(&reached), "{reached:?}");
        }
    }
}

#[test]
fn narrowing_keeps_what_is_wanted_of_what_there_is() {
    let chosen = |value: Value| grants(json!([value])).0.remove(0);
    let full = Grants::full();
    let wanted = json!({"scope": {"databases": ["a"], "environments": ["production"]}, "permissions": ["read:documents"]});
    assert_eq!(json!(full.narrowed(&chosen(wanted.clone()))), json!([wanted]));
    let own = grants(json!([
        {"scope": {"databases": ["a"], "collections": ["c"]}, "permissions": ["*"]},
        {"scope": {"databases": ["b"]}, "permissions": ["*"]},
        {"scope": {"databases": ["a--p"]}, "permissions": ["read:documents"]},
    ]));
    let wanted = json!({"scope": {"databases": ["a"]}, "permissions": ["read:documents"]});
    assert_eq!(
        json!(own.narrowed(&chosen(wanted))),
        json!([
            {"scope": {"databases": ["a"], "collections": ["c"]}, "permissions": ["read:documents"]},
            {"scope": {"databases": ["a--p"]}, "permissions": ["read:documents"]},
        ])
    );
    let elsewhere = json!({"scope": {"databases": ["z"]}, "permissions": ["*"]});
    assert!(own.narrowed(&chosen(elsewhere)).0.is_empty());
}

#[test]
fn a_permission_to_write_does_not_read() {
    let grants =
        grants(json!([{"scope": {"databases": ["a"]}, "permissions": ["write:documents"]}]));
    assert!(grants.collections(Permission::read(Subject::Documents), &id("a")).is_empty());
    assert!(!grants.collections(Permission::write(Subject::Documents), &id("a")).is_empty());
}
