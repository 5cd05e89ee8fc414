//! Values that a parameter of a query may have, taken from the data: an agent that sees them asks for what there is.

use super::{Offer, Resolved};
use crate::service::{Service, sql::SqlBody};
use rekor_core::{
    Result,
    endpoint::{NamedQuery, ToolKind},
};
use rmcp::model::Tool;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Values that are listed; a parameter that may have more has no list.
const VALUES_MAX: usize = 50;

/// The tool with the values of its parameters in its schema.
///
/// # Errors
/// Those of SQL.
pub(super) async fn filled(service: &Service, resolved: &Resolved, offer: &Offer) -> Result<Tool> {
    let config = &resolved.endpoint.entry.config;
    let query = match &offer.kind {
        ToolKind::Query(name) => config.queries.iter().find(|query| query.name == *name),
        _ => None,
    };
    match query {
        Some(query) if query.params.values().any(|known| known.values_of.is_some()) => {
            with_values(service, resolved, query, offer.tool.clone()).await
        }
        _ => Ok(offer.tool.clone()),
    }
}

async fn with_values(
    service: &Service,
    resolved: &Resolved,
    query: &NamedQuery,
    mut tool: Tool,
) -> Result<Tool> {
    let mut schema = (*tool.input_schema).clone();
    for (name, known) in &query.params {
        let Some((collection, path)) = known.place() else { continue };
        let text = format!(
            "SELECT data.{path}.:String AS v, count() AS n FROM documents WHERE collection = {{c:String}} AND deleted = false AND v IS NOT NULL GROUP BY v ORDER BY n DESC, v LIMIT {}",
            VALUES_MAX + 1
        );
        let params = Map::from_iter([("c".to_owned(), Value::from(collection))]);
        let body = SqlBody { query: text, params, ..SqlBody::default() };
        let answer = service.sql(&resolved.caller, resolved.database.entry.id.as_str(), body);
        let rows = answer.await?.to_rows()?;
        let values: Vec<&Value> = rows.iter().filter_map(|row| row.first()).collect();
        let rule = schema.get_mut("properties").and_then(|all| all.get_mut(name.as_str()));
        let rule = rule.and_then(Value::as_object_mut);
        if let (Some(rule), 1..=VALUES_MAX) = (rule, values.len()) {
            rule.insert("enum".to_owned(), json!(values));
        }
    }
    tool.input_schema = Arc::new(schema);
    Ok(tool)
}
