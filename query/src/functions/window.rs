//! Window functions.

mod frame;
mod sliding;

use super::{
    AggregateCall,
    aggregate::{Finish, Function, aggregate, label, whole_call},
    convert::{cast, default_value},
    supertype::{common_type, literal},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::{Value, value_at},
};
use datafusion::{
    functions_window::{
        cume_dist::cume_dist_udwf,
        lead_lag::{lag_udwf, lead_udwf},
        ntile::ntile_udwf,
        rank::{dense_rank_udwf, percent_rank_udwf, rank_udwf},
        row_number::row_number_udwf,
    },
    logical_expr::{
        Expr, SortExpr, WindowFrame, WindowFrameBound, WindowFrameUnits, WindowFunctionDefinition,
        WindowUDF,
        expr::{WindowFunction, WindowFunctionParams},
        lit,
    },
};
use frame::{Kind, framed};
use std::sync::Arc;

/// Names that are only meaningful with OVER, in lower case, as some are known in any case.
pub(super) const NAMES: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "denserank",
    "exponentialtimedecayedavg",
    "exponentialtimedecayedcount",
    "exponentialtimedecayedmax",
    "exponentialtimedecayedsum",
    "lag",
    "laginframe",
    "lead",
    "leadinframe",
    "nonnegativederivative",
    "nth_value",
    "ntile",
    "percent_rank",
    "percentrank",
    "rank",
    "row_number",
];

/// Whether a name is only meaningful with OVER.
pub(crate) fn is_window_only(name: &str) -> bool {
    NAMES.contains(&name.to_ascii_lowercase().as_str())
}

/// What stands in OVER.
#[derive(Clone, Debug)]
pub(crate) struct Over {
    pub(crate) partition_by: Vec<Expr>,
    pub(crate) order_by: Vec<SortExpr>,
    pub(crate) frame: WindowFrame,
    /// Whether the frame was written out.
    pub(crate) explicit_frame: bool,
}

impl Over {
    fn build(
        self,
        fun: WindowFunctionDefinition,
        args: Vec<Expr>,
        filter: Option<Box<Expr>>,
    ) -> Expr {
        let params = WindowFunctionParams {
            args,
            partition_by: self.partition_by,
            order_by: self.order_by,
            window_frame: self.frame,
            filter,
            null_treatment: None,
            distinct: false,
        };
        Expr::WindowFunction(Box::new(WindowFunction { fun, params }))
    }

    /// A function of DataFusion.
    fn native(self, udwf: Arc<WindowUDF>, args: Vec<Expr>) -> Expr {
        self.build(WindowFunctionDefinition::WindowUDF(udwf), args, None)
    }

    /// A function of our own.
    fn framed(
        self,
        call: &AggregateCall,
        kind: Kind,
        label: String,
        args: Vec<Typed>,
        ret: ChType,
    ) -> Expr {
        let types = args.iter().map(|arg| arg.ty.clone()).collect();
        let exprs = args.into_iter().map(Typed::into_value).collect();
        self.build(framed(kind, label, types, ret, call.budget.clone()), exprs, None)
    }
}

fn bad(message: String) -> SqlError {
    SqlError::new(ChCode::BadArguments, message)
}

/// The value of an argument without columns.
fn known_value(arg: &Typed) -> Option<Value> {
    if !arg.expr.column_refs().is_empty() {
        return None;
    }
    let array = crate::session::evaluate_constant(&arg.clone().into_value()).ok()?;
    value_at(&array, 0, &arg.ty).ok()
}

fn wrong_count(name: &str, code: ChCode) -> SqlError {
    SqlError::new(code, format!("Function {name} has the wrong number of arguments"))
}

/// `name(args) OVER (…)`: the window expression, and what makes its column the answer.
pub(crate) fn window(call: &AggregateCall, over: Over) -> SqlResult<(Expr, ChType, Finish)> {
    let lower = call.name.to_ascii_lowercase();
    let (expr, ty) = match lower.as_str() {
        "row_number" => (over.native(row_number_udwf(), Vec::new()), ChType::UInt(64)),
        "rank" => (over.native(rank_udwf(), Vec::new()), ChType::UInt(64)),
        "dense_rank" | "denserank" => {
            (over.native(dense_rank_udwf(), Vec::new()), ChType::UInt(64))
        }
        "percent_rank" | "percentrank" => {
            (over.native(percent_rank_udwf(), Vec::new()), ChType::Float(64))
        }
        "cume_dist" => (over.native(cume_dist_udwf(), Vec::new()), ChType::Float(64)),
        "ntile" => ntile(call, over)?,
        "lag" | "lead" | "laginframe" | "leadinframe" => shift(call, &lower, over)?,
        "nth_value" => nth(call, over)?,
        "nonnegativederivative" => derivative(call, over)?,
        _ if lower.starts_with("exponentialtimedecayed") => decayed(call, over)?,
        _ => return aggregated(call, over),
    };
    Ok((expr, ty, Finish::none()))
}

