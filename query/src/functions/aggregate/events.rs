//! Aggregates over events in time: funnels, retention, and patterns.

use super::{
    bases::{Base, MANY, NullRule},
    function::{Function, Row, Signature, cell},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use std::cmp::Ordering;

/// Steps that the search for a pattern with times may take.
const STEPS_MAX: usize = 1_000_000;

pub(super) const NAMES: &[&str] = &["retention", "sequenceCount", "sequenceMatch", "windowFunnel"];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "retention" => Base::new(2, retention_type, retention).args(2, 32).nulls(NullRule::Skip),
        "windowFunnel" => Base::new(2, funnel_type, funnel).args(2, 33).parameters(1, MANY),
        "sequenceMatch" | "sequenceCount" => {
            Base::new(3, sequence_type, sequence).args(0, 33).parameters(1, 1)
        }
        _ => return None,
    })
}

fn check_conditions(signature: &Signature<'_>, from: usize) -> SqlResult<()> {
    for (position, ty) in signature.args.iter().enumerate().skip(from) {
        if !matches!(ty, ChType::UInt(8) | ChType::Bool) {
            return Err(signature.illegal(position));
        }
    }
    Ok(())
}

fn retention_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    check_conditions(signature, 0)?;
    Ok(ChType::Array(Box::new(ChType::UInt(8))))
}

fn holds(row: &Row<'_>, position: usize) -> bool {
    cell(row, position).truth() == Some(true)
}

/// Whether each condition ever held, given that the first did.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn retention(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let ever = |position: usize| rows.iter().any(|row| holds(row, position));
    let first = ever(0);
    let answers = (0..function.args.len()).map(|at| Value::Int((first && ever(at)).into()));
    Ok(Value::Array(answers.collect()))
}

fn funnel_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if !matches!(signature.arg(0), ChType::UInt(_) | ChType::Date | ChType::DateTime(_)) {
        return Err(signature.illegal(0));
    }
    check_conditions(signature, 1)?;
    if signature.parameters.first().and_then(Value::as_int).is_none_or(|window| window < 0) {
        return Err(signature.bad("The window must be a number"));
    }
    for mode in signature.parameters.iter().skip(1) {
        match mode.as_str() {
            Some("strict_deduplication" | "strict" | "strict_order" | "strict_increase") => {}
            Some(mode @ ("strict_once" | "allow_reentry")) => {
                return Err(SqlError::new(
                    ChCode::NotImplemented,
                    format!("The mode {mode} of windowFunnel is not supported."),
                ));
            }
            _ => return Err(signature.bad("That parameter is not supported")),
        }
    }
    Ok(ChType::UInt(8))
}

/// Events in time: when, and which condition held; none is 0.
fn funnel_events(function: &Function, rows: &[Row<'_>], strict_order: bool) -> Vec<(i128, usize)> {
    let mut events = Vec::new();
    for row in rows {
        let time = cell(row, 0).as_int().unwrap_or(0);
        let before = events.len();
        for condition in (1..function.args.len()).filter(|at| holds(row, *at)) {
            events.push((time, condition));
        }
        if strict_order && events.len() == before {
            events.push((time, 0));
        }
    }
    events.sort_unstable();
    events
}

/// How many conditions held one after the other within the window.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn funnel(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let mode = |wanted: &str| {
        function.parameters.iter().skip(1).any(|given| given.as_str() == Some(wanted))
    };
    let window = function.parameters.first().and_then(Value::as_int).unwrap_or(0);
    let strict_once = mode("strict_deduplication") || mode("strict");
    let (strict_order, strict_increase) = (mode("strict_order"), mode("strict_increase"));
    let conditions = function.args.len().saturating_sub(1);
    // For each condition, when its chain began and when it held itself.
    let mut reached: Vec<Option<(i128, i128)>> = vec![None; conditions];
    for (time, condition) in funnel_events(function, rows, strict_order) {
        let begun = reached.first().is_some_and(Option::is_some);
        let Some(at) = condition.checked_sub(1) else {
            if begun {
                break;
            }
            continue;
        };
        if at == 0 {
            if let Some(place) = reached.first_mut() {
                *place = Some((time, time));
            }
            continue;
        }
        if strict_once && reached.get(at).is_some_and(Option::is_some) {
            break;
        }
        match reached.get(at - 1).copied().flatten() {
            None if strict_order && begun => break,
            None => {}
            Some((start, last)) => {
                let in_time = time <= start + window && (!strict_increase || last < time);
                if let Some(place) = reached.get_mut(at).filter(|_| in_time) {
                    *place = Some((start, time));
                    if at + 1 == conditions {
                        break;
                    }
                }
            }
        }
    }
    let level = reached.iter().rposition(Option::is_some).map_or(0, |at| at + 1);
    Ok(Value::Int(level as i128))
}

