//! Tables and columns that SQL sees, and the parts of the snapshot behind them.

use super::{
    provider::{Part, PartsTable, Source},
    report::Report,
    result::ResultTable,
    scope::{self, ScopeCondition},
};
use crate::{
    bind::{ScanColumn, ScanSource, Tables},
    budget::Budget,
    engine::{Pushdown, ResultColumn, Scope, collect},
    error::{ChCode, SqlError, SqlResult},
    kept::unknown_result,
    session::sql_error,
    types::ChType,
};
use datafusion::{
    arrow::array::RecordBatch, datasource::TableProvider, execution::context::SessionContext,
    logical_expr::LogicalPlan,
};
use rekor_core::{
    catalog::Database,
    id::TableId,
    limits,
    row::column,
    subcolumn::{DocPath, LeafType, SubColumn, SubKind},
    view::{FileView, Version},
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use tokio::runtime::Handle;

/// Rows an IN subquery may have.
const SET_ROWS_MAX: usize = 1_000_000;
/// The column that says whether a document is cancelled.
const CANCELLED: &str = "cancelled";

/// The tables of one database in one snapshot.
pub(crate) struct SnapshotTables {
    version: Arc<dyn Version>,
    scope: Scope,
    context: SessionContext,
    pushdown: Pushdown,
    handle: Handle,
    report: Arc<Report>,
    deleted_read: Arc<AtomicBool>,
    warnings: Mutex<Vec<String>>,
}

/// A SQL table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Documents,
    Relationships,
    Collections,
    Databases,
    OperationsLog,
}

impl Table {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "documents" | "records" => Self::Documents,
            "relationships" => Self::Relationships,
            "collections" => Self::Collections,
            "databases" | "workspaces" => Self::Databases,
            "operations_log" => Self::OperationsLog,
            _ => return None,
        })
    }

    fn columns(self) -> Vec<(&'static str, ChType)> {
        let text = || ChType::String;
        let maybe = || ChType::String.nullable();
        let time = || ChType::DateTime64(3, Some("UTC".to_owned()));
        let version = ("version", ChType::UInt(64));
        let (deleted, created, updated) =
            (("deleted", ChType::Bool), ("created_at", time()), ("updated_at", time()));
        let (id, database) = (("id", text()), ("database_id", text()));
        match self {
            Self::Documents => vec![
                id,
                database,
                ("collection", text()),
                ("external_id", maybe()),
                ("external_source", maybe()),
                version,
                ("data", ChType::Json),
                deleted,
                created,
                updated,
                (CANCELLED, ChType::Bool),
            ],
            Self::Relationships => vec![
                id,
                database,
                ("rel_type", text()),
                ("source_collection", text()),
                ("source_id", text()),
                ("target_collection", text()),
                ("target_id", text()),
                version,
                ("data", ChType::Json),
                deleted,
                created,
                updated,
            ],
            Self::Collections => vec![
                id,
                database,
                ("name", text()),
                ("description", maybe()),
                ("schema", ChType::Json),
                ("icon", maybe()),
                ("color", maybe()),
                version,
                deleted,
                created,
                updated,
            ],
            Self::Databases => vec![
                id,
                ("name", text()),
                ("description", maybe()),
                ("tags", ChType::Array(Box::new(text()))),
                ("environment", text()),
                version,
                deleted,
                created,
                updated,
            ],
            Self::OperationsLog => vec![
                id,
                database,
                ("operation", text()),
                ("entity_type", text()),
                ("entity_id", text()),
                ("collection", maybe()),
                ("actor_type", text()),
                ("actor_id", text()),
                version,
                ("source", text()),
                ("data", ChType::Json),
                created,
            ],
        }
    }
}

impl SnapshotTables {
    pub(crate) fn new(
        version: Arc<dyn Version>,
        scope: Scope,
        context: SessionContext,
        pushdown: Pushdown,
        handle: Handle,
    ) -> Self {
        Self {
            version,
            scope,
            context,
            pushdown,
            handle,
            report: Arc::default(),
            deleted_read: Arc::default(),
            warnings: Mutex::default(),
        }
    }