fn ntile(call: &AggregateCall, over: Over) -> SqlResult<(Expr, ChType)> {
    let [buckets] = call.args.as_slice() else {
        return Err(bad("Function ntile takes exactly one argument".to_owned()));
    };
    if over.order_by.is_empty() {
        return Err(bad("Unsupported window frame type for function 'ntile'".to_owned()));
    }
    if known_value(buckets).and_then(|v| v.as_int()).is_some_and(|buckets| buckets <= 0) {
        return Err(bad("Argument of 'ntile' function must be greater than zero".to_owned()));
    }
    let buckets = cast(buckets.clone(), &ChType::Int(64))?.into_value();
    Ok((over.native(ntile_udwf(), vec![buckets]), ChType::UInt(64)))
}

/// lag and lead look at the whole partition, their InFrame forms at the frame.
fn shift(call: &AggregateCall, lower: &str, over: Over) -> SqlResult<(Expr, ChType)> {
    let name = &call.name;
    let Some(value) = call.args.first().cloned() else {
        return Err(wrong_count(name, ChCode::TooFewArgumentsForFunction));
    };
    if call.args.len() > 3 {
        return Err(wrong_count(name, ChCode::NumberOfArgumentsDoesntMatch));
    }
    let in_frame = lower.ends_with("inframe");
    if over.explicit_frame && !in_frame {
        return Err(bad(format!(
            "Window function '{name}' does not expect window frame to be explicitly specified"
        )));
    }
    let ty = value.ty.clone();
    let offset = match call.args.get(1) {
        Some(offset) => {
            let known = known_value(offset);
            if known.as_ref().and_then(Value::as_int).is_some_and(|offset| offset < 0) {
                return Err(bad(format!("The offset for function {name} must not be negative")));
            }
            cast(offset.clone(), &ChType::Int(64))?
        }
        None => cast(literal(&Value::Int(1))?, &ChType::Int(64))?,
    };
    let default = match call.args.get(2) {
        Some(default) => {
            if common_type(&[ty.clone(), default.ty.clone()])? != ty {
                return Err(bad(format!(
                    "The default value of {name} has the type {}, which does not fit {ty}",
                    default.ty
                )));
            }
            cast(default.clone(), &ty)?
        }
        None => {
            Typed::value(lit(super::supertype::scalar_of(&default_value(&ty), &ty)?), ty.clone())
        }
    };
    let forward = lower.starts_with("lead");
    if !in_frame && call.args.iter().skip(1).all(|arg| arg.constant().is_some()) {
        let udwf = if forward { lead_udwf() } else { lag_udwf() };
        let args = vec![value.into_value(), offset.into_value(), default.into_value()];
        return Ok((over.native(udwf, args), ty));
    }
    let label = format!("{name} {ty}");
    let args = vec![value, offset, default];
    Ok((over.framed(call, Kind::Shift { forward }, label, args, ty.clone()), ty))
}

fn nth(call: &AggregateCall, over: Over) -> SqlResult<(Expr, ChType)> {
    let [value, n] = call.args.as_slice() else {
        return Err(wrong_count(&call.name, ChCode::NumberOfArgumentsDoesntMatch));
    };
    if known_value(n).and_then(|n| n.as_int()).is_some_and(|n| n <= 0) {
        return Err(bad("The offset for function nth_value must be positive".to_owned()));
    }
    let ty = value.ty.clone();
    let args = vec![value.clone(), cast(n.clone(), &ChType::Int(64))?];
    Ok((over.framed(call, Kind::Nth, format!("nth_value {ty}"), args, ty.clone()), ty))
}

fn derivative(call: &AggregateCall, over: Over) -> SqlResult<(Expr, ChType)> {
    let (metric, time, interval) = match call.args.as_slice() {
        [metric, time] => (metric, time, None),
        [metric, time, interval] => (metric, time, Some(interval)),
        _ => return Err(wrong_count(&call.name, ChCode::NumberOfArgumentsDoesntMatch)),
    };
    if !matches!(time.ty.strip_nullable(), ChType::DateTime(_) | ChType::DateTime64(..)) {
        return Err(bad(format!("Argument 1 of {} must be DateTime, not {}", call.name, time.ty)));
    }
    let seconds = match interval.map(|given| (&given.ty, known_value(given))) {
        None => 1.0,
        Some((ChType::Interval(unit), Some(length))) => {
            length.as_f64().unwrap_or(1.0) * seconds_of(*unit)
        }
        Some(_) => return Err(bad(format!("Argument 2 of {} must be an INTERVAL", call.name))),
    };
    let label = format!("nonNegativeDerivative {seconds} {} {}", metric.ty, time.ty);
    let args = vec![metric.clone(), time.clone()];
    let ty = ChType::Float(64);
    Ok((over.framed(call, Kind::Derivative { seconds }, label, args, ty.clone()), ty))
}