/// A step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    /// An event for which a condition, from 1, holds.
    Event(usize),
    Any,
    AnyNumber,
    /// The next event comes this many seconds after the last.
    After(Ordering, bool, i128),
}

fn sequence_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if signature.args.len() < 3 {
        return Err(SqlError::new(
            ChCode::TooFewArgumentsForFunction,
            format!("Aggregate function {} requires at least 3 arguments", signature.name),
        ));
    }
    if !matches!(signature.arg(0), ChType::UInt(_) | ChType::Date | ChType::DateTime(_)) {
        return Err(signature.illegal(0));
    }
    check_conditions(signature, 1)?;
    let pattern = signature.parameters.first().and_then(Value::as_str);
    let pattern = pattern.ok_or_else(|| signature.bad("The pattern must be a string"))?;
    parse(pattern, signature.args.len() - 1)?;
    Ok(if signature.name == "sequenceCount" { ChType::UInt(64) } else { ChType::UInt(8) })
}

fn parse(pattern: &str, conditions: usize) -> SqlResult<Vec<Step>> {
    let wrong = |rest: &str| {
        SqlError::new(
            ChCode::SyntaxError,
            format!("Could not parse pattern {pattern:?} at {rest:?}"),
        )
    };
    let mut steps = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(".*") {
            steps.push(Step::AnyNumber);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            steps.push(Step::Any);
            rest = after;
        } else {
            let inner = rest.strip_prefix("(?").ok_or_else(|| wrong(rest))?;
            let (inner, after) = inner.split_once(')').ok_or_else(|| wrong(rest))?;
            steps.push(match inner.strip_prefix('t') {
                Some(time) => time_step(time).ok_or_else(|| wrong(rest))?,
                None => {
                    let number: usize = inner.parse().map_err(|_| wrong(rest))?;
                    if number == 0 || number > conditions {
                        return Err(SqlError::new(
                            ChCode::BadArguments,
                            format!("Event number {number} is out of range"),
                        ));
                    }
                    Step::Event(number)
                }
            });
            rest = after;
        }
    }
    Ok(steps)
}

fn time_step(text: &str) -> Option<Step> {
    let operators = [
        ("<=", Ordering::Less, true),
        (">=", Ordering::Greater, true),
        ("==", Ordering::Equal, true),
        ("<", Ordering::Less, false),
        (">", Ordering::Greater, false),
    ];
    operators.iter().find_map(|(sign, ordering, or_equal)| {
        let seconds = text.strip_prefix(sign)?.parse().ok()?;
        Some(Step::After(*ordering, *or_equal, seconds))
    })
}

/// An event: when, and the conditions that held.
type Event = (i128, Vec<bool>);

fn sequence(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let conditions = function.args.len().saturating_sub(1);
    let pattern = function.parameters.first().and_then(Value::as_str).unwrap_or_default();
    let steps = parse(pattern, conditions)?;
    let mut events: Vec<Event> = rows
        .iter()
        .map(|row| {
            let held = (1..=conditions).map(|at| holds(row, at)).collect();
            (cell(row, 0).as_int().unwrap_or(0), held)
        })
        .filter(|(_, held): &Event| held.contains(&true))
        .collect();
    events.sort_by_key(|(time, _)| *time);
    let has_times = steps.iter().any(|step| matches!(step, Step::After(..)));
    let (mut count, mut from, mut budget) = (0_i128, 0, STEPS_MAX);
    while from < events.len() {
        let rest = events.get(from..).unwrap_or_default();
        let end =
            if has_times { search(&steps, rest, &mut budget)? } else { earliest(&steps, rest) };
        let Some(end) = end else { break };
        count += 1;
        if function.name == "sequenceMatch" {
            break;
        }
        from += end.max(1);
    }
    Ok(Value::Int(count))
}

