//! The authorisation table, walked whole: every operation × kind of principal × permission × scope × environment, against
//! rules written down a second time, in words that do not share code with what is tested.

#![expect(clippy::unwrap_used, reason = "a test may")]

use rekor_api::{
    auth::{Kind, Principal, Target, authorise},
    operation::{Needs, OPERATIONS, Operation, Place},
};
use rekor_core::{
    ErrorKind,
    grant::{Grants, Permission},
    id::DatabaseId,
};
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Arc};

fn principal(kind: Kind, grants: Value) -> Principal {
    let session = matches!(kind, Kind::Owner | Kind::Member).then(|| "session".to_owned());
    Principal { kind, id: "x".into(), grants: Arc::new(Grants::parse(&grants).unwrap()), session }
}

/// Scopes, and the databases among `acme`, `acme--next`, `other`, `other--x` that each reaches, and whether all collections.
fn scopes() -> Vec<(Value, Vec<&'static str>, bool)> {
    vec![
        (json!({"databases": ["*"]}), vec!["acme", "acme--next", "other", "other--x"], true),
        (json!({"databases": ["acme"]}), vec!["acme", "acme--next"], true),
        (json!({"databases": ["acme"], "environments": ["production"]}), vec!["acme"], true),
        (json!({"databases": ["acme"], "environments": ["preview"]}), vec!["acme--next"], true),
        (json!({"databases": ["acme--next"]}), vec!["acme--next"], true),
        (
            json!({"databases": ["acme"], "collections": ["invoices"]}),
            vec!["acme", "acme--next"],
            false,
        ),
    ]
}

#[test]
fn every_operation_has_one_row_and_every_row_names_its_faces() {
    let rows: HashSet<_> = OPERATIONS.iter().map(|facts| facts.operation).collect();
    assert_eq!(rows.len(), OPERATIONS.len(), "an operation has two rows");
    for facts in OPERATIONS {
        assert_eq!(facts.operation.facts().summary, facts.summary);
        assert!(!facts.routes.is_empty() && !facts.summary.is_empty(), "{:?}", facts.operation);
    }
}

#[test]
fn the_table_of_rights_holds_everywhere() {
    let mut decisions = 0;
    for facts in OPERATIONS {
        for (scope, reached, all_collections) in scopes() {
            let permissions =
                Permission::all().map(|p| json!([p])).chain([json!(["*"])]).collect::<Vec<_>>();
            for permissions in permissions {
                let grants = json!([{"scope": scope, "permissions": permissions}]);
                for kind in [Kind::Owner, Kind::Member, Kind::Token, Kind::Local] {
                    let who = principal(kind, grants.clone());
                    for database in ["acme", "acme--next", "other", "other--x"] {
                        for collection in ["invoices", "secrets"] {
                            decisions += 1;
                            check(
                                facts.operation,
                                &who,
                                &permissions,
                                &scope,
                                database,
                                collection,
                                reached.contains(&database),
                                all_collections || collection == "invoices",
                            );
                        }
                    }
                }
            }
        }
    }
    assert!(decisions > 100_000, "{decisions}");
}

#[expect(clippy::too_many_arguments, reason = "one row of a table")]
fn check(
    operation: Operation,
    who: &Principal,
    permissions: &Value,
    scope: &Value,
    database: &str,
    collection: &str,
    sees_database: bool,
    sees_collection: bool,
) {
    let facts = operation.facts();
    let id = DatabaseId::parse(database).unwrap();
    let target = match facts.place {
        Place::Account => Target::ACCOUNT,
        Place::Database | Place::Whole | Place::Preview => Target::database(&id),
        Place::Collection => Target::collection(&id, collection),
    };
    let in_account = facts.place == Place::Account;
    let human = matches!(who.kind, Kind::Owner | Kind::Member);
    // What concerns a whole database is not for who reaches some of its collections.
    let enough = facts.place != Place::Whole || scope.get("collections").is_none();
    let has = |wanted: Permission| {
        enough && permissions.as_array().unwrap().iter().any(|p| p == "*" || *p == json!(wanted))
    };
    let everything = *scope == json!({"databases": ["*"]}) && has_all(permissions);
    let expected = if !in_account
        && (!sees_database || facts.place == Place::Collection && !sees_collection)
    {
        Err(ErrorKind::NotFound)
    } else {
        match facts.needs {
            Needs::Credential => Ok(()),
            Needs::Permission(wanted) if has(wanted) => Ok(()),
            Needs::Permission(_) => Err(ErrorKind::Forbidden),
            Needs::Everything if everything => Ok(()),
            Needs::Everything => Err(ErrorKind::Forbidden),
            Needs::Human(_) if !human => Err(ErrorKind::HumanRequired),
            Needs::Human(wanted) if has(wanted) => Ok(()),
            Needs::Human(_) => Err(ErrorKind::Forbidden),
            Needs::Owner if who.kind == Kind::Owner => Ok(()),
            Needs::Session if human => Ok(()),
            Needs::Owner | Needs::Session => Err(ErrorKind::HumanRequired),
        }
    };
    let expected = match expected {
        Ok(()) if facts.place == Place::Preview && !database.contains("--") => {
            Err(ErrorKind::Forbidden)
        }
        other => other,
    };
    let decided = authorise(who, operation, target).map_err(|error| error.kind);
    assert_eq!(decided, expected, "{operation:?} by {who:?} on {database}/{collection}");
}

fn has_all(permissions: &Value) -> bool {
    permissions.as_array().unwrap().iter().any(|p| p == "*")
}

/// What is out of reach looks like what does not exist: one error, word for word.
#[test]
fn out_of_reach_is_missing() {
    let token = principal(
        Kind::Token,
        json!([{"scope": {"databases": ["acme"], "collections": ["invoices"]}, "permissions": ["*"]}]),
    );
    let all =
        principal(Kind::Token, json!([{"scope": {"databases": ["*"]}, "permissions": ["*"]}]));
    let (acme, other) = (DatabaseId::parse("acme").unwrap(), DatabaseId::parse("other").unwrap());
    let database = authorise(&token, Operation::DatabaseGet, Target::database(&other)).unwrap_err();
    assert_eq!(database.body(), rekor_api::auth::missing_database("other").body());
    let collection =
        authorise(&token, Operation::DocumentGet, Target::collection(&acme, "secrets"))
            .unwrap_err();
    assert_eq!(collection.body(), rekor_api::auth::missing_collection(&acme, "secrets").body());
    authorise(&all, Operation::DocumentGet, Target::collection(&acme, "secrets")).unwrap();
}
