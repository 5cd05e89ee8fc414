//! Aggregations of documents: `[{"fn":"sum","field":"data.amount","alias":"total"}]`, grouped by fields.

use super::{Field, Sort, Table, Writer, wrong};
use rekor_core::{Result, limits};
use serde_json::{Map, Value};

/// Functions of aggregations.
const FUNCTIONS: [&str; 5] = ["count", "sum", "avg", "min", "max"];

/// Aggregates over the documents of a collection.
#[derive(Clone, Debug)]
pub struct AggregateQuery {
    /// What is aggregated.
    pub table: Table,
    /// Which rows.
    pub filter: Option<Value>,
    /// The aggregates.
    pub aggregations: Vec<Aggregation>,
    /// Fields that make groups; one row for all, if empty.
    pub group_by: Vec<String>,
    /// By group fields or aliases.
    pub sort: Vec<Sort>,
    /// Rows of the answer.
    pub limit: usize,
    /// Rows before it.
    pub offset: usize,
}

/// One aggregate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregation {
    function: String,
    field: Option<String>,
    alias: String,
}

impl Aggregation {
    /// Reads a list of aggregations.
    ///
    /// # Errors
    /// Validation.
    pub fn parse(value: &Value) -> Result<Vec<Self>> {
        let list = value.as_array().filter(|list| !list.is_empty());
        let list = list.ok_or_else(|| {
            wrong("/aggregations", "a list such as [{\"fn\":\"sum\",\"field\":\"data.amount\",\"alias\":\"total\"}] is expected")
        })?;
        list.iter()
            .enumerate()
            .map(|(i, one)| Self::parse_one(one, &format!("/aggregations/{i}")))
            .collect()
    }

