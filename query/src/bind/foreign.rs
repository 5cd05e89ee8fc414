//! Functions that other databases have, and what they are called here.

use crate::error::{ChCode, SqlError};

/// The error of a function that other databases have, with the name it has here.
pub(super) fn foreign(name: &str, error: SqlError) -> SqlError {
    if error.code != ChCode::UnknownFunction {
        return error;
    }
    let here = match name.to_ascii_lowercase().as_str() {
        "getdate" | "sysdate" | "current_timestamp" | "getutcdate" => "now()",
        "nvl" => "ifNull(a, b)",
        "iif" => "if(condition, a, b)",
        "decode" => "multiIf(…) or transform(…)",
        "to_char" | "strftime" | "date_format" => "formatDateTime(time, '%Y-%m-%d')",
        "to_date" | "str_to_date" => "toDate(text) or parseDateTime(text, format)",
        "to_timestamp" | "strptime" => "parseDateTimeBestEffort(text)",
        "to_number" => "toFloat64(text) or toInt64(text)",
        "json_extract"
        | "json_extract_path_text"
        | "json_value"
        | "get_json_object"
        | "json_query" => "data.path.:String, or JSONExtractString(text, 'key')",
        "json_array_length" | "array_length" | "cardinality" => "length(array)",
        "unnest" | "explode" => "arrayJoin(array), or ARRAY JOIN",
        "charindex" | "instr" | "strpos" => "position(text, needle)",
        "split_part" | "string_split" | "string_to_array" => "splitByString(separator, text)",
        "regexp_matches" | "regexp_substr" => "extractAll(text, pattern)",
        "regexp_like" => "match(text, pattern)",
        "array_to_string" => "arrayStringConcat(array, separator)",
        "percentile_cont" | "percentile_disc" | "approx_percentile" => "quantile(0.5)(x)",
        "approx_count_distinct" => "uniq(x)",
        "bool_and" | "every" => "min(condition)",
        "bool_or" => "max(condition)",
        "datepart" | "date_part" => "EXTRACT(YEAR FROM time), or toYear(time)",
        "datename" => "dateName(part, time)",
        "try_cast" | "safe_cast" => "accurateCastOrNull(x, 'Type')",
        "zeroifnull" => "ifNull(x, 0)",
        "safe_divide" => "if(b = 0, NULL, a / b)",
        _ => return error,
    };
    SqlError::new(error.code, format!("Function with name `{name}` does not exist; write {here}."))
        .at(error.position)
}
