//! Paths into JSON: `data.a.b`, `.:Type`, `items[]`, `^sub`.

use super::{
    Binder, column, parse_type,
    scope::{Named, Place, sub},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{json_path, literal, scalar},
    typed::Typed,
    types::ChType,
    value::Value,
};
use rekor_core::subcolumn::{DocPath, LeafType, SubColumn, SubKind, escape_member};

/// A path with the type of its values.
struct Resolved {
    column: SubColumn,
    ty: ChType,
    /// A typed array that is missing reads as `[]`.
    empty_when_missing: bool,
}

impl Binder<'_> {
    /// `base.parts…`, where the base is a named column.
    pub(super) fn column_path(&self, base: &Named, parts: &[String]) -> SqlResult<Typed> {
        if parts.is_empty() {
            return Ok(self.named(base));
        }
        match (&base.ty, &base.place) {
            (ChType::Json, Place::Scan(scan)) => {
                let Some(resolved) = resolve(parts)? else { return never(parts) };
                let id =
                    scan.request(sub(&base.name, resolved.column), &resolved.ty, || self.fresh());
                let value = Typed { stored: true, ..Typed::value(column(&id), resolved.ty) };
                finish(value, resolved.empty_when_missing)
            }
            _ => self.value_path(self.named(base), parts),
        }
    }

    /// `value.parts…`.
    pub(super) fn value_path(&self, base: Typed, parts: &[String]) -> SqlResult<Typed> {
        let Some((first, rest)) = parts.split_first() else { return Ok(base) };
        match base.ty.strip_nullable().clone() {
            ChType::Json => {
                let Some(resolved) = resolve(parts)? else { return never(parts) };
                finish(
                    json_path(base, resolved.column, resolved.ty.clone()),
                    resolved.empty_when_missing,
                )
            }
            ChType::Array(item) if *item == ChType::Json => {
                let Some(resolved) = resolve(parts)? else { return never(parts) };
                let ty = ChType::Array(Box::new(resolved.ty));
                Ok(json_path(base, resolved.column, ty))
            }
            ChType::Array(item) if matches!(item.strip_nullable(), ChType::Tuple(_)) => {
                let key = first.parse().map_or_else(|_| Value::String(first.clone()), Value::Int);
                let each = scalar("tupleElement", vec![base, literal(&key)?])?;
                self.value_path(each, rest)
            }
            ChType::Dynamic | ChType::Variant(_) if part_type(&base.ty, first).is_some() => {
                let ty = literal(&Value::String(first.clone()))?;
                let function =
                    if base.ty == ChType::Dynamic { "dynamicElement" } else { "variantElement" };
                self.value_path(scalar(function, vec![base, ty])?, rest)
            }
            ChType::Tuple(_) | ChType::Map(..) | ChType::Dynamic => {
                let key = literal(
                    &first.parse().map_or_else(|_| Value::String(first.clone()), Value::Int),
                )?;
                let function = if matches!(base.ty, ChType::Map(..)) {
                    "arrayElement"
                } else {
                    "tupleElement"
                };
                self.value_path(scalar(function, vec![base, key])?, rest)
            }
            other => Err(SqlError::new(
                ChCode::UnknownIdentifier,
                format!("A value of type {other} has no part `{first}`."),
            )),
        }
    }

    /// The value of a named column.
    pub(super) fn named(&self, named: &Named) -> Typed {
        let id = match &named.place {
            Place::Plan(id) => id.clone(),
            Place::Scan(scan) => {
                scan.request(super::ScanSource::Column(named.name.clone()), &named.ty, || {
                    self.fresh()
                })
            }
        };
        Typed::value(column(&id), named.ty.clone())
    }

    /// `length(items[])` without building the elements.
    pub(super) fn array_length(&self, base: &Named, parts: &[String]) -> SqlResult<Option<Typed>> {
        let (ChType::Json, Place::Scan(scan)) = (&base.ty, &base.place) else { return Ok(None) };
        match resolve(parts)? {
            Some(Resolved { column: SubColumn { path, kind: SubKind::ObjectArray }, .. })
                if path.array_depth() == 0 =>
            {
                let wanted = SubColumn { path, kind: SubKind::ObjectArrayLen };
                let id = scan.request(sub(&base.name, wanted), &ChType::UInt(64), || self.fresh());
                Ok(Some(Typed::value(column(&id), ChType::UInt(64))))
            }
            _ => Ok(None),
        }
    }
}

/// The type that a part of a value of several types names: `dynamic.Int64` is the value if it is one. Of a path into JSON the
/// part is a member, whatever it is called.
fn part_type(base: &ChType, part: &str) -> Option<ChType> {
    let ty = parse_type(part).ok().filter(|ty| ty.to_string() == part)?;
    match base {
        ChType::Variant(members) => members.contains(&ty).then_some(ty),
        _ => Some(ty),
    }
}