/// Where the first match ends, for patterns without times: all places of the pattern are followed at once.
fn earliest(steps: &[Step], events: &[Event]) -> Option<usize> {
    let spread = |active: &mut Vec<bool>| {
        for (at, step) in steps.iter().enumerate() {
            if *step == Step::AnyNumber
                && active.get(at) == Some(&true)
                && let Some(next) = active.get_mut(at + 1)
            {
                *next = true;
            }
        }
    };
    let mut active = vec![false; steps.len() + 1];
    for (position, (_, held)) in events.iter().enumerate() {
        if let Some(start) = active.first_mut() {
            *start = true;
        }
        spread(&mut active);
        let mut next = vec![false; steps.len() + 1];
        for (at, step) in steps.iter().enumerate().filter(|(at, _)| active.get(*at) == Some(&true))
        {
            let target = match step {
                Step::Event(number) if held.get(number - 1) == Some(&true) => at + 1,
                Step::Any => at + 1,
                Step::AnyNumber => at,
                _ => continue,
            };
            if let Some(place) = next.get_mut(target) {
                *place = true;
            }
        }
        spread(&mut next);
        if next.last() == Some(&true) {
            return Some(position + 1);
        }
        active = next;
    }
    None
}

/// Where the first match ends, for patterns with times: by trying, within a budget of steps.
fn search(steps: &[Step], events: &[Event], budget: &mut usize) -> SqlResult<Option<usize>> {
    for start in 0..events.len() {
        // Places to try: step, event, and the event that times count from.
        let mut places = vec![(0, start, start)];
        while let Some((at, event, base)) = places.pop() {
            *budget = budget.checked_sub(1).ok_or_else(|| {
                SqlError::new(
                    ChCode::TooSlow,
                    "Pattern application proves too difficult, exceeding max iterations",
                )
            })?;
            let Some(step) = steps.get(at) else { return Ok(Some(event)) };
            let Some((time, held)) = events.get(event) else {
                if steps.get(at..).is_some_and(|rest| rest.iter().all(|s| *s == Step::AnyNumber)) {
                    return Ok(Some(event));
                }
                continue;
            };
            match step {
                Step::Event(number) if held.get(number - 1) == Some(&true) => {
                    places.push((at + 1, event + 1, event));
                }
                Step::Event(_) => {}
                Step::Any => places.push((at + 1, event + 1, event)),
                Step::AnyNumber => {
                    places.push((at, event + 1, base));
                    places.push((at + 1, event, event));
                }
                Step::After(wanted, or_equal, seconds) => {
                    let since = events.get(base).map_or(0, |(base, _)| time - base);
                    let order = since.cmp(seconds);
                    let fits = order == *wanted || (*or_equal && order == Ordering::Equal);
                    // Events between the two may be passed over while the time can still fit.
                    if fits || (*wanted != Ordering::Less && order == Ordering::Less) {
                        places.push((at, event + 1, base));
                    }
                    if fits {
                        places.push((at + 1, event, event));
                    }
                }
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(list: &[(i128, usize)]) -> Vec<Event> {
        list.iter().map(|(time, held)| (*time, (1..=3).map(|n| n == *held).collect())).collect()
    }

    #[test]
    fn patterns_end_as_early_as_they_can() {
        let list = events(&[(1, 1), (2, 3), (3, 2), (4, 2)]);
        assert_eq!(earliest(&parse("(?1).*(?2)", 3).unwrap(), &list), Some(3));
        assert_eq!(earliest(&parse("(?1)(?2)", 3).unwrap(), &list), None);
        let timed = parse("(?1)(?t>=3)(?2)", 3).unwrap();
        assert_eq!(search(&timed, &list, &mut 1_000).unwrap(), Some(4));
        assert!(parse("(?4)", 3).is_err());
        assert!(parse("(?t!3)", 3).is_err());
    }
}
