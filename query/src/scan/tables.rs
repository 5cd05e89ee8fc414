//! Tables and columns that SQL sees, and the parts of the snapshot behind them.

use super::provider::{Part, PartsTable, Scans, ScopeCondition, Source};
use crate::{
    bind::{ScanColumn, ScanSource, Tables},
    engine::{Scope, collect},
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
};
use datafusion::{
    arrow::array::{Array, AsArray, BooleanArray, RecordBatch},
    arrow::datatypes::{DataType, UInt64Type},
    common::Column,
    datasource::TableProvider,
    execution::context::SessionContext,
    logical_expr::{Expr, LogicalPlan, lit},
};
use rekor_core::{
    catalog::Database,
    id::TableId,
    limits,
    row::column,
    subcolumn::{DocPath, LeafType, SubColumn, SubKind},
    view::{Chunk, FileView, Version},
};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use tokio::runtime::Handle;

/// Rows an IN subquery may have.
const SET_ROWS_MAX: usize = 1_000_000;

/// The tables of one database in one snapshot.
pub(crate) struct SnapshotTables {
    version: Arc<dyn Version>,
    scope: Scope,
    context: SessionContext,
    handle: Handle,
    bytes_scanned: Arc<AtomicU64>,
    scans: Arc<Scans>,
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
        handle: Handle,
    ) -> Self {
        Self {
            version,
            scope,
            context,
            handle,
            bytes_scanned: Arc::default(),
            scans: Arc::default(),
            deleted_read: Arc::default(),
            warnings: Mutex::default(),
        }
    }

    /// Bytes of the columns read so far.
    pub(crate) fn bytes_scanned(&self) -> u64 {
        let scans = self.scans.lock().unwrap_or_else(PoisonError::into_inner);
        let from_files: usize = scans
            .iter()
            .filter_map(|scan| scan.metrics()?.sum_by_name("bytes_scanned"))
            .map(|value| value.as_usize())
            .sum();
        self.bytes_scanned.load(Ordering::Relaxed) + from_files as u64
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

    /// The parts of a table: one per collection and liveness.
    fn parts(&self, table: Table) -> SqlResult<Vec<Part>> {
        let database = self.database()?;
        let tables = database.entry.tables;
        let mut parts = Vec::new();
        match table {
            Table::Documents => {
                for (id, collection) in &database.collections {
                    self.add(&mut parts, collection.entry.table, Some(id.as_str()), |_| None)?;
                }
            }
            Table::Relationships => {
                self.add(&mut parts, tables.relationships, None, |chunk| {
                    self.visible_edges(chunk)
                })?;
                for part in &mut parts {
                    part.scope = Some(self.edge_scope());
                }
            }
            Table::Collections => self.add(&mut parts, tables.collections, None, |_| None)?,
            Table::Databases => self.add(&mut parts, TableId::DATABASES, None, |chunk| {
                only_id(chunk, self.scope.database.as_str())
            })?,
            Table::OperationsLog => self.add(&mut parts, tables.log, None, |_| None)?,
        }
        Ok(parts)
    }

    fn add(
        &self,
        parts: &mut Vec<Part>,
        table: TableId,
        collection: Option<&str>,
        keep: impl Fn(&Chunk) -> Option<BooleanArray>,
    ) -> SqlResult<()> {
        let Some(view) = self.version.table(table) else { return Ok(()) };
        for deleted in [false, true] {
            let mut chunks = Vec::new();
            for unflushed in &view.unflushed {
                let found = unflushed
                    .chunks(deleted)
                    .map_err(|error| SqlError::new(ChCode::LogicalError, error.message))?;
                chunks.extend(found.into_iter().map(|chunk| (keep(&chunk), chunk)));
            }
            let files: Vec<FileView> =
                view.files.iter().filter(|view| view.file.deleted == deleted).cloned().collect();
            if !chunks.is_empty() || !files.is_empty() {
                parts.push(Part {
                    database: self.scope.database.to_string(),
                    environment: if self.scope.database.is_preview() {
                        "preview"
                    } else {
                        "production"
                    },
                    collection: collection.map(str::to_owned),
                    deleted,
                    chunks,
                    files,
                    scope: None,
                });
            }
        }
        Ok(())
    }

    /// [`Self::visible_edges`] for rows of data files.
    fn edge_scope(&self) -> ScopeCondition {
        let tables = self.version.catalog().roles.keys().map(|table| lit(table.0));
        let known: Vec<Expr> = tables.chain([lit(0_u64)]).collect();
        let ends = [column::SOURCE_TABLE, column::TARGET_TABLE];
        let visible =
            |name: &str| Expr::Column(Column::new_unqualified(name)).in_list(known.clone(), false);
        ScopeCondition {
            columns: ends.map(|name| (name.to_owned(), DataType::UInt64)).to_vec(),
            condition: visible(ends[0]).and(visible(ends[1])),
        }
    }

    /// Relationships are visible while both ends are: an end in a dropped collection hides them.
    fn visible_edges(&self, chunk: &Chunk) -> Option<BooleanArray> {
        let roles = &self.version.catalog().roles;
        let ends = [column::SOURCE_TABLE, column::TARGET_TABLE]
            .map(|name| chunk.system.column_by_name(name).cloned());
        let [Some(source), Some(target)] = ends else { return None };
        let known = |array: &dyn Array, row: usize| {
            let table = array.as_primitive::<UInt64Type>().value(row);
            table == 0 || roles.contains_key(&TableId(table))
        };
        Some(
            (0..chunk.system.num_rows())
                .map(|row| Some(known(&source, row) && known(&target, row)))
                .collect(),
        )
    }
}

fn only_id(chunk: &Chunk, id: &str) -> Option<BooleanArray> {
    let ids = chunk.system.column_by_name(column::ID)?.as_string_view_opt()?;
    Some(ids.iter().map(|value| Some(value == Some(id))).collect())
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
            Arc::clone(&self.bytes_scanned),
            Arc::clone(&self.scans),
            (table == Table::Documents).then(|| Arc::clone(&self.deleted_read)),
        )))
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