/// A typed subcolumn of a type that JSON never has: always missing.
fn never(parts: &[String]) -> SqlResult<Typed> {
    let ty = parse_type(parts.last().and_then(|p| p.strip_prefix(':')).unwrap_or("Nothing"))?;
    let nullable = ty.clone().nullable();
    crate::functions::cast(
        if nullable.is_nullable() {
            Typed::null()
        } else {
            literal(&crate::functions::default_value(&ty))?
        },
        &nullable,
    )
}

fn finish(typed: Typed, empty_when_missing: bool) -> SqlResult<Typed> {
    if !empty_when_missing {
        return Ok(typed);
    }
    let ty = typed.ty.clone();
    let empty = Typed::value(
        datafusion::logical_expr::lit(crate::functions::scalar_of(&Value::Array(Vec::new()), &ty)?),
        ty.clone(),
    );
    let expr = datafusion::logical_expr::when(typed.expr.clone().is_null(), empty.expr)
        .otherwise(typed.expr);
    Ok(Typed::value(expr.map_err(super::plan_error)?, ty))
}

/// The subcolumn of the parts; `None` if it asks for a type that JSON values never have.
fn resolve(parts: &[String]) -> SqlResult<Option<Resolved>> {
    let mut path = String::new();
    let mut kind = SubKind::Dynamic;
    let mut depth = 0;
    for (i, part) in parts.iter().enumerate() {
        let last = i + 1 == parts.len();
        if let Some(nested) = part.strip_prefix(':').filter(|ty| ty.contains("JSON")) {
            let levels = nested.matches("Array(").count();
            for level in 0..levels {
                if last && level + 1 == levels {
                    kind = SubKind::ObjectArray;
                } else {
                    path.push_str("[]");
                    depth += 1;
                }
            }
        } else if let Some(ty) = part.strip_prefix(':') {
            if !last {
                return Err(SqlError::new(
                    ChCode::UnknownIdentifier,
                    "Nothing follows a typed subcolumn `.:Type`.",
                ));
            }
            match leaf(&parse_type(ty)?) {
                Some(leaf) => kind = SubKind::Typed(leaf),
                None => return Ok(None),
            }
        } else {
            let name = part.strip_prefix('^').inspect(|_| kind = SubKind::Object).unwrap_or(part);
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&escape_path(name));
        }
    }
    let (inner, is_array) = match &kind {
        SubKind::Typed(leaf) => (ch_type(leaf), matches!(leaf, LeafType::Array(_))),
        SubKind::Dynamic => (ChType::Dynamic, false),
        SubKind::Object => (ChType::Json, false),
        SubKind::ObjectArray => (ChType::Array(Box::new(ChType::Json)), true),
        SubKind::ObjectArrayLen => (ChType::UInt(64), false),
    };
    let ty = (0..depth)
        .fold(if is_array { inner } else { inner.nullable() }, |ty, _| ChType::Array(Box::new(ty)));
    let empty_when_missing = depth == 0 && is_array && matches!(kind, SubKind::Typed(_));
    Ok(Some(Resolved {
        column: SubColumn { path: DocPath::new(path), kind },
        ty,
        empty_when_missing,
    }))
}

/// A part of a query's path as a part of a stored one; a quoted part may hold dots.
fn escape_path(part: &str) -> String {
    part.split('.').map(escape_member).collect::<Vec<_>>().join(".")
}

/// The leaf type that holds values of exactly this type; arrays from JSON are of Nullable items.
fn leaf(ty: &ChType) -> Option<LeafType> {
    Some(match ty {
        ChType::Bool => LeafType::Bool,
        ChType::Int(64) => LeafType::Int64,
        ChType::UInt(64) => LeafType::UInt64,
        ChType::Float(64) => LeafType::Float64,
        ChType::String => LeafType::String,
        ChType::Nullable(inner) => leaf(inner)?,
        ChType::Array(item) => match &**item {
            ChType::Nullable(inner) => LeafType::Array(Box::new(leaf(inner)?)),
            inner @ ChType::Array(_) => LeafType::Array(Box::new(leaf(inner)?)),
            _ => return None,
        },
        _ => return None,
    })
}

fn ch_type(leaf: &LeafType) -> ChType {
    match leaf {
        LeafType::Bool => ChType::Bool,
        LeafType::Int64 => ChType::Int(64),
        LeafType::UInt64 => ChType::UInt(64),
        LeafType::Float64 => ChType::Float(64),
        LeafType::String => ChType::String,
        LeafType::Array(item) => ChType::Array(Box::new(ch_type(item).nullable())),
    }
}
