//! Answers as JSON, NDJSON and CSV, with values printed as ClickHouse prints them.

use crate::{
    engine::QueryResult,
    error::SqlResult,
    types::ChType,
    value::{Value, printed, text_of},
};
use datafusion::arrow::array::RecordBatch;
use rekor_core::Result;
use serde_json::{Map, Value as Json, json};

impl QueryResult {
    /// The body of an answer: `{"data":[{…}],"meta":{…}}`.
    ///
    /// # Errors
    /// Internal, if a column is not of its type.
    pub fn to_json(&self) -> Result<Json> {
        let data: Vec<Json> =
            self.rows()?.into_iter().map(|row| Json::Object(self.object(row))).collect();
        let columns: Vec<Json> = self
            .columns
            .iter()
            .map(|c| json!({"name": c.name, "type": c.ty.to_string()}))
            .collect();
        let mut meta = json!({
            "rows": data.len(),
            "has_more": self.has_more,
            "columns": columns,
            "elapsed_ms": self.elapsed.as_secs_f64() * 1e3,
            "snapshot_seq": self.snapshot_seq,
            "bytes_scanned": self.bytes_scanned,
        });
        if let (Some(totals), Some(meta)) = (&self.totals, meta.as_object_mut()) {
            let row = rows_of(totals, &self.types())?.into_iter().next().unwrap_or_default();
            meta.insert("totals".to_owned(), Json::Object(self.object(row)));
        }
        if let (false, Some(meta)) = (self.warnings.is_empty(), meta.as_object_mut()) {
            meta.insert("warnings".to_owned(), json!(self.warnings));
        }
        Ok(json!({"data": data, "meta": meta}))
    }

    /// One JSON object per line.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn to_ndjson(&self) -> Result<String> {
        let lines =
            self.rows()?.into_iter().map(|row| format!("{}\n", Json::Object(self.object(row))));
        Ok(lines.collect())
    }

    /// CSV with a header line.
    ///
    /// # Errors
    /// As [`Self::to_json`].
    pub fn to_csv(&self) -> Result<String> {
        let line = |cells: Vec<String>| format!("{}\r\n", cells.join(","));
        let mut out = line(self.columns.iter().map(|c| csv_cell(&c.name)).collect());
        for row in self.rows()? {
            out.push_str(&line(row.iter().map(|v| csv_cell(&printed(&text_of(v)))).collect()));
        }
        Ok(out)
    }

    fn types(&self) -> Vec<&ChType> {
        self.columns.iter().map(|c| &c.ty).collect()
    }

    fn rows(&self) -> SqlResult<Vec<Vec<Value>>> {
        let types = self.types();
        let mut rows = Vec::new();
        for batch in &self.batches {
            rows.extend(rows_of(batch, &types)?);
        }
        Ok(rows)
    }

    fn object(&self, row: Vec<Value>) -> Map<String, Json> {
        self.columns
            .iter()
            .zip(row)
            .map(|(column, value)| (column.name.clone(), json_value(&value)))
            .collect()
    }
}

fn rows_of(batch: &RecordBatch, types: &[&ChType]) -> SqlResult<Vec<Vec<Value>>> {
    let mut columns = Vec::new();
    for (array, ty) in batch.columns().iter().zip(types) {
        let values = crate::value::from_array(array, ty)?;
        columns.push(
            values
                .into_iter()
                .map(|value| in_own_digits(value, ty))
                .collect::<Vec<_>>()
                .into_iter(),
        );
    }
    let mut rows = Vec::with_capacity(batch.num_rows());
    for _ in 0..batch.num_rows() {
        rows.push(columns.iter_mut().filter_map(Iterator::next).collect());
    }
    Ok(rows)
}

/// A Float32 as the number that its shortest digits say, which are those that print.
fn in_own_digits(value: Value, ty: &ChType) -> Value {
    match (value, ty.strip_nullable()) {
        #[expect(clippy::cast_possible_truncation, reason = "it was a Float32")]
        (Value::Float(v), ChType::Float(32)) if v.is_finite() => {
            Value::Float((v as f32).to_string().parse().unwrap_or(v))
        }
        (Value::Array(items), ChType::Array(item)) => {
            Value::Array(items.into_iter().map(|value| in_own_digits(value, item)).collect())
        }
        (other, _) => other,
    }
}

/// A value as JSON: 64-bit integers are numbers, NaN and infinities null, times text, tuples arrays, maps objects.
fn json_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(v) => json!(v),
        Value::Int(v) => i64::try_from(*v)
            .map(Json::from)
            .or_else(|_| u64::try_from(*v).map(Json::from))
            .unwrap_or_else(|_| Json::from(v.to_string())),
        #[expect(clippy::cast_possible_truncation, reason = "whole doubles below 2^53 are exact")]
        Value::Float(v) if v.fract() == 0.0 && v.abs() < 9_007_199_254_740_992.0 => {
            Json::from(*v as i64)
        }
        Value::Float(v) => Json::from(*v),
        Value::Decimal(..) => serde_json::from_str(&text_of(value)).unwrap_or(Json::Null),
        Value::String(_) | Value::Date(_) | Value::DateTime(_) | Value::DateTime64(..) => {
            Json::from(printed(&text_of(value)))
        }
        Value::Array(items) | Value::Tuple(items) => items.iter().map(json_value).collect(),
        Value::Map(pairs) => Json::Object(
            pairs.iter().map(|(k, v)| (printed(&text_of(k)).into_owned(), json_value(v))).collect(),
        ),
        Value::Json(text) => serde_json::from_str(text).unwrap_or(Json::Null),
    }
}

fn csv_cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