    fn parse_one(value: &Value, at: &str) -> Result<Self> {
        let members = value.as_object().ok_or_else(|| wrong(at, "an object is expected"))?;
        if let Some(other) =
            members.keys().find(|n| !["fn", "field", "alias"].contains(&n.as_str()))
        {
            return Err(wrong(at, format!("an aggregation has no member {other:?}")));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        let function = text("fn").filter(|name| FUNCTIONS.contains(&name.as_str()));
        let function = function
            .ok_or_else(|| wrong(at, format!("`fn` is one of {}", FUNCTIONS.join(", "))))?;
        let alias = text("alias").filter(|alias| {
            let fine = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !alias.is_empty() && alias.len() <= 64 && alias.chars().all(fine)
        });
        let alias = alias.ok_or_else(|| {
            wrong(at, "`alias` names the result: letters, digits and '_', at most 64")
        })?;
        let field = text("field");
        if field.is_none() && function != "count" {
            return Err(wrong(at, format!("{function} needs a `field`")));
        }
        Ok(Self { function, field, alias })
    }
}

/// Aggregates as SQL.
#[derive(Clone, Debug)]
pub struct Aggregated {
    /// The query.
    pub sql: String,
    /// Its parameters.
    pub params: Map<String, Value>,
    outputs: Vec<Output>,
}

/// How a member of an answer is made of the columns of a row: the first that is not null.
#[derive(Clone, Debug)]
struct Output {
    name: String,
    columns: Vec<String>,
}

impl AggregateQuery {
    /// The aggregates as SQL.
    ///
    /// # Errors
    /// Validation, with the place in the request.
    pub fn to_sql(&self) -> Result<Aggregated> {
        let mut writer = Writer::default();
        let mut conditions = vec!["deleted = false".to_owned()];
        if let Table::Documents(collection) = &self.table {
            let collection = writer.bind("String", Value::from(collection.as_str()));
            conditions.push(format!("collection = {collection}"));
        }
        if let Some(filter) = &self.filter {
            conditions.push(writer.filter(&self.table, filter, "/filter", 0)?);
        }
        let (mut selected, mut groups, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        if self.group_by.len() + self.aggregations.len() > limits::AGGREGATES_MAX {
            return Err(wrong(
                "/aggregations",
                format!("at most {} with the groups", limits::AGGREGATES_MAX),
            ));
        }
        for (i, name) in self.group_by.iter().enumerate() {
            let columns = self.group(i, name, &mut selected)?;
            groups.extend(columns.iter().cloned());
            outputs.push(Output { name: name.clone(), columns });
        }
        for (i, aggregation) in self.aggregations.iter().enumerate() {
            let taken = outputs.iter().any(|output: &Output| output.name == aggregation.alias);
            if taken {
                return Err(wrong(&format!("/aggregations/{i}/alias"), "the name is taken"));
            }
            let columns = self.aggregate(i, aggregation, &mut selected)?;
            outputs.push(Output { name: aggregation.alias.clone(), columns });
        }
        let order = self.order(&outputs)?;
        let grouped = if groups.is_empty() {
            String::new()
        } else {
            format!(" GROUP BY {}", groups.join(", "))
        };
        let ordered = if order.is_empty() {
            String::new()
        } else {
            format!(" ORDER BY {}", order.join(", "))
        };
        let sql = format!(
            "SELECT {} FROM {} WHERE {}{grouped}{ordered} LIMIT {} OFFSET {}",
            selected.join(", "),
            self.table.name(),
            conditions.join(" AND "),
            self.limit,
            self.offset
        );
        Ok(Aggregated { sql, params: writer.params, outputs })
    }

    /// The columns of a group: a value below `data` keeps its type.
    fn group(&self, i: usize, name: &str, selected: &mut Vec<String>) -> Result<Vec<String>> {
        let field = Field::parse(&self.table, name, &format!("/group_by/{i}"))?;
        let types: &[&str] = match field {
            Field::Column(..) => &[""],
            Field::Data(..) => &["String", "Int64", "Float64", "Bool"],
        };
        let columns = types.iter().map(|ty| {
            let column = format!("g{i}{ty}");
            selected.push(format!("{} AS {column}", field.typed(ty)));
            column
        });
        Ok(columns.collect())
    }

    fn aggregate(
        &self,
        i: usize,
        aggregation: &Aggregation,
        selected: &mut Vec<String>,
    ) -> Result<Vec<String>> {
        let mut add = |part: &str, expression: String| {
            let column = format!("a{i}{part}");
            selected.push(format!("{expression} AS {column}"));
            column
        };
        let Some(name) = &aggregation.field else { return Ok(vec![add("", "count()".to_owned())]) };
        let field = Field::parse(&self.table, name, &format!("/aggregations/{i}/field"))?;
        let function = aggregation.function.as_str();
        let Field::Data(path, _) = &field else {
            let Field::Column(column, _) = field else { return Ok(Vec::new()) };
            return Ok(vec![add("", format!("{function}({column})"))]);
        };
        let (whole, float, text) =
            (format!("{path}.:Int64"), format!("{path}.:Float64"), format!("{path}.:String"));
        let number = format!("coalesce(toFloat64({whole}), {float})");
        Ok(match function {
            "count" => vec![add("", format!("countIf({})", super::present(&field)))],
            // Whole numbers add up exactly while there are no others.
            "sum" => vec![
                add(
                    "w",
                    format!("if(count({float}) = 0 AND count({whole}) > 0, sum({whole}), NULL)"),
                ),
                add("f", format!("if(count({float}) > 0, sum({number}), NULL)")),
            ],
            "avg" => vec![add("f", format!("if(count({number}) > 0, avg({number}), NULL)"))],
            _ => vec![
                add(
                    "w",
                    format!(
                        "if(count({float}) = 0 AND count({whole}) > 0, {function}({whole}), NULL)"
                    ),
                ),
                add("f", format!("if(count({float}) > 0, {function}({number}), NULL)")),
                add(
                    "t",
                    format!(
                        "if(count({number}) = 0 AND count({text}) > 0, {function}({text}), NULL)"
                    ),
                ),
            ],
        })
    }

    fn order(&self, outputs: &[Output]) -> Result<Vec<String>> {
        let mut order = Vec::new();
        for (i, sort) in self.sort.iter().enumerate() {
            let output = outputs.iter().find(|output| output.name == sort.field);
            let output = output.ok_or_else(|| {
                wrong(
                    &format!("/sort/{i}/field"),
                    format!("{:?} is neither a group nor an alias", sort.field),
                )
            })?;
            let direction = if sort.descending { "DESC" } else { "ASC" };
            // Of several columns at most one has a value; numbers of both kinds compare with each other.
            let numbers: Vec<&String> = output
                .columns
                .iter()
                .filter(|c| {
                    c.ends_with("Int64")
                        || c.ends_with("Float64")
                        || c.ends_with('w')
                        || c.ends_with('f')
                })
                .collect();
            if numbers.len() == 2 {
                let both = numbers.iter().map(|c| format!("toFloat64({c})")).collect::<Vec<_>>();
                order.push(format!("coalesce({}) {direction} NULLS LAST", both.join(", ")));
            }
            let single =
                output.columns.iter().filter(|c| numbers.len() != 2 || !numbers.contains(c));
            order.extend(single.map(|column| format!("{column} {direction} NULLS LAST")));
        }
        Ok(order)
    }
}

impl Aggregated {
    /// A row of the answer as clients see it.
    pub fn row(&self, row: &Map<String, Value>) -> Map<String, Value> {
        let value = |output: &Output| {
            let found = output.columns.iter().filter_map(|column| row.get(column));
            found.into_iter().find(|value| !value.is_null()).cloned().unwrap_or_default()
        };
        self.outputs.iter().map(|output| (output.name.clone(), value(output))).collect()
    }
}
