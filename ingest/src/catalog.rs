//! The catalog, derived from system rows as they are written or replayed.

use rekor_core::{
    Error, Result,
    catalog::{
        Catalog, Collection, CollectionEntry, Database, DatabaseEntry, Endpoint, EndpointEntry,
        RegisteredClient, RelationshipType, RelationshipTypeEntry, Session, TableRole, Token, User,
    },
    id::{DatabaseId, TableId},
    row::Row,
    schema::Schema,
};
use std::{collections::HashMap, sync::Arc};

/// Applies a system row to the catalog. Rows of other tables change nothing.
///
/// # Errors
/// `Corrupt` if the row's JSON is not what its table holds.
pub(crate) fn apply(catalog: &mut Arc<Catalog>, table: TableId, row: &Row) -> Result<()> {
    match table {
        TableId::TOKENS => return apply_token(Arc::make_mut(catalog), row),
        TableId::USERS => return apply_user(Arc::make_mut(catalog), row),
        TableId::SESSIONS => return apply_session(Arc::make_mut(catalog), row),
        TableId::CLIENTS => return apply_client(Arc::make_mut(catalog), row),
        TableId::DATABASES => return apply_database(Arc::make_mut(catalog), row),
        _ => {}
    }
    match catalog.roles.get(&table) {
        Some(TableRole::Collections(database)) => {
            let database = database.clone();
            apply_collection(Arc::make_mut(catalog), &database, row)
        }
        Some(TableRole::RelationshipTypes(database)) => {
            let database = database.clone();
            apply_relationship_type(Arc::make_mut(catalog), &database, row)
        }
        Some(TableRole::Endpoints(database)) => {
            let database = database.clone();
            apply_endpoint(Arc::make_mut(catalog), &database, row)
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
    // A renewed token has another secret: the one before opens nothing from now on.
    if row.version > 1 {
        catalog.tokens.retain(|_, known| known.id != token.id);
    }
    if row.deleted {
        catalog.tokens.remove(&token.secret_sha256);
    } else {
        catalog.tokens.insert(token.secret_sha256.clone(), Arc::new(token));
    }
    Ok(())
}

fn apply_user(catalog: &mut Catalog, row: &Row) -> Result<()> {
    let user: User = parse(row)?;
    if row.deleted {
        catalog.users.remove(&user.id);
    } else {
        catalog.users.insert(user.id.clone(), Arc::new(user));
    }
    Ok(())
}

fn apply_session(catalog: &mut Catalog, row: &Row) -> Result<()> {
    let session: Session = parse(row)?;
    if row.deleted {
        catalog.sessions.remove(&session.secret_sha256);
    } else {
        catalog.sessions.insert(session.secret_sha256.clone(), Arc::new(session));
    }
    Ok(())
}

fn apply_client(catalog: &mut Catalog, row: &Row) -> Result<()> {
    let client: RegisteredClient = parse(row)?;
    if row.deleted {
        catalog.clients.remove(&client.id);
    } else {
        catalog.clients.insert(client.id.clone(), Arc::new(client));
    }
    Ok(())
}

fn apply_database(catalog: &mut Catalog, row: &Row) -> Result<()> {
    let entry: DatabaseEntry = parse(row)?;
    let (id, tables) = (entry.id.clone(), entry.tables);
    let known = catalog.databases.remove(&id).or_else(|| catalog.dropped.remove(&id));
    if let Some(known) = &known {
        forget_tables(catalog, known);
    }
    // A database that is made anew under the id of a deleted one has other tables and starts empty.
    let known = known.filter(|known| known.entry.tables == tables);
    let database = Database {
        entry,
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        collections: known.as_ref().map(|known| known.collections.clone()).unwrap_or_default(),
        relationship_types: known
            .as_ref()
            .map(|known| known.relationship_types.clone())
            .unwrap_or_default(),
        endpoints: known.as_ref().map(|known| known.endpoints.clone()).unwrap_or_default(),
    };
    catalog.roles.insert(tables.collections, TableRole::Collections(id.clone()));
    catalog.roles.insert(tables.types, TableRole::RelationshipTypes(id.clone()));
    catalog.roles.insert(tables.endpoints, TableRole::Endpoints(id.clone()));
    catalog.roles.insert(tables.promotions, TableRole::Promotions(id.clone()));
    catalog.roles.insert(tables.versions, TableRole::Versions(id.clone()));
    catalog.roles.insert(tables.receipts, TableRole::Receipts(id.clone()));
    catalog.roles.insert(tables.log, TableRole::Log(id.clone()));
    if row.deleted {
        catalog.dropped.insert(id, Arc::new(database));
        return Ok(());
    }
    for collection in database.collections.values() {
        let role = TableRole::Documents(id.clone(), collection.entry.id.clone());
        catalog.roles.insert(collection.entry.table, role);
    }
    catalog.roles.insert(tables.relationships, TableRole::Relationships(id.clone()));
    catalog.databases.insert(id, Arc::new(database));
    Ok(())
}

fn forget_tables(catalog: &mut Catalog, database: &Database) {
    let tables = database.entry.tables;
    let documents = database.collections.values().map(|collection| collection.entry.table);
    for table in documents.chain(tables.all()) {
        catalog.roles.remove(&table);
    }
}

/// A database by id, deleted ones included, and whether it is one of those.
fn database_mut<'a>(
    catalog: &'a mut Catalog,
    id: &DatabaseId,
) -> Option<(&'a mut Database, &'a mut HashMap<TableId, TableRole>, bool)> {
    let dropped = !catalog.databases.contains_key(id);
    let databases = if dropped { &mut catalog.dropped } else { &mut catalog.databases };
    let database = Arc::make_mut(databases.get_mut(id)?);
    Some((database, &mut catalog.roles, dropped))
}

fn apply_collection(catalog: &mut Catalog, database_id: &DatabaseId, row: &Row) -> Result<()> {
    let entry: CollectionEntry = parse(row)?;
    let Some((database, roles, dropped)) = database_mut(catalog, database_id) else {
        return Ok(());
    };
    if let Some(old) = database.collections.remove(&entry.id) {
        roles.remove(&old.entry.table);
    }
    if row.deleted {
        return Ok(());
    }
    let schema = Schema::compile(&entry.json_schema)?;
    if !dropped {
        roles.insert(entry.table, TableRole::Documents(database_id.clone(), entry.id.clone()));
    }
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

fn apply_relationship_type(
    catalog: &mut Catalog,
    database_id: &DatabaseId,
    row: &Row,
) -> Result<()> {
    let entry: RelationshipTypeEntry = parse(row)?;
    let Some((database, _, _)) = database_mut(catalog, database_id) else { return Ok(()) };
    database.relationship_types.remove(&entry.id);
    if row.deleted {
        return Ok(());
    }
    let declared = RelationshipType {
        version: row.version,
        created_at: row.created_at,
        updated_at: row.updated_at,
        schema: Arc::new(Schema::compile(&entry.data_schema)?),
        entry,
    };
    database.relationship_types.insert(declared.entry.id.clone(), Arc::new(declared));
    Ok(())
}

fn apply_endpoint(catalog: &mut Catalog, database_id: &DatabaseId, row: &Row) -> Result<()> {
    let entry: EndpointEntry = parse(row)?;
    let Some((database, _, _)) = database_mut(catalog, database_id) else { return Ok(()) };
    database.endpoints.remove(&entry.id);
    if !row.deleted {
        let endpoint = Endpoint {
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            entry,
        };
        database.endpoints.insert(endpoint.entry.id.clone(), Arc::new(endpoint));
    }
    Ok(())
}
