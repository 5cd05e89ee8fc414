//! Which tool and which action a call means, if the caller is offered them.

use super::{
    Visit,
    action::{Action, Effect, TOOLS, Tool},
    arguments::Arguments,
    vocabulary,
};
use crate::nearest::nearest;
use rekor_core::{Error, Result};

/// A tool by its name in either vocabulary.
pub(super) fn named(name: &str) -> Option<&'static Tool> {
    let name = vocabulary::canonical(name);
    TOOLS.iter().find(|tool| tool.name == name)
}

/// Whether any action of a tool is offered.
pub(super) fn is_offered(tool: &Tool, visit: &Visit) -> bool {
    let (principal, read_only) = (&visit.caller.principal, visit.place.face.read_only);
    tool.actions.iter().any(|action| action.is_offered(principal, read_only))
}

pub(super) fn unknown_tool<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    format!("There is no tool {name} for this credential; it has {}.", known.join(", "))
}

/// The action of a call, if it is offered to the caller.
pub(super) fn choose(
    tool: &'static Tool,
    called: &str,
    arguments: &mut Arguments<'_>,
    visit: &Visit,
) -> Result<&'static Action> {
    let given =
        arguments.take_action().or_else(|| vocabulary::action_of(called).map(str::to_owned));
    let wanted = given.unwrap_or_default();
    let (principal, read_only) = (&visit.caller.principal, visit.place.face.read_only);
    let is_offered = |action: &&Action| action.is_offered(principal, read_only);
    let known = tool.actions.iter().find(|action| action.name == wanted);
    if let Some(action) = known.filter(is_offered) {
        return Ok(action);
    }
    let offered: Vec<&str> =
        tool.actions.iter().filter(is_offered).map(|action| action.name).collect();
    match known {
        Some(action) if read_only && action.effect != Effect::Read => {
            Err(Error::forbidden(format!(
                "This connection only reads (read_only=true); {} {} writes. It may {}.",
                tool.name,
                action.name,
                offered.join(", ")
            )))
        }
        Some(action) => Err(action.refused(format!(
            "The credential may not do {} {}: it lacks the permission {}. Here it may {}. `rekor whoami` shows what it has.",
            tool.name,
            action.name,
            action.needs(),
            offered.join(", ")
        ))),
        None => Err(unknown_action(tool, &wanted, &offered)),
    }
}

fn unknown_action(tool: &Tool, wanted: &str, offered: &[&str]) -> Error {
    let near = nearest(wanted, offered.iter().copied());
    let said = if offered == [""] {
        format!("{} has no actions; leave `action` out.", tool.name)
    } else if wanted.is_empty() {
        format!("{} needs `action`: one of {}.", tool.name, offered.join(", "))
    } else {
        format!("{} has no action {wanted:?}; it has {}.", tool.name, offered.join(", "))
    };
    let detail = rekor_core::error::Detail::at("/action", said.as_str());
    Error::validation(said).with_detail(match near {
        Some(near) => detail.with("did_you_mean", near),
        None => detail,
    })
}
