//! Functions of doubles, for single values and for whole columns.

/// The functions of one double.
pub(in crate::functions) fn of_double(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "sqrt" => f64::sqrt,
        "cbrt" => f64::cbrt,
        "exp" => f64::exp,
        "exp2" => f64::exp2,
        "exp10" => |x| 10_f64.powf(x),
        "log" | "ln" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "log1p" => f64::ln_1p,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "asinh" => f64::asinh,
        "acosh" => f64::acosh,
        "atanh" => f64::atanh,
        "erf" => libm::erf,
        "erfc" => libm::erfc,
        "lgamma" => libm::lgamma,
        "tgamma" => libm::tgamma,
        "degrees" => f64::to_degrees,
        "radians" => f64::to_radians,
        "sigmoid" => |x| 1.0 / (1.0 + (-x).exp()),
        _ => return None,
    })
}

/// The functions of two doubles.
pub(in crate::functions) fn of_doubles(name: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match name {
        "pow" | "power" => f64::powf,
        "atan2" => f64::atan2,
        "hypot" => f64::hypot,
        // As C compares: the second wins where one is no number.
        "max2" => |a, b| if a > b { a } else { b },
        "min2" => |a, b| if a < b { a } else { b },
        _ => return None,
    })
}
