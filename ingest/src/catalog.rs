//! The catalog, derived from system rows as they are written or replayed.

use rekor_core::{
    Error, Result,
    catalog::{Catalog, Collection, CollectionEntry, Database, DatabaseEntry, TableRole, Token},
    id::{DatabaseId, TableId},
    row::Row,
    schema::Schema,
};
use std::sync::Arc;

/// Applies a system row to the catalog. Rows of other tables change nothing.
///
/// # Errors
/// `Corrupt` if the row's JSON is not what its table holds.
pub(crate) fn apply(catalog: &mut Arc<Catalog>, table: TableId, row: &Row) -> Result<()> {
    if table == TableId::TOKENS {
        return apply_token(Arc::make_mut(catalog), row);
    }
    if table == TableId::DATABASES {
        return apply_database(Arc::make_mut(catalog), row);
    }
    match catalog.roles.get(&table) {
        Some(TableRole::Collections(database)) => {
            let database = database.clone();
            apply_collection(Arc::make_mut(catalog), &database, row)
        }
        _ => Ok(()),
    }
}

fn parse<'a, T: serde::Deserialize<'a>>(row: &'a Row) -> Result<T> {
    serde_json::from_slice(&row.doc).map_err(|error| {
        Error::corrupt(format!("The system row {} cannot be read: {error}.", row.id))
    })
}

fn apply_token(catalog: &mut Catalog, row: &Row) -> Result<()> {
    let token: Token = parse(row)?;
    if row.deleted {
        catalog.tokens.remove(&token.secret_sha256);
    } else {
        catalog.tokens.insert(token.secret_sha256.clone(), Arc::new(token));
    }
    Ok(())
}

fn apply_database(catalog: &mut Catalog, row: &Row) -> Result<()> {
    let entry: DatabaseEntry = parse(row)?;
    let (id, tables) = (entry.id.clone(), entry.tables);
    if row.deleted {
        if let Some(database) = catalog.databases.remove(&id) {
            for collection in database.collections.values() {
                catalog.roles.remove(&collection.entry.table);
            }
        }
        for table in [tables.collections, tables.relationships, tables.promotions] {
            catalog.roles.remove(&table);
        }
        return Ok(());
    }
    let collections =
        catalog.databases.get(&id).map(|known| known.collections.clone()).unwrap_or_default();
    let database = Database {
        entry,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        collections,
    };
    catalog.databases.insert(id.clone(), Arc::new(database));
    catalog.roles.insert(tables.collections, TableRole::Collections(id.clone()));
    catalog.roles.insert(tables.relationships, TableRole::Relationships(id.clone()));
    catalog.roles.insert(tables.promotions, TableRole::Promotions(id));
    Ok(())
}

fn apply_collection(catalog: &mut Catalog, database_id: &DatabaseId, row: &Row) -> Result<()> {
    let entry: CollectionEntry = parse(row)?;
    let Some(database) = catalog.databases.get_mut(database_id) else { return Ok(()) };
    let database = Arc::make_mut(database);
    if let Some(old) = database.collections.remove(&entry.id) {
        catalog.roles.remove(&old.entry.table);
    }
    if row.deleted {
        return Ok(());
    }
    let schema = Schema::compile(&entry.json_schema)?;
    let role = TableRole::Documents(database_id.clone(), entry.id.clone());
    catalog.roles.insert(entry.table, role);
    let collection = Collection {
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        cluster_by: schema.cluster_by().to_vec(),
        schema: Arc::new(schema),
        entry,
    };
    database.collections.insert(collection.entry.id.clone(), Arc::new(collection));
    Ok(())
}
