//! What of an answer is shown: `--json=id,data.name` and `--jq FILTER`.

use super::{Problem, bytes, note, rows};
use jaq_core::{
    Compiler, Ctx, Native, RcIter,
    load::{Arena, File, Loader},
};
use jaq_json::Val;
use serde_json::{Map, Value};

/// The rows of an answer with some fields only: names of members, or paths such as `data.name`. A field that no row has is
/// null, and a note says so.
pub(crate) fn fields(body: &Value, names: &[&str]) -> Value {
    let is_list = body.get("meta").is_some() && body.get("data").is_some_and(Value::is_array);
    let rows = if is_list { rows(body) } else { vec![body.clone()] };
    for name in names {
        if !rows.is_empty() && rows.iter().all(|row| at(row, name).is_none()) {
            let known: Vec<&str> = rows
                .first()
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::keys)
                .map(String::as_str)
                .collect();
            note(&format!("no field {name} in the answer; it has {}", known.join(", ")));
        }
    }
    let pick = |row: &Value| -> Value {
        let picked: Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), at(row, name).cloned().unwrap_or_default()))
            .collect();
        Value::Object(picked)
    };
    if is_list { rows.iter().map(pick).collect() } else { pick(body) }
}

/// A member, or what is at a path of members.
fn at<'a>(row: &'a Value, path: &str) -> Option<&'a Value> {
    row.get(path).or_else(|| path.split('.').try_fold(row, |value, name| value.get(name)))
}

/// Prints what a jq filter makes of an answer: texts as they are, other values as JSON, a line each.
///
/// # Errors
/// A usage error with jq's complaint.
pub(crate) fn filtered(body: &Value, code: &str) -> Result<(), Problem> {
    let filter = compiled(code)?;
    let inputs = RcIter::new(std::iter::empty());
    for value in filter.run((Ctx::new([], &inputs), Val::from(body.clone()))) {
        let value = value.map_err(|error| Problem::usage(format!("--jq {code}: {error}")))?;
        let line = match &value {
            Val::Str(text) => format!("{text}\n"),
            other => format!("{other}\n"),
        };
        bytes(line.as_bytes()).map_err(|error| Problem::other(error.to_string()))?;
    }
    Ok(())
}

/// Refuses a filter that is none, before anything is sent.
pub(crate) fn check(code: &str) -> Result<(), Problem> {
    compiled(code).map(drop)
}

fn compiled(code: &str) -> Result<jaq_core::Filter<Native<Val>>, Problem> {
    let wrong = |what: String| Problem::usage(format!("--jq {code}: {what}"));
    let arena = Arena::default();
    let modules = Loader::new(jaq_std::defs().chain(jaq_json::defs()))
        .load(&arena, File { code, path: () })
        .map_err(|errors| wrong(complaint(&errors)))?;
    Compiler::default().with_funs(jaq_std::funs().chain(jaq_json::funs())).compile(modules).map_err(
        |errors| {
            let names = errors.into_iter().flat_map(|(_, all)| all).map(|(name, _)| name);
            wrong(format!("unknown name {}", names.collect::<Vec<_>>().join(", ")))
        },
    )
}

/// Where a filter cannot be read.
fn complaint(errors: &jaq_core::load::Errors<&str, ()>) -> String {
    use jaq_core::load::Error;
    let places = errors.iter().map(|(_, error)| match error {
        Error::Io(_) => "modules are not supported".to_owned(),
        Error::Lex(places) => places
            .iter()
            .map(|(expected, rest)| format!("expected {} at {rest:?}", expected.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
        Error::Parse(places) => places
            .iter()
            .map(|(expected, found)| format!("expected {} at {found:?}", expected.as_str()))
            .collect::<Vec<_>>()
            .join(", "),
    });
    places.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_are_members_or_paths_of_rows() {
        let list = json!({"data": [{"id": "a", "data": {"n": 1}}, {"id": "b"}], "meta": {}});
        assert_eq!(
            fields(&list, &["id", "data.n"]),
            json!([{"id": "a", "data.n": 1}, {"id": "b", "data.n": null}])
        );
        assert_eq!(fields(&json!({"id": "a", "data": [1]}), &["id"]), json!({"id": "a"}));
    }

    #[test]
    fn wrong_filters_say_where() {
        check(".data[] | select(.n > 1) | .id").unwrap();
        assert!(check(".data[").unwrap_err().message.starts_with("--jq .data[: expected"));
        assert!(check("nonsense").unwrap_err().message.contains("unknown name nonsense"));
    }
}