    /// What was read so far.
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    /// What the caller should know.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if self.deleted_read.load(Ordering::Relaxed) {
            warnings.push(
                "Deleted rows are included; add `deleted = false` to leave them out.".to_owned(),
            );
        }
        warnings
    }

    fn database(&self) -> SqlResult<Arc<Database>> {
        let database = self.version.catalog().databases.get(&self.scope.database).cloned();
        database.ok_or_else(|| {
            SqlError::new(
                ChCode::UnknownTable,
                format!("The database {} does not exist.", self.scope.database),
            )
        })
    }

    /// The parts of a table: one per collection and liveness, cut to the scope.
    fn parts(&self, table: Table) -> SqlResult<Vec<Part>> {
        let database = self.database()?;
        let tables = database.entry.tables;
        let mut parts = Vec::new();
        match table {
            Table::Documents => {
                let visible = &self.scope.documents;
                permitted(!visible.is_empty(), "read:documents")?;
                for (id, collection) in &database.collections {
                    if visible.contains(id) {
                        self.add(&mut parts, collection.entry.table, Some(id.as_str()), None)?;
                    }
                }
            }
            Table::Relationships => {
                permitted(!self.scope.relationships.is_empty(), "read:relationships")?;
                let scope = scope::relationships(&self.version, &self.scope.relationships);
                self.add(&mut parts, tables.relationships, None, Some(scope))?;
            }
            Table::Collections => {
                permitted(!self.scope.collections.is_empty(), "read:collections")?;
                let scope = scope::ids(&self.scope.collections);
                self.add(&mut parts, tables.collections, None, scope)?;
            }
            Table::Databases => {
                permitted(self.scope.databases, "read:databases")?;
                let scope = scope::one_id(self.scope.database.as_str());
                self.add(&mut parts, TableId::DATABASES, None, Some(scope))?;
            }
            Table::OperationsLog => {
                self.add(&mut parts, tables.log, None, scope::log(&self.scope))?;
                if self.scope.account {
                    let first = parts.len();
                    self.add(&mut parts, TableId::ACCOUNT_LOG, None, None)?;
                    parts.iter_mut().skip(first).for_each(|part| part.database.clear());
                }
            }
        }
        Ok(parts)
    }

    fn add(
        &self,
        parts: &mut Vec<Part>,
        table: TableId,
        collection: Option<&str>,
        scope: Option<ScopeCondition>,
    ) -> SqlResult<()> {
        let Some(view) = self.version.table(table) else { return Ok(()) };
        let preview = self.scope.database.is_preview();
        for deleted in [false, true] {
            let mut chunks = Vec::new();
            for unflushed in &view.unflushed {
                let found = unflushed
                    .chunks(deleted)
                    .map_err(|error| SqlError::new(ChCode::LogicalError, error.message))?;
                for chunk in found {
                    let keep = scope.as_ref().map(|scope| scope.keep(&chunk)).transpose();
                    chunks.push((keep.map_err(sql_error)?, chunk));
                }
            }
            let files: Vec<FileView> =
                view.files.iter().filter(|view| view.file.deleted == deleted).cloned().collect();
            if !chunks.is_empty() || !files.is_empty() {
                parts.push(Part {
                    database: self.scope.database.to_string(),
                    environment: if preview { "preview" } else { "production" },
                    collection: collection.map(str::to_owned),
                    deleted,
                    chunks,
                    files,
                    scope: scope.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Refuses a table for which the credential has no permission at all.
fn permitted(allowed: bool, permission: &str) -> SqlResult<()> {
    if allowed {
        return Ok(());
    }
    Err(SqlError::new(
        ChCode::AccessDenied,
        format!("The credential does not have the permission {permission} on this database."),
    ))
}

impl Tables for SnapshotTables {
    fn columns(&self, table: &str) -> Option<Vec<(String, ChType)>> {
        let mut columns: Vec<(String, ChType)> = Table::of(table)?
            .columns()
            .into_iter()
            .map(|(name, ty)| (name.to_owned(), ty))
            .collect();
        if table == "records" {
            columns
                .iter_mut()
                .filter(|(name, _)| name == "database_id")
                .for_each(|(name, _)| *name = "workspace_id".to_owned());
        }
        Some(columns)
    }

    fn is_hidden(&self, _table: &str, column: &str) -> bool {
        column == CANCELLED
    }

    fn names(&self) -> Vec<String> {
        ["documents", "relationships", "collections", "databases", "operations_log"]
            .map(str::to_owned)
            .to_vec()
    }

    fn scan(&self, name: &str, columns: &[ScanColumn]) -> SqlResult<Arc<dyn TableProvider>> {
        let table = Table::of(name)
            .ok_or_else(|| SqlError::new(ChCode::UnknownTable, format!("Unknown table {name}")))?;
        let types = table.columns();
        let sources = columns
            .iter()
            .map(|request| {
                let (source, arrow) = match &request.source {
                    ScanSource::Sub { json_column, column } => {
                        let column = within(json_column, column);
                        let arrow = column.arrow();
                        (Source::Cut(column), arrow)
                    }
                    ScanSource::Column(name) => {
                        let ty = types
                            .iter()
                            .find(|(known, _)| {
                                known == name || (*known == "database_id" && name == "workspace_id")
                            })
                            .map(|(_, ty)| ty.arrow());
                        let ty = ty.ok_or_else(|| {
                            SqlError::new(ChCode::UnknownIdentifier, format!("no column {name}"))
                        })?;
                        (source_of(table, name), ty)
                    }
                };
                Ok((request.output.clone(), source, arrow))
            })
            .collect::<SqlResult<Vec<_>>>()?;
        let parts = self.parts(table)?;
        Ok(Arc::new(PartsTable::new(
            sources,
            parts,
            name.to_owned(),
            Arc::clone(&self.report),
            (table == Table::Documents).then(|| Arc::clone(&self.deleted_read)),
            self.pushdown,
        )))
    }

    fn result(&self, id: &str) -> SqlResult<(Vec<ResultColumn>, Arc<dyn TableProvider>)> {
        let results = self.scope.results.as_ref().ok_or_else(|| unknown_result(id))?;
        let found = self.handle.block_on(results.find(id));
        let found = found.map_err(|error| SqlError::new(ChCode::LogicalError, error.message))?;
        let stored = found.ok_or_else(|| unknown_result(id))?;
        let columns = stored.columns.clone();
        Ok((columns, Arc::new(ResultTable::new(id, stored, Arc::clone(&self.report)))))
    }

    fn budget(&self) -> Budget {
        Budget::of(self.context.state_ref().read().config_options())
    }

    fn run(&self, plan: LogicalPlan) -> SqlResult<Vec<RecordBatch>> {
        let (batches, more) = self.handle.block_on(collect(
            &self.context,
            plan,
            SET_ROWS_MAX,
            limits::SQL_MEMORY_BYTES_MAX,
        ))?;
        if more {
            return Err(SqlError::new(
                ChCode::SetSizeLimitExceeded,
                "A subquery of IN has more than a million rows; use a JOIN instead.",
            ));
        }
        Ok(batches)
    }
}

/// The column of the stored JSON text that a SQL column is.
fn source_of(table: Table, name: &str) -> Source {
    let text = |path: &str| Source::Cut(SubColumn::typed(DocPath::new(path), LeafType::String));
    match (table, name) {
        (_, "database_id" | "workspace_id") => Source::Database,
        (_, "deleted") => Source::Deleted,
        (Table::Documents, "collection") => Source::Collection,
        (Table::Databases, "environment") => Source::Environment,
        (Table::Databases, "tags") => Source::Cut(SubColumn::typed(
            DocPath::new("tags"),
            LeafType::Array(Box::new(LeafType::String)),
        )),
        (Table::Collections, "schema") => {
            Source::Cut(SubColumn { path: DocPath::new("json_schema"), kind: SubKind::Object })
        }
        (Table::Collections | Table::Databases, "name" | "description" | "icon" | "color") => {
            text(name)
        }
        (_, "data") => Source::System(column::DOC.to_owned()),
        (_, other) => Source::System(format!("_{other}")),
    }
}

/// A path of a JSON column as a path of the stored text.
fn within(json_column: &str, column: &SubColumn) -> SubColumn {
    if json_column == "schema" {
        SubColumn {
            path: DocPath::new(format!("json_schema.{}", column.path)),
            kind: column.kind.clone(),
        }
    } else {
        column.clone()
    }
}
