//! What `\d` shows.

use super::{ask::Session, complete::array_of};
use crate::ui::Problem;

/// Documents of a collection that are looked at for their paths.
const SAMPLE_DOCUMENTS: usize = 1_000;

const TABLES: &str = "SELECT table, arrayStringConcat(groupArray(name), ', ') AS columns \
    FROM (SELECT table, name FROM system.columns ORDER BY table, position) GROUP BY table ORDER BY table";

const COLLECTIONS: &str = "SELECT id AS collection, name, description FROM collections \
    WHERE deleted = false ORDER BY id";

const COLUMNS: &str =
    "SELECT name, type FROM system.columns WHERE table = {table:String} ORDER BY position";

/// Tables and collections.
pub(super) async fn everything(session: &Session) -> Result<(), Problem> {
    session.ask(TABLES, None).await?;
    session.ask(COLLECTIONS, None).await.map(drop)
}

/// The columns of a table, or the paths of a collection with their types.
pub(super) async fn one(session: &Session, name: &str) -> Result<(), Problem> {
    let name = name.trim_matches(['`', '"', '\'']);
    let columns = COLUMNS.replace("{table:String}", &literal(name));
    if !session.rows(&columns).await?.is_empty() {
        return session.ask(&columns, None).await.map(drop);
    }
    let collection = literal(name);
    let found = session
        .rows(&format!("SELECT 1 FROM collections WHERE id = {collection} AND deleted = false"))
        .await?;
    if found.is_empty() {
        return Err(Problem::other(format!(
            "there is no table and no collection {name}; \\d lists them"
        )));
    }
    session.ask(&paths(&collection), None).await.map(drop)
}

/// The paths of some documents of a collection; `collection` is a literal.
fn paths(collection: &str) -> String {
    format!(
        "SELECT concat('data.', tupleElement(pair, 1)) AS path, groupUniqArray(tupleElement(pair, 2)) AS types, \
         count() AS documents FROM (SELECT arrayJoin(arrayZip(mapKeys(m), mapValues(m))) AS pair \
         FROM (SELECT JSONAllPathsWithTypes(data) AS m FROM documents WHERE collection = {collection} AND deleted = false \
         LIMIT {SAMPLE_DOCUMENTS})) GROUP BY path ORDER BY path"
    )
}

/// The paths of a collection by name.
pub(super) async fn path_names(
    session: &Session,
    collection: &str,
) -> Result<Vec<String>, Problem> {
    let paths = paths(&literal(collection));
    let rows = session.rows(&format!("SELECT groupArray(path) AS names FROM ({paths})")).await?;
    Ok(array_of(&rows, "names"))
}

/// A text as SQL writes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
