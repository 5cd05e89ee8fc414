//! Answers as the JSON of the API, with values printed as ClickHouse prints them. Other formats: [`crate::format`].

use crate::{
    engine::{QueryResult, ResultColumn},
    error::SqlResult,
    format::{Row, Summary, Writer, rows_of},
    types::ChType,
    value::{Value, printed, text_of},
};
use rekor_core::{Result, json::exact_value};
use serde_json::{Map, Value as Json, json};

impl QueryResult {
    /// The body of an answer: `{"data":[{…}],"meta":{…}}`.
    ///
    /// # Errors
    /// Internal, if a column is not of its type.
    pub fn to_json(&self) -> Result<Json> {
        let objects = self.rows()?.into_iter().map(|row| object(&self.columns, row));
        let data: Vec<Json> = objects.map(Json::Object).collect();
        Ok(json!({"data": data, "meta": self.meta()?}))
    }

    /// What an answer says of itself.
    fn meta(&self) -> SqlResult<Json> {
        let columns: Vec<Json> = self
            .columns
            .iter()
            .map(|c| json!({"name": c.name, "type": c.ty.to_string()}))
            .collect();
        let mut meta = json!({
            "rows": self.row_count(),
            "has_more": self.has_more,
            "columns": columns,
            "elapsed_ms": self.elapsed.as_secs_f64() * 1e3,
            "snapshot_seq": self.snapshot_seq,
            "bytes_scanned": self.bytes_scanned,
            "planning_ms": self.planning.as_secs_f64() * 1e3,
        });
        if let (Some(totals), Some(meta)) = (&self.totals, meta.as_object_mut()) {
            let row = rows_of(totals, &self.columns)?.into_iter().next().unwrap_or_default();
            meta.insert("totals".to_owned(), Json::Object(object(&self.columns, row)));
        }
        if let (Some(kept), Some(meta)) = (&self.kept, meta.as_object_mut()) {
            meta.insert("result".to_owned(), kept.clone());
        }
        if let (false, Some(meta)) = (self.warnings.is_empty(), meta.as_object_mut()) {
            meta.insert("warnings".to_owned(), json!(self.warnings));
        }
        Ok(meta)
    }

    /// The rows, each an array in the order of the columns.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn to_rows(&self) -> Result<Vec<Vec<Json>>> {
        Ok(self.rows()?.into_iter().map(|row| self.array(row)).collect())
    }

    /// The row of WITH TOTALS, as one of [`Self::to_rows`].
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn totals_row(&self) -> Result<Option<Vec<Json>>> {
        let Some(totals) = &self.totals else { return Ok(None) };
        let row = rows_of(totals, &self.columns)?.into_iter().next();
        Ok(row.map(|row| self.array(row)))
    }

    fn array(&self, row: Row) -> Vec<Json> {
        self.columns.iter().zip(row).map(|(column, value)| json_value(&value, &column.ty)).collect()
    }

    fn rows(&self) -> SqlResult<Vec<Row>> {
        let batches = self.batches.iter().map(|batch| rows_of(batch, &self.columns));
        Ok(batches.collect::<SqlResult<Vec<_>>>()?.into_iter().flatten().collect())
    }
}

/// A row by the names of its columns.
fn object(columns: &[ResultColumn], row: Row) -> Map<String, Json> {
    let members = columns.iter().zip(row);
    members.map(|(column, value)| (column.name.clone(), json_value(&value, &column.ty))).collect()
}

/// Writes an answer in the shape of the API, row by row.
pub(crate) struct Answer {
    columns: Vec<ResultColumn>,
    meta: Json,
    has_rows: bool,
}

impl Answer {
    pub(crate) fn new(result: &QueryResult) -> SqlResult<Self> {
        Ok(Self { columns: result.columns.clone(), meta: result.meta()?, has_rows: false })
    }
}

impl Writer for Answer {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend(b"{\"data\":[");
    }

    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>) {
        for row in rows {
            if self.has_rows {
                out.push(b',');
            }
            self.has_rows = true;
            out.extend(Json::Object(object(&self.columns, row)).to_string().into_bytes());
        }
    }

    fn end(&mut self, _: Option<Row>, _: &Summary, out: &mut Vec<u8>) {
        out.extend(format!("],\"meta\":{}}}", self.meta).into_bytes());
    }
}

/// A value as JSON: 64-bit integers are numbers, longer ones and decimals that a double would round are texts, NaN and infinities null, times text, tuples arrays, or objects if their
/// elements have names, maps objects.
pub(crate) fn json_value(value: &Value, ty: &ChType) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(v) => json!(v),
        Value::Int(v) => i64::try_from(*v)
            .map(Json::from)
            .or_else(|_| u64::try_from(*v).map(Json::from))
            .unwrap_or_else(|_| Json::from(v.to_string())),
        // The shortest number that is the same Float32.
        #[expect(clippy::cast_possible_truncation, reason = "it was a Float32")]
        Value::Float(v) if *ty.strip_nullable() == ChType::Float(32) && v.fract() != 0.0 => {
            (*v as f32).to_string().parse::<f64>().map_or(Json::Null, Json::from)
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole doubles below 2^53 are exact")]
        Value::Float(v) if v.fract() == 0.0 && v.abs() < 9_007_199_254_740_992.0 => {
            Json::from(*v as i64)
        }
        Value::Float(v) => Json::from(*v),
        Value::Decimal(..) => exact_value(&text_of(value)).unwrap_or(Json::Null),
        Value::String(_) | Value::Date(_) | Value::DateTime(_) | Value::DateTime64(..) => {
            Json::from(printed(&text_of(value)))
        }
        Value::Tuple(items) => tuple_value(items, ty),
        Value::Array(items) => {
            let item = if let ChType::Array(item) = ty { item } else { &ChType::Dynamic };
            items.iter().map(|value| json_value(value, item)).collect()
        }
        Value::Map(pairs) => {
            let item = if let ChType::Map(_, item) = ty { item } else { &ChType::Dynamic };
            Json::Object(
                pairs
                    .iter()
                    .map(|(k, v)| (printed(&text_of(k)).into_owned(), json_value(v, item)))
                    .collect(),
            )
        }
        Value::Json(text) => exact_value(text).unwrap_or(Json::Null),
    }
}

fn tuple_value(items: &[Value], ty: &ChType) -> Json {
    let fields =
        if let ChType::Tuple(fields) = ty.strip_nullable() { fields.as_slice() } else { &[] };
    let values = items.iter().enumerate().map(|(at, value)| {
        let (name, ty) = fields.get(at).map_or((None, &ChType::Dynamic), |(n, ty)| (n.clone(), ty));
        (name, json_value(value, ty))
    });
    if !fields.is_empty() && fields.iter().all(|(name, _)| name.is_some()) {
        return Json::Object(values.filter_map(|(name, value)| Some((name?, value))).collect());
    }
    Json::Array(values.map(|(_, value)| value).collect())
}
