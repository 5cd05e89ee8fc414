//! Window functions.

use super::{
    AggregateCall,
    aggregate::aggregate,
    convert::{cast, default_value},
    supertype::literal,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
};
use datafusion::{
    functions_window::{
        cume_dist::cume_dist_udwf,
        lead_lag::{lag_udwf, lead_udwf},
        nth_value::{first_value_udwf, last_value_udwf, nth_value_udwf},
        ntile::ntile_udwf,
        rank::{dense_rank_udwf, percent_rank_udwf, rank_udwf},
        row_number::row_number_udwf,
    },
    logical_expr::{
        Expr, SortExpr, WindowFrame, WindowFunctionDefinition,
        expr::{WindowFunction, WindowFunctionParams},
        lit,
    },
};

/// Whether a name is only meaningful with OVER.
pub(crate) fn is_window_only(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "row_number"
            | "rank"
            | "dense_rank"
            | "percent_rank"
            | "cume_dist"
            | "ntile"
            | "lag"
            | "lead"
            | "laginframe"
            | "leadinframe"
            | "nth_value"
    )
}

/// `name(args) OVER (…)`: the window expression, and what makes its column the answer.
pub(crate) fn window(
    call: AggregateCall,
    partition_by: Vec<Expr>,
    order_by: Vec<SortExpr>,
    frame: WindowFrame,
) -> SqlResult<(Expr, ChType, super::aggregate::Finish)> {
    let lower = call.name.to_ascii_lowercase();
    let build = |fun: WindowFunctionDefinition, args: Vec<Expr>| {
        let params = WindowFunctionParams {
            args,
            partition_by,
            order_by,
            window_frame: frame,
            filter: call.filter.clone().map(Box::new),
            null_treatment: None,
            distinct: false,
        };
        Expr::WindowFunction(Box::new(WindowFunction { fun, params }))
    };
    let udwf = WindowFunctionDefinition::WindowUDF;
    let none = super::aggregate::Finish::none;
    match lower.as_str() {
        "row_number" => Ok((build(udwf(row_number_udwf()), Vec::new()), ChType::UInt(64), none())),
        "rank" => Ok((build(udwf(rank_udwf()), Vec::new()), ChType::UInt(64), none())),
        "dense_rank" => Ok((build(udwf(dense_rank_udwf()), Vec::new()), ChType::UInt(64), none())),
        "percent_rank" => {
            Ok((build(udwf(percent_rank_udwf()), Vec::new()), ChType::Float(64), none()))
        }
        "cume_dist" => Ok((build(udwf(cume_dist_udwf()), Vec::new()), ChType::Float(64), none())),
        "ntile" => {
            let args = call
                .args
                .iter()
                .map(|arg| cast(arg.clone(), &ChType::Int(64)).map(Typed::into_value))
                .collect::<SqlResult<_>>()?;
            Ok((build(udwf(ntile_udwf()), args), ChType::UInt(64), none()))
        }
        "lag" | "lead" | "laginframe" | "leadinframe" => {
            let mut args = call.args.clone().into_iter();
            let value = args.next().ok_or_else(|| {
                SqlError::new(
                    ChCode::NumberOfArgumentsDoesntMatch,
                    format!("{} needs an argument", call.name),
                )
            })?;
            let ty = value.ty.clone();
            let offset = args.next().map_or_else(
                || Ok(lit(1_i64)),
                |offset| cast(offset, &ChType::Int(64)).map(Typed::into_value),
            )?;
            let default = args.next().map_or_else(|| literal(&default_value(&ty)), Ok)?;
            let default = cast(default, &ty)?.into_value();
            let fun = udwf(if lower.starts_with("lag") { lag_udwf() } else { lead_udwf() });
            Ok((build(fun, vec![value.into_value(), offset, default]), ty, none()))
        }
        "first_value" | "last_value" | "nth_value" => {
            let value = call.args.first().cloned().ok_or_else(|| {
                SqlError::new(
                    ChCode::NumberOfArgumentsDoesntMatch,
                    format!("{} needs an argument", call.name),
                )
            })?;
            let ty = value.ty.clone();
            let mut args = vec![value.into_value()];
            let fun = match lower.as_str() {
                "first_value" => first_value_udwf(),
                "last_value" => last_value_udwf(),
                _ => {
                    args.extend(
                        call.args
                            .get(1)
                            .cloned()
                            .map(|n| cast(n, &ChType::Int(64)).map(Typed::into_value))
                            .transpose()?,
                    );
                    nth_value_udwf()
                }
            };
            Ok((build(udwf(fun), args), ty, none()))
        }
        _ => {
            let result = aggregate(call.clone())?;
            let Expr::AggregateFunction(function) = result.aggregate.clone() else {
                return Err(SqlError::new(ChCode::LogicalError, "an aggregate is expected"));
            };
            let fun = WindowFunctionDefinition::AggregateUDF(function.func);
            let params = WindowFunctionParams {
                filter: function.params.filter,
                null_treatment: function.params.null_treatment,
                distinct: function.params.distinct,
                ..window_params(build(fun.clone(), function.params.args))
            };
            Ok((
                Expr::WindowFunction(Box::new(WindowFunction { fun, params })),
                result.ty.clone(),
                result.finisher(),
            ))
        }
    }
}

fn window_params(expr: Expr) -> WindowFunctionParams {
    match expr {
        Expr::WindowFunction(function) => function.params,
        _ => WindowFunctionParams {
            args: Vec::new(),
            partition_by: Vec::new(),
            order_by: Vec::new(),
            window_frame: WindowFrame::new(None),
            filter: None,
            null_treatment: None,
            distinct: false,
        },
    }
}
