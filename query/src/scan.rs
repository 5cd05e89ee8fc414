//! The tables of a snapshot: what exists in a query's scope, and how its columns are read.
//!
//! Scope is applied here, by choosing rows before any expression of the user sees them. `database_id`, `collection` and
//! `deleted` are constants of each part of a table, so predicates on them drop whole parts.

mod cell;
mod exec;
mod pieces;
mod provider;
mod report;
mod result;
mod scope;
mod tables;

pub(crate) use tables::SnapshotTables;