fn seconds_of(unit: IntervalUnit) -> f64 {
    match unit {
        IntervalUnit::Nanosecond => 1e-9,
        IntervalUnit::Microsecond => 1e-6,
        IntervalUnit::Millisecond => 1e-3,
        IntervalUnit::Second => 1.0,
        IntervalUnit::Minute => 60.0,
        IntervalUnit::Hour => 3_600.0,
        IntervalUnit::Day => 86_400.0,
        IntervalUnit::Week => 604_800.0,
        IntervalUnit::Month => 2_629_746.0,
        IntervalUnit::Quarter => 7_889_238.0,
        IntervalUnit::Year => 31_556_952.0,
    }
}

fn decayed(call: &AggregateCall, over: Over) -> SqlResult<(Expr, ChType)> {
    let wanted = if call.name.ends_with("Count") { 1 } else { 2 };
    let decay = match call.parameters.as_slice() {
        [decay] => decay.as_f64().filter(|decay| *decay > 0.0 && decay.is_finite()),
        _ => None,
    };
    let decay = decay
        .ok_or_else(|| bad(format!("{} takes exactly one parameter: the decay", call.name)))?;
    if call.args.len() != wanted {
        return Err(bad(format!("{} takes {wanted} argument(s)", call.name)));
    }
    let numeric = |ty: &ChType| {
        matches!(
            ty.strip_nullable(),
            ChType::Int(_)
                | ChType::UInt(_)
                | ChType::Float(_)
                | ChType::Decimal(..)
                | ChType::Bool
                | ChType::Date
                | ChType::DateTime(_)
                | ChType::DateTime64(..)
        )
    };
    if let Some(wrong) = call.args.iter().find(|arg| !numeric(&arg.ty)) {
        return Err(bad(format!("{} takes numbers and times, not {}", call.name, wrong.ty)));
    }
    let kind = Kind::Decayed { name: call.name.clone(), decay };
    let label =
        format!("{}({decay}) {:?}", call.name, call.args.iter().map(|a| &a.ty).collect::<Vec<_>>());
    let ty = ChType::Float(64);
    Ok((over.framed(call, kind, label, call.args.clone(), ty.clone()), ty))
}

/// Whether DataFusion's aggregate keeps an extreme after it left the frame when only NULLs remain.
fn forgets(name: &str, call: &AggregateCall) -> bool {
    matches!(name, "min" | "max")
        && (call.filter.is_some()
            || call.args.iter().any(|a| a.ty.is_nullable())
            || call.name.ends_with("If"))
}

/// Whether a frame may be empty and the next one not, as beside a gap in what RANGE measures. DataFusion takes no rows back
/// from an aggregate at an empty frame, and counts them in the next one.
fn may_be_empty_between(frame: &WindowFrame) -> bool {
    let ahead = matches!(frame.start_bound, WindowFrameBound::Following(_));
    let behind = matches!(frame.end_bound, WindowFrameBound::Preceding(_));
    frame.units != WindowFrameUnits::Rows && !frame.start_bound.is_unbounded() && (ahead || behind)
}

/// An aggregate over frames: DataFusion's if it can take rows back again, else over the rows of each frame.
fn aggregated(call: &AggregateCall, over: Over) -> SqlResult<(Expr, ChType, Finish)> {
    let result = aggregate(call)?;
    if let Expr::AggregateFunction(function) = result.aggregate.clone()
        && (!forgets(function.func.name(), call) || over.frame.start_bound.is_unbounded())
        && !may_be_empty_between(&over.frame)
        && matches!(function.func.name(), "sum" | "avg" | "count" | "min" | "max")
        && !function.params.distinct
    {
        let name = function.func.name();
        let leaves_floats = *result.ty.strip_nullable() == ChType::Float(64)
            && matches!(name, "sum" | "avg")
            && !over.frame.start_bound.is_unbounded();
        let func = if leaves_floats { sliding::udaf(name) } else { function.func };
        let fun = WindowFunctionDefinition::AggregateUDF(func);
        let expr = over.build(fun, function.params.args, function.params.filter);
        return Ok((expr, result.ty.clone(), result.finisher()));
    }
    let whole = whole_call(call)?;
    let types: Vec<ChType> = whole.args.iter().map(|arg| arg.ty.clone()).collect();
    let function = Function::resolve(&whole.name, &whole.parameters, &types)?;
    let ret = function.ret.clone();
    let label = label(&whole.name, &function, &whole.parameters);
    let kind = function.edge().map_or_else(
        || Kind::Aggregate(Box::new(function.clone())),
        |(last, respect_nulls)| Kind::Edge { last, respect_nulls },
    );
    let mut args = whole.args;
    if args.is_empty() {
        args.push(literal(&Value::Int(1))?);
    }
    Ok((over.framed(call, kind, label, args, ret.clone()), ret, Finish::none()))
}
